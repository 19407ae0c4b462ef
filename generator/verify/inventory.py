"""Compares a tree with its inventory: nothing missing, nothing changed by hand, nothing that nobody owns."""

import hashlib
from collections.abc import Iterator, Sequence

from generator.base.problem import Problem
from generator.verify.trees import FORM_FOLDERS, INVENTORY, MANIFEST_FOLDERS, Tree, read_inventory


def check_inventory(trees: Sequence[Tree]) -> tuple[Problem, ...]:
    """Return a problem for each file that differs from what was rendered, is gone, or was never rendered."""
    return tuple(problem for tree in trees for problem in _compare(tree))


def _compare(tree: Tree) -> Iterator[Problem]:
    if not tree.manifests():
        yield Problem(
            rule="inventory/empty",
            file=tree.shown,
            message="the tree holds no manifest, so there is nothing to check.",
            hint="Render it again: gen render.",
        )
    files = read_inventory(tree.root / INVENTORY, f"{tree.shown}/{INVENTORY}")["files"]
    for name, entry in files.items():
        path, shown = tree.root / name, f"{tree.shown}/{name}"
        if not path.is_file():
            yield Problem(
                rule="inventory/missing",
                file=shown,
                message="the inventory lists this file, but it is not there.",
                hint="Render again, or take it out of the spec.",
            )
        elif hashlib.sha256(path.read_bytes()).hexdigest() != entry.get("sha256"):
            yield Problem(
                rule="inventory/changed",
                file=shown,
                message="the file is not as it was rendered.",
                hint="Make the change in the spec, a patch or a template, and render again.",
            )
    for file in tree.files((*MANIFEST_FOLDERS, *FORM_FOLDERS)):
        if file.path.relative_to(tree.root).as_posix() not in files:
            yield Problem(
                rule="inventory/foreign",
                file=file.shown,
                message="the inventory does not list this file, and it would be applied with the others.",
                hint="Move it out of the rendered tree, or render it from a component.",
            )
