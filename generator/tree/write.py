"""The two ways into this package: compare a rendered tree with the one on disk, or write it."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from generator.base.errors import GenError
from generator.tree import stage, swap
from generator.tree.changes import Changes, Keep, examine
from generator.tree.files import OwnedFile, TreeHeader

_STEPS = swap.Steps()


def compare(root: Path, files: Mapping[str, OwnedFile], header: TreeHeader, *, keep: Keep | None = None) -> Changes:
    """Return how the files differ from the tree at root = <workspace>/output/<platform>/<environment>; write nothing.

    keep says of a path in the old inventory that this run did not render it: such files stay, with their lines.
    Raises GenError for a path that is none of a tree, for what stands in the way, for a file that cannot be read.
    """
    _refuse_links(root)
    with _naming_remedy(root):
        return examine(root, files, header, keep).changes


def write(
    root: Path,
    files: Mapping[str, OwnedFile],
    header: TreeHeader,
    *,
    force: bool,
    keep: Keep | None = None,
    steps: swap.Steps = _STEPS,
) -> Changes:
    """Make the tree at `root` hold the files, all at once, and return what that changed; see compare for the rest.

    Nothing is written when nothing differs, and without `force` nothing when files were edited by hand. Foreign files
    (in no inventory) stay. A kill at any moment leaves the old tree or the new one; the next run cleans up.
    """
    _refuse_links(root)
    with _naming_remedy(root):
        root.parent.mkdir(parents=True, exist_ok=True)
        _refuse_links(root)
        with _locked(root):
            swap.recover(root)
            steps.checkpoint("recovered")
            compared = examine(root, files, header, keep)
            changes = compared.changes
            if not changes or (changes.edited and not force):
                return changes
            try:
                stage.build(swap.stage_of(root), root, compared, steps.checkpoint)
                swap.swap_in(root, steps)
            except (OSError, GenError):
                # The disk is full, say: what was staged only makes it worse. The error is what matters, not this.
                with suppress(OSError):
                    swap.recover(root)
                raise
            return changes


def _refuse_links(root: Path) -> None:
    """Raise GenError when output/<platform>/<environment> leads out of the workspace, or is a link itself."""
    workspace = root.parents[2].resolve()
    if root.is_symlink():
        raise GenError(f"{root}: a rendered tree cannot be a symbolic link. Replace it by a folder.")
    if not root.parent.resolve().is_relative_to(workspace):
        raise GenError(f"{root.parent}: a symbolic link leads out of the workspace. Replace it by a folder.")
    if root.exists() and not root.is_dir():
        raise GenError(f"{root}: a file stands where the tree has to be. Move it away.")


@contextmanager
def _locked(root: Path) -> Iterator[None]:
    """Hold the platform's folder against a second writer. The lock is the folder's own: nothing is left behind."""
    descriptor = os.open(root.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise GenError(
            f"another gen render is writing {root.parent}. Wait for it to end, then render again."
        ) from error
    try:
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _naming_remedy(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error)
        raise GenError(
            f"{root}: cannot be read or written ({what}). Check its permissions and the free space."
        ) from error
