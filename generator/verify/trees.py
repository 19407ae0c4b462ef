"""Where rendered trees lie in a workspace, and which of their files are manifests."""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.base.errors import GenError

INVENTORY = "inventory.json"
MANIFEST_FOLDERS = ("argocd", "clusters")
# What holds the objects of clusters/ in other forms.
FORM_FOLDERS = ("charts", "kustomize")


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

    def folders(self, names: Sequence[str] = MANIFEST_FOLDERS) -> tuple[Path, ...]:
        """Return the folders of these names; a link in the place of one is none."""
        folders = (self.root / name for name in names)
        return tuple(folder for folder in folders if folder.is_dir() and not folder.is_symlink())

    def files(self, names: Sequence[str] = MANIFEST_FOLDERS) -> tuple[Manifest, ...]:
        """Return every file below the folders of these names, sorted; links to folders are not followed."""
        return tuple(sorted(Manifest(self.name(path), path) for path in _walk(self.folders(names))))

    def manifests(self) -> tuple[Manifest, ...]:
        """Return the manifest files, sorted."""
        return tuple(file for file in self.files() if file.path.suffix == ".yaml")

    def documents(self) -> tuple[Manifest, ...]:
        """Return all files of YAML, sorted: manifests, kustomizations, values; templates of charts are none."""
        files = self.files((*MANIFEST_FOLDERS, *FORM_FOLDERS))
        return tuple(file for file in files if file.path.suffix == ".yaml" and not self._is_text(file.path))

    def _is_text(self, path: Path) -> bool:
        """Say whether a file is a chart's template or a ConfigMap's file: text of its own kind, whatever its name."""
        parts = path.relative_to(self.root).parts
        return parts[0] in FORM_FOLDERS and not {"templates", "files"}.isdisjoint(parts[2:-1])

    def name(self, path: Path) -> str:
        """Return a file's name in problems."""
        return f"{self.shown}/{path.relative_to(self.root).as_posix()}"


def find_trees(workspace: Path, environments: Iterable[tuple[str, str]]) -> tuple[Tree, ...]:
    """Return the rendered trees of (platform, environment) pairs; GenError when one is not rendered."""
    trees = []
    for platform, environment in environments:
        shown = f"output/{platform}/{environment}"
        root = workspace / shown
        if not (root / INVENTORY).is_file():
            raise GenError(f"{shown} is not rendered. Render it first: gen render --env {environment}.")
        trees.append(Tree(root, shown, read_inventory(root / INVENTORY, f"{shown}/{INVENTORY}")["kubernetes"]))
    return tuple(trees)


def read_inventory(file: Path, shown: str) -> dict[str, Any]:
    """Return the inventory of a tree; GenError when it cannot be read as one."""
    remedy = "Render the tree again: gen render."
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:  # ValueError: not UTF-8, not JSON, an endless number
        raise GenError(f"{shown}: this is no inventory ({error}). {remedy}") from error
    if not (isinstance(document, dict) and isinstance(document.get("kubernetes"), str)):
        raise GenError(f'{shown}: the inventory does not say for which Kubernetes ("kubernetes"). {remedy}')
    files = document.get("files")
    if not (isinstance(files, dict) and all(isinstance(entry, dict) for entry in files.values())):
        raise GenError(f'{shown}: the inventory lists no files ("files"). {remedy}')
    return document


def _walk(folders: tuple[Path, ...]) -> Iterator[Path]:
    for top in folders:
        for folder, _, names in os.walk(top):
            yield from (Path(folder, name) for name in names)
