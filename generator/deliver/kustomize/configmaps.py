"""ConfigMaps that are made of files: the files as such beside the kustomization, and a generator that names them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generator.deliver.document import Document
from generator.deliver.kustomize.limits import is_no_string
from generator.deliver.kustomize.source import Tree, body

Generator = dict[str, Any]
# Keys of a ConfigMap that are a file's name on every system, and that no tool takes for a folder of its own.
_is_file_name = re.compile(r"(?!\.{1,2}$|\.git$)[A-Za-z0-9._-]{1,255}", re.IGNORECASE).fullmatch
_FIELDS = frozenset({"apiVersion", "kind", "metadata", "data", "immutable"})
_METADATA = frozenset({"name", "namespace", "labels", "annotations"})


@dataclass(frozen=True, slots=True)
class Generated:
    """What a generator brings along: its entry, and the files by their path beside the kustomization."""

    entry: Generator
    files: Mapping[str, str]


def has_lines(document: Document) -> bool:
    """Say, without parsing, whether a ConfigMap may hold a text of several lines."""
    text = body(document)
    return document.object.kind == "ConfigMap" and not document.object.group and (b"|" in text or b"\\n" in text)


def is_of_files(trees: Sequence[Tree]) -> bool:
    """Say whether a ConfigMap, as each region has it, is one of files, and a generator can make all of it."""
    return any("\n" in value for tree in trees for value in _texts(tree)) and all(map(_can_be_made, trees))


def _texts(tree: Tree) -> Iterator[str]:
    data = tree.get("data")
    yield from (value for value in (data if isinstance(data, dict) else {}).values() if isinstance(value, str))


def _can_be_made(tree: Tree) -> bool:
    metadata, data = tree["metadata"], tree.get("data")
    return (
        tree.keys() <= _FIELDS
        and metadata.keys() <= _METADATA
        and isinstance(data, dict)
        and bool(data)
        and all(_is_file_name(key) and not is_no_string(key) and isinstance(value, str) for key, value in data.items())
        and len({key.lower() for key in data}) == len(data)
        and all(_is_words(metadata.get(field, {"a": ""})) for field in ("labels", "annotations"))
        and tree.get("immutable", True) is True
        and bool(metadata.get("namespace", "-"))
    )


def _is_words(value: object) -> bool:
    return (
        isinstance(value, dict)
        and bool(value)
        and all(isinstance(each, str) and not is_no_string(name) for name, each in value.items())
    )


def made(tree: Tree, folder: str) -> Generated:
    """Return the generator of a whole ConfigMap, with its files in a folder below files/."""
    metadata = {field: _words(tree, field) for field in ("labels", "annotations")}
    return _generated(tree, folder, tree["data"], metadata, "")


def changed(base: Tree, target: Tree, folder: str) -> Generated | None:
    """Return the generator that makes a region's ConfigMap of the base's; None where kustomize could not do that.

    Kustomize merges labels and annotations whatever the behaviour: none of them can go away.
    """
    metadata = {}
    for field in ("labels", "annotations"):
        before, after = _words(base, field), _words(target, field)
        if not before.keys() <= after.keys():
            return None
        metadata[field] = {key: value for key, value in after.items() if before.get(key) != value}
    data = target["data"]
    whole = not base["data"].keys() <= data.keys()
    if not whole:
        data = {key: value for key, value in data.items() if base["data"].get(key) != value}
    return _generated(target, folder, data, metadata, "replace" if whole else "merge")


def _words(tree: Tree, field: str) -> Mapping[str, str]:
    words: Mapping[str, str] = tree["metadata"].get(field, {})
    return words


def _generated(
    tree: Tree, folder: str, data: Mapping[str, str], words: Mapping[str, Mapping[str, str]], behavior: str
) -> Generated:
    metadata = tree["metadata"]
    files = {f"files/{folder}/{key}": value for key, value in sorted(data.items())}
    fields = {
        "name": metadata["name"],
        "namespace": metadata.get("namespace"),
        "behavior": behavior,
        "files": list(files),
    }
    options = {
        # The checksum on the pods restarts them in every form; a name that changes would do so in this one only.
        "disableNameSuffixHash": True,
        "immutable": tree.get("immutable"),
        **words,
    }
    entry = {field: value for field, value in fields.items() if value}
    return Generated(entry | {"options": {name: value for name, value in options.items() if value}}, files)
