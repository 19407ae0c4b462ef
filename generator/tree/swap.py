"""Changes a whole folder for another in one step, and cleans up after a run that was killed."""

import ctypes
import errno
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2  # Linux, renameat2(2)
_RENAME_SWAP = 2  # macOS, renamex_np(2)
_UNSUPPORTED = frozenset({errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP})


def exchange(one: Path, other: Path) -> bool:
    """Exchange two names in one step. Return False, and change nothing, where the system cannot."""
    libc = ctypes.CDLL(None, use_errno=True)
    first, second = os.fsencode(one), os.fsencode(other)
    if sys.platform == "darwin":
        call = getattr(libc, "renamex_np", None)
        arguments: tuple[object, ...] = (first, second, ctypes.c_uint(_RENAME_SWAP))
    else:
        call = getattr(libc, "renameat2", None)
        arguments = (_AT_FDCWD, first, _AT_FDCWD, second, ctypes.c_uint(_RENAME_EXCHANGE))
    if call is None:
        return False
    if call(*arguments) == 0:
        return True
    code = ctypes.get_errno()
    if code in _UNSUPPORTED:
        return False
    raise OSError(code, os.strerror(code), str(one), None, str(other))


def _nothing(_name: str) -> None:
    """Pass a checkpoint."""


@dataclass(frozen=True, slots=True)
class Steps:
    """What a test replaces: how names are exchanged, and what happens at each named checkpoint."""

    exchange: Callable[[Path, Path], bool] = exchange
    checkpoint: Callable[[str], None] = _nothing


def stage_of(root: Path) -> Path:
    """Return the folder in which the next tree is built, and in which the last one is taken apart."""
    return root.with_name(f".{root.name}.gen-stage")


def _old_of(root: Path) -> Path:
    return root.with_name(f".{root.name}.gen-old")


def recover(root: Path) -> None:
    """Bring back the old tree if a run was killed between two renames, and remove what a killed run left behind."""
    old = _old_of(root)
    if old.is_dir() and not os.path.lexists(root):
        old.rename(root)
    remove(old)
    remove(stage_of(root))


def swap_in(root: Path, steps: Steps) -> None:
    """Put the staged tree in the place of the one at `root`. The old one is removed afterwards."""
    stage, old = stage_of(root), _old_of(root)
    flush(stage)
    steps.checkpoint("flushed")
    if not root.exists():
        stage.rename(root)
    elif not steps.exchange(stage, root):
        root.rename(old)
        steps.checkpoint("moved away")
        stage.rename(root)
    steps.checkpoint("swapped")
    _sync_folder(root.parent)
    remove(stage)
    steps.checkpoint("stage removed")
    remove(old)


def remove(folder: Path) -> None:
    """Remove a folder and what is in it, if it exists; a link is removed, not followed."""
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    elif folder.is_dir():
        shutil.rmtree(folder)


def flush(folder: Path) -> None:
    """Wait until everything in the folder's file system is on disk."""
    syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if syncfs is None:
        os.sync()
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if syncfs(descriptor) != 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), str(folder))
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
