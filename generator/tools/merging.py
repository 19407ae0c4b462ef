"""Puts together what several sources say of custom kinds: one definition a kind, its schemas, and an index of all."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from generator.tools.crds import Definition, write_tree_schemas
from generator.tools.library import INDEX


def write_library(sources: Iterable[Path], target: Path) -> int:
    """Make a library in a folder from those of several sources and return how many schemas it holds.

    Where two sources hold the same version of a kind, the first one's is taken.
    """
    definitions = merge(definition for source in sources for definition in load_definitions(source))
    (target / "crds").mkdir()
    write_definitions(definitions.values(), target / "crds")
    (target / INDEX).write_text(json.dumps(list(_entries(definitions.values()))), encoding="utf-8")
    return write_tree_schemas(definitions.values(), target / "schemas")


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


def _entries(definitions: Iterable[Definition]) -> Iterator[Mapping[str, object]]:
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
        }
