"""Reads traceability.yaml: which lines of a design document ask for something, and which fact claims them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

COMPARATORS = ("equals", "equalsBy", "contains", "atLeast", "atMost", "matches", "count", "exists", "says")


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of the document, with its lines and those of them that ask for something."""

    title: str
    lines: frozenset[int]
    asks: frozenset[int]


@dataclass(frozen=True, slots=True)
class Check:
    """One place of the tree and what is expected there; environments is empty for all of them."""

    file: str
    kind: str
    namespace: str
    name: str
    path: str
    comparator: str
    wanted: Any
    environments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """What the document asks in some lines; status is "shown" or "outside"."""

    id: str
    part: str
    lines: frozenset[int]
    shown_lines: str
    asks: str
    status: str
    because: str
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True)
class Traceability:
    """The whole of a traceability.yaml."""

    title: str
    length: int
    sections: tuple[Section, ...]
    facts: tuple[Fact, ...]


def read(path: Path) -> Traceability:
    """Return what a file says that is valid by its schema."""
    return build(yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader))


def build(written: Mapping[str, Any]) -> Traceability:
    """Return what a parsed document says."""
    sections = [
        Section(item["title"], lines([item["lines"]]), lines(item.get("asks", ()))) for item in written["sections"]
    ]
    facts = [_fact(name, item) for name, item in written["facts"].items()]
    return Traceability(written["document"]["title"], written["document"]["lines"], tuple(sections), tuple(facts))


def _fact(name: str, written: Mapping[str, Any]) -> Fact:
    return Fact(
        id=name,
        part=written["part"],
        lines=lines(written["lines"]),
        shown_lines=", ".join(map(str, written["lines"])),
        asks=written["asks"],
        status=written.get("status", "shown"),
        because=written.get("because", ""),
        checks=tuple(check(item) for item in written.get("shown", ())),
    )


def check(written: Mapping[str, Any]) -> Check:
    """Return one expectation; raises ValueError when it has not exactly one comparator."""
    found = [word for word in COMPARATORS if word in written]
    if len(found) != 1:
        raise ValueError(f"{written['file']}: one of {', '.join(COMPARATORS)} is needed, not {found}")
    kind, _, name = written.get("object", "").partition(" ")
    namespace, _, name = name.rpartition("/")
    return Check(
        file=written["file"],
        kind=kind,
        namespace=namespace,
        name=name,
        path=written.get("path", ""),
        comparator=found[0],
        wanted=written[found[0]],
        environments=tuple(written.get("in", ())),
    )


def lines(words: Iterable[int | str]) -> frozenset[int]:
    """Return the numbers that line numbers and ranges mean: [4, "9-11"] is 4, 9, 10, 11."""
    found: set[int] = set()
    for word in words:
        first, _, last = str(word).partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return frozenset(found)


def gaps(of: Traceability) -> Iterator[str]:
    """Yield what is wrong with the lines: sections that leave some out, asked ones that nobody claims, unknown ones."""
    next_line = 1
    for section in of.sections:
        if min(section.lines) != next_line:
            yield f"section '{section.title}' begins at {min(section.lines)}, not {next_line}"
        if section.asks - section.lines:
            yield f"section '{section.title}' has lines outside itself: {sorted(section.asks - section.lines)}"
        next_line = max(section.lines) + 1
    if next_line != of.length + 1:
        yield f"the sections end at {next_line - 1}, the document at {of.length}"
    asked = frozenset().union(*(section.asks for section in of.sections))
    claimed = frozenset().union(*(fact.lines for fact in of.facts))
    for section in of.sections:
        if section.asks - claimed:
            yield f"nothing claims {sorted(section.asks - claimed)} of '{section.title}'"
    for fact in of.facts:
        if fact.lines - asked:
            yield f"{fact.id} claims lines that ask for nothing, or are not there: {sorted(fact.lines - asked)}"
