"""What a tree is made of: files with their owners, and where they may lie."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from generator.base.errors import GenError

INVENTORY = "inventory.json"

_SEGMENT = re.compile(r"[A-Za-z0-9._-]{1,255}").fullmatch
# What the tree may not hold at any level: the folder itself and its parent, and what git would act on.
_RESERVED = frozenset({".", "..", ".git"})


@dataclass(frozen=True, slots=True)
class OwnedFile:
    """A rendered file: its bytes, the unit that made it ("clusters/us-west-2/orchex"), the hash of the unit's input."""

    content: bytes
    owner: str
    input_hash: str


@dataclass(frozen=True, slots=True)
class TreeHeader:
    """What a whole tree was made by and for; each field becomes a key of the inventory.

    forms are those that the tree has; asked are those that the command line asked for, None when the spec decided.
    """

    generator: str
    kubernetes: str
    platform: str
    environment: str
    forms: tuple[str, ...] = ("manifests",)
    asked: tuple[str, ...] | None = None


def check_path(path: str) -> None:
    """Raise GenError unless the path is relative, stays inside the tree, and is made of portable names."""
    for segment in path.split("/"):
        if not _SEGMENT(segment) or segment.lower() in _RESERVED:
            raise GenError(
                f"{path!r} is no path for a rendered file: '{segment}' is not a usable name. "
                "Use letters, digits, '.', '_' and '-', and no '..'."
            )


def check_paths(paths: Iterable[str]) -> None:
    """Raise GenError unless all paths are sound, and different on file systems that ignore case."""
    folders: dict[str, str] = {"": ""}  # in lower case → as written
    files: dict[str, str] = {}
    for path in paths:
        folder, _, name = path.rpartition("/")
        if folder and folders.get(folder.lower()) == folder:
            check_path(name)  # its folder has been checked with an earlier file
        else:
            check_path(path)
            _add_folders(folder, folders)
        other = files.setdefault(path.lower(), path)
        if other != path:
            raise GenError(f"'{other}' and '{path}' are one file where case is ignored. Rename one of them.")
    if INVENTORY in files:
        raise GenError(f"'{files[INVENTORY]}' is the name of the inventory. Rename the rendered file.")
    for folder in folders.keys() & files.keys():
        raise GenError(f"'{files[folder]}' is a file and a folder of the rendered tree. Rename one of them.")


def _add_folders(folder: str, folders: dict[str, str]) -> None:
    while folder:
        other = folders.setdefault(folder.lower(), folder)
        if other != folder:
            raise GenError(f"the folders '{other}' and '{folder}' are one where case is ignored. Rename one of them.")
        folder = folder.rpartition("/")[0]
