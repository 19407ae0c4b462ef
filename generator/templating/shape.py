"""Where each expression of a template stands in the YAML: as a whole key, value or item, and at which column.

The walk over the variants fills a Shape; what is checked here is that the branches fit together however combined.
"""

import enum
from collections.abc import Iterable
from dataclasses import dataclass, field

from generator.templating.source import Path, Source


class Kind(enum.Enum):
    """What an expression stands for."""

    KEY = "key"
    VALUE = "value"
    ITEM = "item"


@dataclass(frozen=True, slots=True)
class Anchor:
    """What a value hangs on: a key, the dash of an item, or a document's beginning (column -2, line 0 or `---`)."""

    line: int
    column: int
    path: Path


@dataclass(frozen=True, slots=True)
class Place:
    """What an expression stands for, the column (from 0) of its block, and what it hangs on (a key: its mapping)."""

    kind: Kind
    column: int
    anchor: Anchor


@dataclass(slots=True)
class Shape:
    """What is known of a template's YAML once its variants were walked."""

    places: dict[int, Place] = field(default_factory=dict)  # by the expression's index
    # The literal keys of the mapping that hangs on an anchor, with the line and path of each place where it stands.
    keys: dict[Anchor, dict[str, set[tuple[int, Path]]]] = field(default_factory=dict)
    # What hangs on an anchor in lines of its own: ("mapping", path of a key), ("sequence", path of a dash), ...
    children: dict[Anchor, set[tuple[str, Path]]] = field(default_factory=dict)
    scalar_lines: set[int] = field(default_factory=set)  # the numbers of the lines within block scalars


def check(source: Source, shape: Shape) -> None:
    """Note what no single variant shows: expressions that no YAML reader sees, and branches that do not go together."""
    _check_found(source, shape)
    _check_comments(source, shape)
    _check_kinds(source, shape)
    _check_keys(source, shape)


def _check_found(source: Source, shape: Shape) -> None:
    for expression in source.expressions:
        if expression.index not in shape.places:
            source.problem(
                expression.line,
                expression.column,
                "place",
                "the expression stands in a comment.",
                "Move it out, or remove it.",
            )


def _check_comments(source: Source, shape: Shape) -> None:
    """Refuse comments indented more than what follows: a literal block emitted above them would take them in."""
    following = 0
    for line in reversed(list(source.lines())):
        indent = len(line.text) - len(line.text.lstrip(" "))
        if line.number in shape.scalar_lines or not line.text:
            continue
        if not line.text.startswith("#", indent):
            following = indent
        elif indent > following:
            message = "the comment is indented more than what follows it."
            source.problem(line.number, indent, "comment", message, f"Let it begin at column {following + 1}.")


def _check_kinds(source: Source, shape: Shape) -> None:
    """Let a key hold a mapping in one branch and a sequence in another, but not through two independent blocks."""
    for anchor, children in shape.children.items():
        inner = [(kind, path[len(anchor.path) :]) for kind, path in children]
        if not _fit(inner, source.loops):
            kinds = " and ".join(sorted({f"a {kind}" for kind, _ in inner}))
            source.problem(
                anchor.line,
                max(anchor.column, 0),
                "branches",
                f"{kinds} can come together here, depending on the branches.",
                "Put them into the alternatives of one 'if'.",
            )


def _fit(children: list[tuple[str, Path]], loops: set[int]) -> bool:
    """Say whether children of different kinds exclude one another: all in one `if`, and fitting in each alternative."""
    if len({kind for kind, _ in children}) == 1:
        return True
    blocks = {path[0][0] if path else None for _, path in children}
    if len(blocks) > 1 or None in blocks or blocks & loops:
        return False
    alternatives = {path[0][1] for _, path in children}
    return all(_fit([(k, p[1:]) for k, p in children if p[0][1] == each], loops) for each in alternatives)


def _check_keys(source: Source, shape: Shape) -> None:
    for anchor, keys in shape.keys.items():
        for key, uses in keys.items():
            repeated = _repeated(anchor, sorted(uses), source.loops)
            if repeated:
                source.problem(
                    repeated, 0, "duplicate-key", f"the key '{key}' can come twice.", "Keep one, or exclude the other."
                )


def _repeated(anchor: Anchor, uses: Iterable[tuple[int, Path]], loops: set[int]) -> int:
    """Return the line that gives a key of one mapping for the second time, or 0."""
    before: list[Path] = []
    for line, path in uses:
        if any(block in loops for block, _ in path[len(anchor.path) :]):
            return line
        if any(not _exclude(path, other) for other in before):
            return line
        before.append(path)
    return 0


def _exclude(one: Path, other: Path) -> bool:
    """Say whether two places are in different alternatives of one `if`."""
    return any(a[0] == b[0] and a[1] != b[1] for a, b in zip(one, other, strict=False))
