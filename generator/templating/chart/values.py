"""Collects the values of a chart: what templates tune, region by region, and which parts of it they use."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from generator.templating.chart.symbol import Symbol, plain
from generator.templating.quoting import ValueProblem

ITEMS = "[]"
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*").fullmatch
Path = tuple[str, ...]


class Values:
    """The values of a chart as its templates are written; mark() and undo() take back what a failed attempt added.

    different: the paths of regional values that are known to differ, whatever the regions that a place is written for.
    """

    def __init__(self, schema: Mapping[str, object] | None, different: frozenset[Path] = frozenset()) -> None:
        self._schema: Mapping[str, Any] = schema or {}
        self._different = different
        self._agreed: set[Path] = set()
        self._tuned: list[tuple[str, Path, object]] = []
        self._used: list[Path] = []

    def mark(self) -> tuple[int, int]:
        """Return where the collection stands."""
        return len(self._tuned), len(self._used)

    def undo(self, mark: tuple[int, int]) -> None:
        """Forget what was added since the mark."""
        del self._tuned[mark[0] :], self._used[mark[1] :]

    def tune(self, path: Path, regions: Sequence[str], values: Sequence[object], root: str) -> Symbol:
        """Add a value in the region of each lane; return its symbol. root is where values begin."""
        self._tuned += [(region, path, plain(value)) for region, value in zip(regions, values, strict=True)]
        return Symbol(tuple(values), reference(root, path), self._described(path), path)

    def differs(self, path: Path) -> bool:
        """Say whether a regional value is known to differ; who asks has regions that agree."""
        self._agreed.add(path)
        return path in self._different

    @property
    def torn(self) -> frozenset[Path]:
        """The paths of regional values that differ, but for the regions of some place that was written for these alone.

        In the text of that place they are no values of the chart, although the chart has them.
        """
        return frozenset(path for _, path, _ in self._tuned if path in self._agreed) - self._different

    def use(self, symbol: Symbol) -> None:
        """Note that the chart reads all of a symbol's value."""
        if symbol.trail:
            self._used.append(symbol.trail)
        for part in symbol.parts:
            if isinstance(part, Symbol):
                self.use(part)

    @property
    def used(self) -> frozenset[Path]:
        """The paths of all that the chart reads whole."""
        return frozenset(self._used)

    def collected(self, regions: Sequence[str]) -> dict[str, dict[str, object]]:
        """Return the values of each region as a nested mapping, in the order in which templates name them.

        Raises ValueProblem when a path has two values in a region, or is both a value and a group of values.
        """
        used = self.used
        trees: dict[str, dict[str, object]] = {region: {} for region in regions}
        found: dict[tuple[str, Path], object] = {}
        paths = {path for _, path, _ in self._tuned}
        for path in sorted(paths):
            if any(path[:length] in paths for length in range(1, len(path))):
                raise _overlap(path)
        for region, path, value in self._tuned:
            if (region, path) not in found:
                found[region, path] = value
                _put(trees[region], path, _pruned(value, path, used))
            elif found[region, path] != value:
                raise ValueProblem(
                    "render/values",
                    f"the value '{'.'.join(path)}' of the chart is {found[region, path]!r} here and {value!r} there.",
                    "Give each value a path of its own.",
                )
        return trees

    def _described(self, path: Path) -> Mapping[str, object] | None:
        schema: Mapping[str, object] | None = self._schema
        for name in path:
            schema = member(schema, name, self._schema)
        return schema

    def of_items(self, symbol: Symbol) -> Mapping[str, object] | None:
        """Return what the schema says of the items of a list."""
        return resolved((symbol.schema or {}).get("items"), self._schema)

    def of_entries(self, symbol: Symbol) -> Mapping[str, object] | None:
        """Return what the schema says of the values of a mapping whose keys it does not name."""
        return member(symbol.schema, ITEMS, self._schema)

    def of_member(self, symbol: Symbol, name: str) -> Mapping[str, object] | None:
        """Return what the schema says of a member of a mapping."""
        return member(symbol.schema, name, self._schema)


def reference(root: str, path: Path) -> str:
    """Return a path as a Go template's operand: .Values.a.b, or with index where a name is no identifier."""
    known = next((number for number, name in enumerate(path) if not _IDENTIFIER(name)), len(path))
    start = ".".join((root, *path[:known]))
    if known == len(path):
        return start
    return f"(index {start} {' '.join(quoted(name) for name in path[known:])})"


def quoted(text: str) -> str:
    """Return a string as Go source has it, in ASCII."""
    return '"' + "".join(_character(each) for each in text) + '"'


def _character(each: str) -> str:
    if each in '"\\':
        return f"\\{each}"
    if " " <= each <= "~":
        return each
    return f"\\u{ord(each):04x}" if ord(each) < 0x10000 else f"\\U{ord(each):08x}"


def resolved(schema: object, root: Mapping[str, Any]) -> Mapping[str, object] | None:
    """Return a schema, or what its local `$ref` points to; None for what is no schema."""
    for _ in range(8):  # references to references
        if not isinstance(schema, Mapping):
            return None
        pointer = schema.get("$ref")
        if not isinstance(pointer, str) or not pointer.startswith("#/"):
            return schema
        schema = root
        for name in pointer[2:].split("/"):
            schema = schema.get(name) if isinstance(schema, Mapping) else None
    return None


def member(schema: Mapping[str, object] | None, name: str, root: Mapping[str, Any]) -> Mapping[str, object] | None:
    """Return what a schema says of a member: by its name, or of all that have no name there."""
    properties = (schema or {}).get("properties")
    if isinstance(properties, Mapping) and name in properties:
        return resolved(properties[name], root)
    return resolved((schema or {}).get("additionalProperties"), root)


def _put(tree: dict[str, object], path: Path, value: object) -> None:
    for name in path[:-1]:
        deeper = tree.setdefault(name, {})
        tree = deeper if isinstance(deeper, dict) else {}
    tree[path[-1]] = value


def _overlap(path: Path) -> ValueProblem:
    return ValueProblem(
        "render/values",
        f"'{'.'.join(path)}' belongs to what is a value of the chart and a group of values too.",
        "Tune either the whole mapping or its members.",
    )


def _pruned(value: object, trail: Path, used: frozenset[Path]) -> object:
    """Return a value without the fields of records that no template reads."""
    if trail in used:
        return value
    if isinstance(value, list):
        items = (*trail, ITEMS)
        return [_pruned(entry, items, used) for entry in value]
    if isinstance(value, dict):
        entries = (*trail, ITEMS)
        if any(each[: len(entries)] == entries for each in used):
            return {name: _pruned(entry, entries, used) for name, entry in value.items()}
        deeper = {name: (*trail, name) for name in value}
        below = {name for name, path in deeper.items() if any(each[: len(path)] == path for each in used)}
        return {name: _pruned(entry, deeper[name], used) for name, entry in value.items() if name in below}
    return value
