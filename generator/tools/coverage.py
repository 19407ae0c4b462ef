"""Says what each source of CustomResourceDefinitions covers: its groups, kinds, versions and CEL rules."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.tools.cache import Cache
from generator.tools.host import Host
from generator.tools.pins import Pins
from generator.tools.provision_crds import provide_source
from generator.tools.sources import CrdSource, GoSource, OwnSource

_TITLES = ("source", "from", "version", "licence", "groups", "kinds", "schemas", "CEL rules")


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a source holds; schemas are kinds times versions, rules are those that no JSON Schema can express."""

    source: CrdSource
    groups: tuple[str, ...]
    kinds: int
    schemas: int
    rules: int


def coverage(pins: Pins, host: Host, cache: Cache) -> tuple[Coverage, ...]:
    """Return what each pinned source holds, in the order of the pins, making what is missing."""
    return tuple(_coverage(source, provide_source(source, pins, host, cache)) for source in pins.crds)


def table(rows: Sequence[Coverage]) -> Iterator[str]:
    """Yield the lines of a Markdown table of the sources."""
    yield _line(_TITLES)
    yield _line(["---"] * len(_TITLES))
    for row in rows:
        source = row.source
        groups = ", ".join(row.groups)
        yield _line(
            [source.name, _origin(source), source.version, source.licence, groups, row.kinds, row.schemas, row.rules]
        )


def _origin(source: CrdSource) -> str:
    if isinstance(source, GoSource):
        return source.module
    return f"ours, after {source.after}" if isinstance(source, OwnSource) else "Maven Central"


def _line(cells: Sequence[object]) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def _coverage(source: CrdSource, folder: Path) -> Coverage:
    specs = [json.loads(file.read_text(encoding="utf-8"))["spec"] for file in sorted(folder.glob("*.json"))]
    schemas = [
        version["schema"]["openAPIV3Schema"]
        for spec in specs
        for version in spec["versions"]
        if version.get("schema", {}).get("openAPIV3Schema") is not None
    ]
    groups = tuple(sorted({spec["group"] for spec in specs}))
    return Coverage(source, groups, len(specs), len(schemas), sum(map(_rules, schemas)))


def _rules(node: Any) -> int:
    """Return how many CEL rules there are in a node of a structural schema and below it."""
    if isinstance(node, list):
        return sum(map(_rules, node))
    if not isinstance(node, dict):
        return 0
    own = node.get("x-kubernetes-validations")
    return (len(own) if isinstance(own, list) else 0) + sum(map(_rules, node.values()))
