"""The files that a kustomization names, and which of them are not in the tree."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from generator.manifests import values

_LISTS = ("resources", "components", "bases", "crds", "patchesStrategicMerge", "configurations")
_PATHS = ("patches", "patchesJson6902", "replacements")


def missing_files(root: Path, folder: str, kustomization: Mapping[str, Any]) -> Iterator[tuple[values.Path, str]]:
    """Yield (path in the kustomization, name) of every file or folder that it names and that is not there.

    What lies outside the tree (a URL, a path above the root) is not looked for, since the tree may be a part only; nor
    are secrets' files, which people keep out of repositories.
    """
    for path, name in _named(kustomization):
        if _is_local(name) and not _leads_out(folder, name) and not (root / folder / name).exists():
            yield path, name


def _named(kustomization: Mapping[str, Any]) -> Iterator[tuple[values.Path, str]]:
    for key in _LISTS:
        for index, name in enumerate(values.items(kustomization, key)):
            if isinstance(name, str):
                yield (key, index), name
    for key in _PATHS:
        for index, item in values.mappings(kustomization, key):
            if isinstance(item.get("path"), str):
                yield (key, index, "path"), item["path"]
    yield from _generated(kustomization)


def _generated(kustomization: Mapping[str, Any]) -> Iterator[tuple[values.Path, str]]:
    for index, item in values.mappings(kustomization, "configMapGenerator"):
        for position, text in enumerate(values.items(item, "files")):
            if isinstance(text, str):
                yield ("configMapGenerator", index, "files", position), text.partition("=")[2] or text
        for position, text in enumerate(values.items(item, "envs")):
            if isinstance(text, str):
                yield ("configMapGenerator", index, "envs", position), text
        if isinstance(item.get("env"), str):
            yield ("configMapGenerator", index, "env"), item["env"]


def _is_local(name: str) -> bool:
    """Say whether a name is a file's: no address, no inline patch, no template."""
    address = "://" in name or name.startswith(("git@", "git::", "/")) or "?ref=" in name or "github.com/" in name
    return bool(name.strip()) and not address and "\n" not in name and "{" not in name and len(name) < 256


def _leads_out(folder: str, name: str) -> bool:
    return os.path.normpath(PurePosixPath(folder, name)).startswith("..")


def line_of(file: Path, name: str) -> int:
    """Return the line (from 1) of a kustomization that names a file."""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return 1
    return next((number for number, line in enumerate(lines, 1) if name in line.partition("#")[0]), 1)
