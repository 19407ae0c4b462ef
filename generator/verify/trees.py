"""Where rendered trees lie in a workspace, and which of their files are manifests."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.base.errors import GenError

INVENTORY = "inventory.json"
MANIFEST_FOLDERS = ("argocd", "clusters")


@dataclass(frozen=True, slots=True, order=True)
class Manifest:
    """A file that must hold exactly one Kubernetes object; shown is its name in problems."""

    shown: str
    path: Path


@dataclass(frozen=True, slots=True)
class Tree:
    """A rendered tree: root is output/<platform>/<environment>, shown the same relative to the workspace (POSIX).

    kubernetes is the minor version ("1.36") that the tree is checked against.
    """

    root: Path
    shown: str
    kubernetes: str

    def folders(self) -> tuple[Path, ...]:
        """Return the folders that hold manifests."""
        return tuple(self.root / name for name in MANIFEST_FOLDERS if (self.root / name).is_dir())

    def files(self) -> tuple[Manifest, ...]:
        """Return every file below the manifest folders, sorted; links to folders are not followed."""
        return tuple(sorted(Manifest(self.name(path), path) for path in _walk(self.folders())))

    def manifests(self) -> tuple[Manifest, ...]:
        """Return the manifest files, sorted."""
        return tuple(file for file in self.files() if file.path.suffix == ".yaml")

    def name(self, path: Path) -> str:
        """Return a file's name in problems."""
        return f"{self.shown}/{path.relative_to(self.root).as_posix()}"


def find_trees(workspace: Path, platform: str = "", environment: str = "") -> tuple[Tree, ...]:
    """Return the rendered trees of a workspace, narrowed by platform and environment; GenError when there are none."""
    inventories = [
        path
        for path in sorted((workspace / "output").glob(f"*/*/{INVENTORY}"))
        if platform in {"", path.parent.parent.name} and environment in {"", path.parent.name}
    ]
    if not inventories:
        wanted = f"output/{platform or '<platform>'}/{environment or '<environment>'}"
        raise GenError(f"{workspace}: there is no rendered tree {wanted}. Render it first: gen render.")
    return tuple(_tree(inventory, workspace) for inventory in inventories)


def read_inventory(file: Path, shown: str) -> dict[str, Any]:
    """Return the inventory of a tree; GenError when it cannot be read as one."""
    remedy = "Render the tree again: gen render."
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise GenError(f"{shown}: this is no inventory ({error}). {remedy}") from error
    if not (isinstance(document, dict) and isinstance(document.get("kubernetes"), str)):
        raise GenError(f'{shown}: the inventory does not say for which Kubernetes ("kubernetes"). {remedy}')
    files = document.get("files")
    if not (isinstance(files, dict) and all(isinstance(entry, dict) for entry in files.values())):
        raise GenError(f'{shown}: the inventory lists no files ("files"). {remedy}')
    return document


def _tree(inventory: Path, workspace: Path) -> Tree:
    root = inventory.parent
    shown = root.relative_to(workspace).as_posix()
    kubernetes = read_inventory(inventory, f"{shown}/{INVENTORY}")["kubernetes"]
    return Tree(root, shown, kubernetes)


def _walk(folders: tuple[Path, ...]) -> Iterator[Path]:
    for top in folders:
        for folder, _, names in os.walk(top):
            yield from (Path(folder, name) for name in names)
