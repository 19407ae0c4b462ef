"""The schema of a chart's values: a component's hand-written one, pruned to what its templates use, and closed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from generator.deliver.helm.required import requiring
from generator.deliver.helm.values import description
from generator.documents.node import json_path
from generator.templating.chart.values import ITEMS, Path, resolved

DIALECT = "https://json-schema.org/draft/2020-12/schema"
# What every chart takes besides its own values. Helm passes `global` to all subcharts, and a closed schema must say so.
SHARED: Mapping[str, Mapping[str, object]] = {
    "enabled": {"description": "Whether the umbrella chart installs this one. Read there only.", "type": "boolean"},
    "global": {"description": "What Helm passes to all charts of a release. Not used by this one.", "type": "object"},
}
_COMBINED = ("allOf", "anyOf", "oneOf")
_CHOICES = ("anyOf", "oneOf")
_LOCAL = "#/$defs/"

Schema = dict[str, Any]
# Names of values that templates use, and below each what they use of it: {} stands for all of it.
Used = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Remark:
    """What is wrong with a schema at a path of it, and what to do."""

    path: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Pruned:
    """A chart's schema, and what is missing in the one it was made of."""

    schema: Schema
    remarks: tuple[Remark, ...]


def pruned(
    name: str, source: Mapping[str, Any], used: Iterable[Path], values: Iterable[Mapping[str, object]]
) -> Pruned:
    """Return the schema of a chart's values.

    source is the component's; used are the paths that templates read whole ("[]" for the items of a list); values are
    those of each region.
    """
    regions = tuple(values)
    paths = set(used)
    starts = {path[:length] for path in paths for length in range(len(path) + 1)}
    paths |= {path for each in regions for path in _leaves(each, paths, starts)}
    pruning = _Pruning(source)
    for path in sorted(path for path in paths if path[0] in SHARED):
        pruning.remark(
            (), f"a value is named '{path[0]}', which every chart has.", "Rename it in the templates and the schema."
        )
    tree = _tree(path for path in paths if path[0] not in SHARED)
    body = requiring(pruning.node(source, tree, ()), tree, regions) if tree else {}
    schema = {
        "$schema": DIALECT,
        "title": f"Values of the chart {name}",
        "type": "object",
        **{word: body[word] for word in body if word not in {"$schema", "$id", "$defs", "title", "type"}},
        "additionalProperties": False,
        "properties": {**body.get("properties", {}), **{word: dict(entry) for word, entry in SHARED.items()}},
    }
    definitions = pruning.definitions(schema)
    return Pruned({**schema, "$defs": definitions} if definitions else schema, tuple(pruning.remarks))


def mistakes(schema: Schema, values: Mapping[str, object]) -> Iterator[tuple[str, str, str]]:
    """Yield (path, message, hint) of what breaks the schema in the values of a region."""
    import jsonschema_rs  # noqa: PLC0415  (only charts pay for it)

    from generator.documents.violations import violations  # noqa: PLC0415  (the same)

    uri = "gen:///values.schema.json"
    document = {**schema, "$id": uri}
    validator = jsonschema_rs.Draft202012Validator(document, offline=True)
    instance = as_json(values)
    if not validator.is_valid(instance):
        for violation in violations(validator.iter_errors(instance), {uri: document}):
            yield json_path(violation.path), violation.message, violation.hint


def _leaves(values: Mapping[str, object], used: set[Path], starts: set[Path], path: Path = ()) -> Iterator[Path]:
    """Yield the paths of values of which nothing is known to be used: lists without items, and constant conditions."""
    for name, value in values.items():
        place = (*path, name)
        if place in used:
            continue
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, used, starts, place)
        elif place not in starts:
            yield place


def _tree(paths: Iterable[Path]) -> Used:
    tree: Used = {}
    whole: set[Path] = set()
    for path in sorted(paths, key=lambda path: (len(path), path)):
        if not any(path[:length] in whole for length in range(len(path))):
            whole.add(path)
            node = tree
            for name in path:
                node = node.setdefault(name, {})
    return tree


def _merged(trees: Sequence[Used]) -> Used:
    """Return what is used of any: all of it where one of them uses all."""
    if not all(trees):
        return {}
    names = dict.fromkeys(name for tree in trees for name in tree)
    return {name: _merged([tree[name] for tree in trees if name in tree]) for name in names}


def _possible(alternatives: Sequence[object], gone: Set[str]) -> Sequence[object]:
    """Return the alternatives that ask for no value that the chart lacks; all where each of them does."""
    kept = [each for each in alternatives if not isinstance(each, Mapping) or gone.isdisjoint(each.get("required", ()))]
    return kept or alternatives


