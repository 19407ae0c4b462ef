"""Builds the next tree beside the present one: new files written, everything that stays hard-linked."""

import errno
import os
import shutil
import stat
from collections.abc import Callable, Iterable
from pathlib import Path

from generator.base.errors import GenError
from generator.tree.changes import Comparison

_FILE_MODE = 0o644
_FOLDER_MODE = 0o755
_NO_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK, errno.EACCES})


def build(stage: Path, root: Path, compared: Comparison, checkpoint: Callable[[str], None]) -> None:
    """Build the tree in `stage`, which must not exist. Modes are 0644 and 0755; what stays keeps its own."""
    stage.mkdir(mode=_FOLDER_MODE)
    masked = stat.S_IMODE(stage.stat().st_mode) & 0o777 != _FOLDER_MODE
    if masked:
        stage.chmod(_FOLDER_MODE)
    checkpoint("stage made")
    modes = compared.found.folders
    for folder in sorted(_folders((*compared.fresh, *compared.staying), compared.found.empty)):
        path = f"{stage}/{folder}"
        os.mkdir(path, _FOLDER_MODE)  # noqa: PTH102  (thousands of them: a Path each costs more than the call)
        mode = modes.get(folder, _FOLDER_MODE)
        if masked or mode != _FOLDER_MODE:
            os.chmod(path, mode)  # noqa: PTH101
    checkpoint("folders made")
    for path in compared.staying:
        _link(f"{root}/{path}", f"{stage}/{path}")
    checkpoint("linked")
    for path, content in compared.fresh.items():
        _write(f"{stage}/{path}", content, masked=masked)
    checkpoint("written")


def _folders(paths: Iterable[str], empty: Iterable[str]) -> set[str]:
    folders = {path.rpartition("/")[0] for path in paths} | set(empty)
    level = folders
    while level := {folder.rpartition("/")[0] for folder in level} - {""}:
        folders = folders | level
    return folders - {""}


def _write(path: str, content: bytes, *, masked: bool) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _FILE_MODE)
    try:
        if masked:
            os.fchmod(descriptor, _FILE_MODE)
        written = os.write(descriptor, content)
        while written < len(content):
            written += os.write(descriptor, content[written:])
    finally:
        os.close(descriptor)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_LINK:
            raise
        kind = os.lstat(source).st_mode
        if not (stat.S_ISREG(kind) or stat.S_ISLNK(kind)):
            raise GenError(f"{source}: neither file nor link, and cannot be kept. Move it away.") from error
        shutil.copy2(source, target, follow_symlinks=False)
