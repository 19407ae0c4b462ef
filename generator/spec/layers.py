"""Layers of a spec: kept apart so that a problem can name who wrote a value, merged where a value is needed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from generator.base.problem import Problem
from generator.documents.node import json_path
from generator.documents.reader import Source, locate

Tree = Mapping[str, object]
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Layer:
    """A mapping somewhere in a document: what stands at `path` of `source` (None: a default of the project).

    there: whether a mapping is written at all; one that is written may still be empty.
    """

    source: Source | None
    path: Path
    tree: Tree
    there: bool = True

    def below(self, *keys: str) -> "Layer":
        """Return the layer at `keys` below this one; empty when nothing is written there."""
        tree: object = self.tree
        for key in keys:
            tree = tree.get(key) if isinstance(tree, dict) else None
        there = isinstance(tree, dict)
        return Layer(self.source, (*self.path, *keys), tree if isinstance(tree, dict) else {}, there)


def merge(base: Tree, over: Tree) -> dict[str, object]:
    """Return `base` with `over` on top: maps merge key by key, null removes, everything else is replaced whole."""
    result = dict(base)
    for key, value in over.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            below = result.get(key)
            result[key] = merge(below if isinstance(below, dict) else {}, value)
        else:
            result[key] = value
    return result


def merge_all(layers: Iterable[Layer]) -> dict[str, object]:
    """Return all layers merged, later ones on top."""
    result: dict[str, object] = {}
    for layer in layers:
        if layer.tree:
            result = merge(result, layer.tree)
    return result


def origin(layers: Sequence[Layer], path: Sequence[str | int]) -> tuple[Source | None, Path]:
    """Return where the value at `path` was written last: its source and its whole path within that document.

    When no layer wrote it, the last layer that wrote its nearest ancestor answers for it.
    """
    for length in range(len(path), -1, -1):
        for layer in reversed(layers):
            if layer.source is not None and layer.there and _has(layer.tree, path[:length]):
                return layer.source, (*layer.path, *path[:length])
    written = [layer for layer in layers if layer.source is not None]
    return (written[-1].source, written[-1].path) if written else (None, tuple(path))


def latest(layers: Sequence[Layer], *paths: Path) -> Path:
    """Return the path whose value was written by the highest layer: of values that contradict each other, the newest.

    The first of several equal ones; values that only the project's defaults have come before all others.
    """

    def height(path: Path) -> int:
        written = (i for i, layer in enumerate(layers) if layer.source is not None and _has(layer.tree, path))
        return max(written, default=-1)

    return max(paths, key=height)


def _has(tree: object, path: Sequence[str | int]) -> bool:
    for key in path:
        if isinstance(tree, Mapping):
            if key not in tree:
                return False
            tree = tree[key]
        elif isinstance(tree, list) and isinstance(key, int) and key < len(tree):
            tree = tree[key]
        else:
            return False
    return True


def problem_at(
    layers: Sequence[Layer], path: Sequence[str | int], rule: str, message: str, hint: str, *, key: bool = False
) -> Problem:
    """Return a problem at the place where the value (or, if asked, the key) at `path` was written."""
    source, whole = origin(layers, path)
    if source is None:
        return Problem(rule=rule, message=message, hint=hint, path=json_path(whole))
    line, column = locate(source, whole, key=key)
    return Problem(
        rule=rule, message=message, hint=hint, file=source.shown, line=line, column=column, path=json_path(whole)
    )
