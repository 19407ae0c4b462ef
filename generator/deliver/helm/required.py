"""Which values of a chart can't be taken away: Helm drops a value set to null, and a template would print nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

Schema = dict[str, Any]


def requiring(schema: Schema, used: Mapping[str, Any], values: Sequence[Mapping[str, object]]) -> Schema:
    """Return a schema that asks for the scalars that templates print, and for the mappings that these stand in.

    used is the tree of what templates read ({}: all of a value), values are those of each region. What may be null, is
    missing in a region, or is printed as a whole (a mapping, a list) can be taken away: `--set nodeSelector=null`.
    """
    properties: dict[str, Any] = dict(schema.get("properties", {}))
    found = set(schema.get("required", ()))
    for name in properties.keys() & used.keys():
        node, entries = properties[name], [each.get(name) for each in values]
        if used[name] and all(isinstance(entry, Mapping) for entry in entries):
            inner = requiring(node, used[name], [entry for entry in entries if isinstance(entry, Mapping)])
            properties[name] = inner
            if inner.get("required"):
                found.add(name)
        elif not used[name] and all(isinstance(entry, str | int | float) for entry in entries) and not _nullable(node):
            found.add(name)
    required = [name for name in properties if name in found]
    return {**schema, "properties": properties, **({"required": required} if required else {})}


def _nullable(node: object) -> bool:
    types = node.get("type", ()) if isinstance(node, Mapping) else ()
    return types == "null" or (not isinstance(types, str) and "null" in types)
