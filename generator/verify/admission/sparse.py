"""Copies etcd's data without the zeros: its log is 64 MB from the start, of which a few are written."""

from pathlib import Path

_CHUNK = 1 << 16
_ZEROS = bytes(_CHUNK)


def copy_tree(source: Path, target: Path) -> None:
    """Copy a folder's files, of mode 0600 in folders of mode 0700, leaving holes where the source has only zeros."""
    target.mkdir(mode=0o700, parents=True)
    for entry in sorted(source.iterdir()):
        if entry.is_dir():
            copy_tree(entry, target / entry.name)
        elif entry.suffix != ".tmp":  # a log that is prepared for later
            _copy_file(entry, target / entry.name)


def _copy_file(source: Path, target: Path) -> None:
    with source.open("rb") as reader, target.open("wb") as writer:
        target.chmod(0o600)
        while chunk := reader.read(_CHUNK):
            if chunk == _ZEROS[: len(chunk)]:
                writer.seek(len(chunk), 1)
            else:
                writer.write(chunk)
        writer.truncate(writer.tell())
