"""Typed words in the parameters of components: what a schema says `x-as` of is a word of the spec with a meaning."""

from collections.abc import Callable, Mapping
from typing import Any

from generator.spec.layers import Path

Schema = Mapping[str, Any]
# What to put in place of a word: called with what the schema says that it is, the word, and where it stands.
Change = Callable[[str, object, Path], object]

# Words of a fixed meaning; storageClass, bucket and identity name something that the platform or its region declares.
LENGTHS = {"milliseconds": 1, "seconds": 1000, "minutes": 60_000, "hours": 3_600_000, "days": 86_400_000}
AMOUNTS = {"bytes": 1, "mebibytes": 2**20}
# A list of words becomes one text: with commas as some charts want it, or a regular expression of alternatives.
JOINED = {"commas": ",", "alternatives": "|"}


def replace_words(schema: Schema | None, parameters: Mapping[str, object], change: Change) -> dict[str, object]:
    """Return parameters with each typed word replaced by what `change` makes of it.

    The parameters have been checked against the schema, and the schema contains itself nowhere.
    """
    changed = _changed(schema or {}, schema or {}, parameters, change, ())
    return changed if isinstance(changed, dict) else dict(parameters)


def _changed(root: Schema, schema: object, value: object, change: Change, path: Path) -> object:
    """Return a value as its schema means it; of several schemas that speak of it, each changes what is left to it."""
    if not isinstance(schema, Mapping) or value is None:
        return value
    between = JOINED.get(schema.get("x-as", ""))
    if "x-as" in schema and between is None:
        return change(str(schema["x-as"]), value, path)
    for below in _others(root, schema):
        found = _changed(root, below, value, change, path)
        if found != value:
            return found
    if isinstance(value, Mapping):
        names = schema.get("propertyNames")
        return {
            str(_changed(root, names, key, change, (*path, key))): _changed(
                root, _property(schema, key), item, change, (*path, key)
            )
            for key, item in value.items()
        }
    if isinstance(value, list):
        items = [_changed(root, schema.get("items"), item, change, (*path, i)) for i, item in enumerate(value)]
        return items if between is None else between.join(map(str, items))
    return value


def _others(root: Schema, schema: Schema) -> list[object]:
    """Return the other schemas that speak of the same value: local references and alternatives."""
    found = [branch for key in ("anyOf", "oneOf", "allOf") for branch in schema.get(key, ())]
    reference = str(schema.get("$ref", ""))
    if reference.startswith("#/$defs/"):
        found.append(root.get("$defs", {}).get(reference.removeprefix("#/$defs/")))
    return found


def _property(schema: Schema, key: str) -> object:
    properties = schema.get("properties", {})
    return properties[key] if key in properties else schema.get("additionalProperties")
