"""inventory.json: who owns which file of a tree. One sorted line an entry and no totals, so that git merges it."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from generator.base.errors import GenError
from generator.tree.files import INVENTORY, OwnedFile, TreeHeader, check_path
from generator.tree.scan import read_bytes

_LINE = re.compile(r'("[^"]+"): (\{"sha256".*\}),?').fullmatch
_HASH = re.compile(r"[0-9a-f]{64}").fullmatch
_KEYS = ("sha256", "unit", "input")


@dataclass(frozen=True, slots=True)
class Entry:
    """What the inventory says of a file: the hash of its bytes, its unit, the hash of the unit's input."""

    sha256: str
    unit: str
    input: str


@dataclass(frozen=True, slots=True)
class Inventory:
    """The entries by path. damaged says why the inventory can't be trusted, and is empty when it can."""

    entries: Mapping[str, Entry]
    damaged: str = ""
    content: bytes | None = None


def entry_of(file: OwnedFile) -> Entry:
    """Return the entry of a rendered file."""
    return Entry(hashlib.sha256(file.content).hexdigest(), file.owner, file.input_hash)


def dump(header: TreeHeader, entries: Mapping[str, Entry]) -> bytes:
    """Return the inventory's bytes."""
    quoted: dict[str, str] = {}  # the same units and hashes come again and again
    lines = []
    for path in sorted(entries):
        entry = entries[path]
        unit = quoted.get(entry.unit) or quoted.setdefault(entry.unit, json.dumps(entry.unit))
        given = quoted.get(entry.input) or quoted.setdefault(entry.input, json.dumps(entry.input))
        lines.append(f'"{path}": {{"sha256": "{entry.sha256}", "unit": {unit}, "input": {given}}}')
    head = "".join(f"{json.dumps(key)}: {json.dumps(value)},\n" for key, value in asdict(header).items())
    body = ",\n".join(lines)
    return f'{{\n{head}"files": {{\n{body}\n}}\n}}\n'.encode()


def load(root: Path) -> Inventory:
    """Return the inventory of the tree at `root`: empty when there is none, what can be saved of a damaged one."""
    content = read_bytes(root / INVENTORY)
    if content is None:
        return Inventory({})
    try:
        text = content.decode()
        return Inventory(_entries(json.loads(text)), content=content)
    except (ValueError, TypeError, KeyError, RecursionError, GenError):
        text = content.decode(errors="replace")
        return Inventory(_saved(text), _damage(text), content)


def asked_forms(root: Path) -> tuple[str, ...] | None:
    """Return the forms that the command line asked for when the tree at `root` was rendered; None: the spec decided."""
    content = read_bytes(root / INVENTORY)
    try:
        document = json.loads(content or b"{}")
    except (ValueError, RecursionError):
        return None  # what is damaged is said when the tree is compared
    asked = document.get("asked") if isinstance(document, dict) else None
    return tuple(form for form in asked if isinstance(form, str)) if isinstance(asked, list) else None


def _entries(document: Any) -> dict[str, Entry]:
    entries = {}
    if not isinstance(document["files"], dict):
        raise TypeError(document)
    for path, entry in document["files"].items():
        check_path(path)  # a path that leads out of the tree must never be read, let alone removed
        sha256, unit, given = (str(entry[key]) for key in _KEYS)
        if path == INVENTORY or not _HASH(sha256):
            raise ValueError(path)
        entries[path] = Entry(sha256, unit, given)
    return entries


def _saved(text: str) -> dict[str, Entry]:
    """Return the entries of the lines that are still whole, of both sides of a merge conflict."""
    entries: dict[str, Entry] = {}
    for line in text.splitlines():
        match = _LINE(line)
        if match:
            try:
                entries |= _entries({"files": {json.loads(match[1]): json.loads(match[2])}})
            except (ValueError, TypeError, KeyError, GenError):
                continue  # one more line that says nothing
    return entries


def _damage(text: str) -> str:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith(("<<<<<<<", "=======", ">>>>>>>")):
            return f"{INVENTORY} has the markers of a merge conflict on line {number}"
    return f"{INVENTORY} is not as gen writes it"
