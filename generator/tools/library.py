"""Finds the definition and the schema of a custom kind among those of all sources."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

INDEX = "index.json"
OWN = "own"


@dataclass(frozen=True, slots=True)
class Kind:
    """What the library knows of a custom kind: the file of its definition, its scope and the versions served.

    `scope` is "Namespaced" or "Cluster"; `stored` is the version in which the API server keeps the objects; `own` says
    that we wrote the definition, with no field but those that we render.
    """

    definition: Path
    scope: str
    plural: str
    versions: tuple[str, ...]
    stored: str
    own: bool = False


@dataclass(frozen=True, slots=True)
class Library:
    """Custom kinds by (group, kind), and the folder of their schemas."""

    folder: Path
    kinds: Mapping[tuple[str, str], Kind]

    @property
    def schemas(self) -> Path:
        """Return the folder of "{group}/{kind}_{version}.json", the kind in lower case."""
        return self.folder / "schemas"

    @property
    def own_schemas(self) -> Path:
        """Return the folder of the schemas of the definitions that we wrote, in the same layout."""
        return self.folder / OWN

    def upstream(self) -> "Library":
        """Return the library without the kinds whose definitions we wrote: others may use fields that we never do."""
        return replace(self, kinds={name: kind for name, kind in self.kinds.items() if not kind.own})


def read_library(folder: Path) -> Library:
    """Return the library that `merging.write_library` made in a folder."""
    entries = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    kinds = {
        (entry["group"], entry["kind"]): Kind(
            folder / "crds" / entry["file"],
            entry["scope"],
            entry["plural"],
            tuple(entry["versions"]),
            entry["stored"],
            entry["own"],
        )
        for entry in entries
    }
    return Library(folder, kinds)
