"""How a rendered tree differs from the one on disk."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from generator.base.errors import GenError
from generator.tree.files import INVENTORY, OwnedFile, TreeHeader, check_paths
from generator.tree.inventory import Entry, Inventory, dump, entry_of, load
from generator.tree.scan import Scan, read_bytes, refuse_obstacles, scan

Keep = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Changes:
    """Sorted POSIX paths relative to the tree, the inventory's own among them.

    edited: files on disk whose bytes are neither the inventory's nor the new ones: writing loses somebody's work;
    each is in changed or removed too. damaged: why the inventory can't be trusted (it is then in edited), or "".
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    edited: tuple[str, ...] = ()
    damaged: str = ""

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed or self.edited)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The changes with what is needed to make them: new content by path, what is on disk, what stays of it."""

    changes: Changes
    fresh: Mapping[str, bytes]
    found: Scan
    staying: tuple[str, ...]


def examine(root: Path, files: Mapping[str, OwnedFile], header: TreeHeader, keep: Keep | None) -> Comparison:
    """Compare the rendered files with the tree at `root`, which is not changed."""
    check_paths(files)
    found = scan(root)
    refuse_obstacles(root, found, (*files, INVENTORY))
    old = load(root)
    if keep is not None and found.files and (old.damaged or old.content is None):
        why = old.damaged or f"{INVENTORY} is missing"
        raise GenError(f"{root}: {why}, so the rest of the tree has no owner. Render all of it, with --force.")
    entries = {path: entry_of(file) for path, file in files.items()}
    stale = {path for path in old.entries if path not in files and not (keep and keep(path))}
    # Carried over with their lines: what this run was not asked to render.
    entries |= {path: entry for path, entry in old.entries.items() if path not in files and path not in stale}
    if len(entries) > len(files):
        check_paths(entries)
    inventory = dump(header, entries)
    fresh = {path: file.content for path, file in files.items() if path not in found.files}
    added = set(fresh)
    changed, edited = _differing(root, files, found, old, fresh)
    removed = stale & found.files
    edited |= {path for path in removed if _sha256(root, path) != old.entries[path].sha256}
    if inventory != old.content:
        fresh[INVENTORY] = inventory
        (added if old.content is None else changed).add(INVENTORY)
    if old.damaged:
        edited.add(INVENTORY)
    lists = [tuple(sorted(paths)) for paths in (added, changed, removed, edited)]
    changes = Changes(lists[0], lists[1], lists[2], lists[3], old.damaged)
    staying = tuple(sorted((found.files | found.others) - fresh.keys() - removed))
    return Comparison(changes, fresh, found, staying)


def _differing(
    root: Path, files: Mapping[str, OwnedFile], found: Scan, old: Inventory, fresh: dict[str, bytes]
) -> tuple[set[str], set[str]]:
    """Return the files that differ on disk, and those of them that are not as they were rendered; fill `fresh`."""
    changed: set[str] = set()
    edited: set[str] = set()
    trusted: Mapping[str, Entry] = {} if old.damaged else old.entries
    for path in files.keys() & found.files:
        content = files[path].content
        on_disk = read_bytes(f"{root}/{path}")
        if on_disk == content:
            continue
        fresh[path] = content
        changed.add(path)
        entry = trusted.get(path)
        if entry is None or hashlib.sha256(on_disk or b"").hexdigest() != entry.sha256:
            edited.add(path)
    return changed, edited


def _sha256(root: Path, path: str) -> str:
    return hashlib.sha256(read_bytes(f"{root}/{path}") or b"").hexdigest()
