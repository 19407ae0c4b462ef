"""Reads the objects in what a tool prints, and in manifests, as Kubernetes reads them; each distinct text once."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from generator.base.problem import ObjectRef
from generator.manifests import values
from generator.manifests.read import Note, read_documents

# A line that begins with three dashes ends a document, whatever stands before it: no scalar can hold such a line.
_MARK = re.compile(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_PREFACE = re.compile(r"(?:[ \t\r]*(?:#[^\n]*)?\n)*(?:#[^\n]*\Z)?")
_SOURCE = re.compile(r"^# Source: (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Text:
    """One document as text: without the comments above it; source is the template that helm names there, or ""."""

    body: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """An object with its text, what the reader noted about the text, and where it comes from."""

    ref: ObjectRef
    value: Mapping[str, Any] = field(repr=False)
    body: str = field(repr=False)
    source: str = ""
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A document that is no object, and why."""

    why: str
    source: str = ""


def split(text: str) -> Iterator[Text]:
    """Yield the documents in a text that are not empty."""
    for chunk in _MARK.split(text):
        preface = _PREFACE.match(chunk)
        end = preface.end() if preface else 0
        if not chunk[end:].isspace() and chunk[end:]:
            source = _SOURCE.search(chunk, 0, end)
            # Line breaks at the end stay: they matter to a block scalar that keeps them (`|+`).
            yield Text(chunk[end:], source[1].strip() if source else "")


@dataclass(slots=True)
class Reader:
    """Reads texts, each distinct one once: what regions share is read once. Not for several threads."""

    known: dict[str, tuple[Mapping[str, Any], tuple[Note, ...]] | str] = field(default_factory=dict)

    def item(self, text: Text) -> Item | Unreadable:
        """Return the object in a document."""
        found = self.known.get(text.body)
        if found is None:
            found = self.known[text.body] = _read(text.body)
        if isinstance(found, str):
            return Unreadable(found, text.source)
        value, notes = found
        return Item(_reference(value), value, text.body, text.source, notes)

    def manifest(self, path: str, content: bytes) -> Item | Unreadable:
        """Return the object in a manifest; its source is the manifest's path."""
        try:
            texts = list(split(content.decode("utf-8")))
        except UnicodeDecodeError:
            return Unreadable("it is not UTF-8", path)
        if len(texts) != 1:
            return Unreadable(f"{len(texts)} documents stand where one object belongs", path)
        return self.item(Text(texts[0].body, path))


def _read(body: str) -> tuple[Mapping[str, Any], tuple[Note, ...]] | str:
    """Return the mapping that the text holds with the notes on it, or why it holds none."""
    reading = read_documents(body.encode("utf-8", "surrogateescape"))
    fatal = [note.message.rstrip(".") for note in reading.notes if note.rule.startswith("manifests/")]
    if fatal:
        return fatal[0]
    if len(reading.documents) != 1 or not isinstance(reading.documents[0], dict):
        return "this is no object"
    if reading.merges and not _merges_mappings(yaml.compose(body, yaml.CSafeLoader)):
        # kustomize prints a key of that name without quotes, and kubectl takes that for a merge.
        return "the key '<<' stands there without quotes and has no mapping to merge, which kubectl refuses"
    return reading.documents[0], reading.notes


def _reference(value: Mapping[str, Any]) -> ObjectRef:
    group, slash, _ = values.text(value, "apiVersion").partition("/")
    metadata = values.mapping(value, "metadata")
    name = values.text(metadata, "name")
    return ObjectRef(group if slash else "", values.text(value, "kind"), values.text(metadata, "namespace"), name)


def _merges_mappings(node: yaml.Node | None) -> bool:
    """Say whether every merge key below a node merges a mapping or a list of mappings."""
    if isinstance(node, yaml.SequenceNode):
        return all(map(_merges_mappings, node.value))
    if not isinstance(node, yaml.MappingNode):
        return True
    for key, value in node.value:
        if key.tag == "tag:yaml.org,2002:merge":
            merged = value.value if isinstance(value, yaml.SequenceNode) else [value]
            if not all(isinstance(item, yaml.MappingNode) for item in merged):
                return False
        if not _merges_mappings(value):
            return False
    return True
