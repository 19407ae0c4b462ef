"""What lies in a tree on disk. No link is followed."""

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from generator.base.errors import GenError


@dataclass(frozen=True, slots=True)
class Scan:
    """Relative POSIX paths: regular files, others (links, sockets, ...), folders with their modes, empty folders."""

    files: frozenset[str]
    others: frozenset[str]
    folders: dict[str, int]
    empty: frozenset[str]


def scan(root: Path) -> Scan:
    """Return what lies below `root`, which may be missing."""
    files: list[str] = []
    others: list[str] = []
    folders: dict[str, int] = {}
    empty: list[str] = []
    waiting = [""] if root.is_dir() else []
    while waiting:
        folder = waiting.pop()
        bare = True
        with os.scandir(f"{root}/{folder}") as entries:
            for entry in entries:
                bare = False
                path = f"{folder}/{entry.name}" if folder else entry.name
                if entry.is_dir(follow_symlinks=False):
                    folders[path] = stat.S_IMODE(entry.stat(follow_symlinks=False).st_mode)
                    waiting.append(path)
                elif entry.is_file(follow_symlinks=False):
                    files.append(path)
                else:
                    others.append(path)
        if bare and folder:
            empty.append(folder)
    return Scan(frozenset(files), frozenset(others), folders, frozenset(empty))


def refuse_obstacles(root: Path, found: Scan, paths: Iterable[str]) -> None:
    """Raise GenError when something else stands where a rendered file or one of its folders has to be."""
    in_the_way = found.files | found.others
    folders: set[str] = set()
    for path in paths:
        folders.add(path.rpartition("/")[0])
        if path in found.others or path in found.folders:
            raise GenError(f"{root / path}: a link or folder stands where a rendered file has to be. Move it away.")
    while folders:
        for folder in folders & in_the_way:
            raise GenError(
                f"{root / folder}: a link or file stands where a folder of the tree has to be. Move it away."
            )
        folders = {folder.rpartition("/")[0] for folder in folders} - {""}


def read_bytes(path: Path | str) -> bytes | None:
    """Return a regular file's bytes, or None when there is none; a link is not followed."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        size = os.fstat(descriptor).st_size
        content = os.read(descriptor, size + 1)
        while more := os.read(descriptor, 1 << 20) if len(content) > size else b"":
            content += more
    finally:
        os.close(descriptor)
    return content
