"""The cache of provisioned things: an entry is a folder that is there as a whole or not at all."""

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from generator.base.errors import GenError


@dataclass(frozen=True, slots=True)
class Cache:
    """A folder of entries, each named by what it is and by the content key of what it is made from."""

    root: Path

    def entry(self, kind: str, name: str, key: str) -> Path:
        """Return where an entry lies, whether or not it is there."""
        return self.root / kind / f"{name}-{key}"

    def provide(self, entry: Path, make: Callable[[Path], None]) -> Path:
        """Return the entry, having `make` fill it first if it is missing.

        Of several processes that want the same entry one makes it and the others wait. It is made beside its place
        and renamed, so that a kill leaves no half entry; the next run clears what was left.
        """
        if entry.is_dir():
            return entry
        with _locked(entry):
            if not entry.is_dir():
                stage = _stage(entry)
                shutil.rmtree(stage, ignore_errors=True)
                stage.mkdir()
                make(stage)
                os.sync()  # the files before the name, or a power cut could leave the name over empty files
                stage.rename(entry)
        return entry

    def discard(self, entry: Path) -> None:
        """Take an entry out of the cache: at once for whoever asks, even if its files go one by one."""
        with _locked(entry):
            stage = _stage(entry)
            shutil.rmtree(stage, ignore_errors=True)
            if entry.is_dir():
                entry.rename(stage)
                shutil.rmtree(stage, ignore_errors=True)


def _stage(entry: Path) -> Path:
    return entry.with_name(f".{entry.name}.stage")


@contextmanager
def _locked(entry: Path) -> Iterator[None]:
    """Hold the lock of an entry; it ends with the process, however that ends."""
    try:
        entry.parent.mkdir(parents=True, exist_ok=True)
        lock = entry.with_name(f".{entry.name}.lock").open("wb")
    except OSError as error:
        raise GenError(
            f"{entry.parent}: {error.strerror}. Name a folder that can be written by --cache or GITOPS_GEN_CACHE."
        ) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
