"""Puts together what several sources say of custom kinds: one definition a kind, its schemas, and an index of all."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from generator.tools.crds import Definition, write_tree_schemas
from generator.tools.library import INDEX, OWN


def write_library(sources: Iterable[Path], target: Path, own: Iterable[Path] = ()) -> int:
    """Make a library in a folder from those of several sources and return how many schemas it holds.

    Where two sources hold the same version of a kind, the first one's is taken. `own` are those that we wrote; they
    count where upstream's sources have no definition of the name.
    """
    upstream = merge(definition for source in sources for definition in load_definitions(source))
    written = merge(definition for source in own for definition in load_definitions(source))
    ours = {name: definition for name, definition in written.items() if name not in upstream}
    (target / "crds").mkdir()
    write_definitions([*upstream.values(), *ours.values()], target / "crds")
    entries = [*_entries(upstream.values(), own=False), *_entries(ours.values(), own=True)]
    (target / INDEX).write_text(json.dumps(entries), encoding="utf-8")
    count = write_tree_schemas(upstream.values(), target / "schemas")
    return count + write_tree_schemas(ours.values(), target / OWN)


def name_of(definition: Definition) -> str:
    """Return the name that the API server demands of a definition: "<plural>.<group>"."""
    spec = definition["spec"]
    return f"{spec['names']['plural']}.{spec['group']}"


def merge(definitions: Iterable[Definition]) -> dict[str, Definition]:
    """Return the definitions by name, each with the versions of all that have the name: of one version, the first.

    Only the first definition's versions are stored, so that the API server can still install what comes out
    (it wants exactly one that is).
    """
    merged: dict[str, Definition] = {}
    for definition in definitions:
        name = name_of(definition)
        first = merged.get(name)
        merged[name] = (
            {key: value for key, value in definition.items() if key != "status"}
            if first is None
            else (_with_versions(first, definition))
        )
    return dict(sorted(merged.items()))


def write_definitions(definitions: Iterable[Definition], target: Path) -> int:
    """Write each definition to "<plural>.<group>.json" in a folder and return how many there are."""
    merged = merge(definitions)
    for name, definition in merged.items():
        (target / f"{name}.json").write_text(json.dumps(definition, separators=(",", ":")), encoding="utf-8")
    return len(merged)


def load_definitions(folder: Path) -> Iterator[Definition]:
    """Yield what `write_definitions` wrote."""
    for file in sorted(folder.glob("*.json")):
        yield json.loads(file.read_text(encoding="utf-8"))


def _with_versions(first: Definition, other: Definition) -> Definition:
    known = {version["name"] for version in first["spec"]["versions"]}
    added = [{**version, "storage": False} for version in other["spec"]["versions"] if version["name"] not in known]
    return {**first, "spec": {**first["spec"], "versions": [*first["spec"]["versions"], *added]}}


def _entries(definitions: Iterable[Definition], *, own: bool) -> Iterator[Mapping[str, object]]:
    for definition in definitions:
        spec = definition["spec"]
        yield {
            "group": spec["group"],
            "kind": spec["names"]["kind"],
            "plural": spec["names"]["plural"],
            "scope": spec["scope"],
            "versions": [version["name"] for version in spec["versions"] if version["served"]],
            "stored": next(version["name"] for version in spec["versions"] if version["storage"]),
            "file": f"{name_of(definition)}.json",
            "own": own,
        }