@dataclass(frozen=True, slots=True)
class _Pruning:
    source: Mapping[str, Any]
    remarks: list[Remark] = field(default_factory=list)

    def remark(self, path: Path, message: str, hint: str) -> None:
        self.remarks.append(Remark(json_path(path), message, hint))

    def node(self, node: object, used: Used, path: Path) -> Any:
        """Return the part of a schema that describes what is used; path is that of the value."""
        if not used:
            return closed(node)
        behind = resolved(node, self.source)
        if behind is None:
            self.remark(path, "the schema of this value is none, or refers to none.", f"Refer to {_LOCAL}<name>.")
            return {}
        # A reference is written out: another place may use another part of what it refers to.
        beside = {word: entry for word, entry in node.items() if word != "$ref"} if isinstance(node, Mapping) else {}
        known = {**behind, **beside}
        known.pop("$ref", None)
        properties: Mapping[str, object] = known.get("properties", {})
        kept = {name: self.named(name, properties[name], used, path) for name in properties if name in used}
        required = [name for name in known.get("required", ()) if name in kept]
        known |= {"properties": kept, "required": required}
        known |= {word: _possible(known[word], properties.keys() - kept.keys()) for word in _CHOICES if word in known}
        result = {word: entry for word, entry in known.items() if entry or word not in {"properties", "required"}}
        free = {name: deeper for name, deeper in used.items() if name not in properties}
        if ITEMS in free:
            self.of_items(result, free, path)
        elif free:
            self.of_free_names(result, free, path)
        elif not isinstance(result.get("additionalProperties"), bool):
            result["additionalProperties"] = False
        return result

    def named(self, name: str, node: object, used: Used, path: Path) -> Any:
        if not description(node, self.source):
            where = ".".join((*path, name))
            self.remark((*path, name), f"'{where}' has no description.", "Add one: it is the comment in values.yaml.")
        return self.node(node, used[name], (*path, name))

    def of_items(self, result: Schema, free: Used, path: Path) -> None:
        """Describe the items of a list that the templates walk, or the members of a mapping."""
        if "items" in result:
            result["items"] = self.node(result["items"], free[ITEMS], (*path, ITEMS))
        elif isinstance(result.get("additionalProperties"), Mapping):
            entry = result["additionalProperties"]
            result["additionalProperties"] = self.node(entry, _merged(list(free.values())), (*path, ITEMS))
        else:
            where = ".".join(path)
            self.remark(path, f"the templates walk '{where}', and the schema has no items for it.", "Add its items.")

    def of_free_names(self, result: Schema, free: Used, path: Path) -> None:
        """Describe the members that the schema has no name of, each by its name, so that no others are taken."""
        entry = result.get("additionalProperties")
        if isinstance(entry, Mapping):
            named = {name: self.node(entry, deeper, (*path, name)) for name, deeper in free.items()}
            result["properties"] = {**result.get("properties", {}), **named}
            result["additionalProperties"] = False
            return
        for name in free:
            where = ".".join((*path, name))
            self.remark(
                path,
                f"the templates use the value '{where}', which the schema does not describe.",
                f"Add '{name}' to the properties of {json_path(path)}, with a description and a type.",
            )

    def definitions(self, schema: object) -> Schema:
        """Return the definitions that a schema refers to, and those that these refer to, closed."""
        found: Schema = {}
        waiting = list(_references(schema))
        for reference in waiting:
            name = reference.removeprefix(_LOCAL).split("/")[0]
            if name in found:
                continue
            if not reference.startswith(_LOCAL) or resolved({"$ref": reference}, self.source) is None:
                self.remark(
                    (), f"the reference {reference} leads nowhere.", f"Refer to {_LOCAL}<name> of the same file."
                )
                continue
            found[name] = closed(self.source["$defs"][name])
            waiting += _references(found[name])
        return {name: found[name] for name in self.source.get("$defs", {}) if name in found}


def _references(node: object) -> Iterator[str]:
    if isinstance(node, Mapping):
        reference = node.get("$ref")
        if isinstance(reference, str):
            yield reference
    children = node.values() if isinstance(node, Mapping) else node if isinstance(node, list | tuple) else ()
    for child in children:
        yield from _references(child)


def closed(node: object, *, part: bool = False) -> Any:
    """Return a schema that refuses unknown keys wherever it names some and does not say otherwise.

    part: the schema is combined with others that may name further keys, so that it must stay open itself.
    """
    if not isinstance(node, Mapping):
        return node
    result = dict(node)
    names = "properties" in node
    for word in _COMBINED:
        if word in node:
            # Alternatives are closed each by itself; parts of a whole are closed together, by the whole.
            open_parts = part or names or word == "allOf"
            result[word] = [closed(entry, part=open_parts) for entry in node[word]]
    for word in ("properties", "$defs"):
        if word in node:
            result[word] = {name: closed(entry) for name, entry in node[word].items()}
    for word in ("items", "additionalProperties"):
        if word in node:
            result[word] = closed(node[word])
    if (names or "allOf" in node) and not part and not {"additionalProperties", "unevaluatedProperties"} & node.keys():
        together = any(word in node for word in (*_COMBINED, "$ref", "if"))
        result["unevaluatedProperties" if together else "additionalProperties"] = False
    return result


def as_json(value: object) -> Any:
    """Return a value as JSON has it: no other types than its own, no Decimal."""
    if isinstance(value, Mapping):
        return {name: as_json(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(entry) for entry in value]
    return float(value) if isinstance(value, Decimal) else value
