"""A component's objects in every region, as the Kustomize form reads them: without header, parsed once if at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from generator.base.problem import ObjectRef
from generator.deliver.document import Document

Tree = dict[str, Any]


def body(document: Document) -> bytes:
    """Return the object's text without the comments at its head: they name the region."""
    text = document.content
    while text.startswith(b"#"):
        text = text.partition(b"\n")[2]
    return text


def same(one: object, other: object) -> bool:
    """Say whether two values are the same to every reader: 1 is neither 1.0 nor true, and lists have an order."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other


@dataclass(frozen=True, slots=True)
class Source:
    """A component's documents: region → identity → document, regions in the platform's order.

    Parsed trees are kept by text, because most objects are alike in all regions; who changes one copies it first.
    """

    documents: Mapping[str, Mapping[ObjectRef, Document]]
    _parsed: dict[bytes, Tree] = field(default_factory=dict)

    @classmethod
    def of(cls, documents: Mapping[str, Sequence[Document]]) -> "Source":
        """Return the documents by identity."""
        return cls({region: {each.object: each for each in found} for region, found in documents.items()})

    @property
    def regions(self) -> tuple[str, ...]:
        """Return the component's regions; the first is the one whose objects the base holds."""
        return tuple(self.documents)

    def first(self, ref: ObjectRef) -> Document:
        """Return the document of an object in the base's region."""
        return self.documents[self.regions[0]][ref]

    def tree(self, document: Document) -> Tree:
        """Return the parsed object of a document."""
        text = body(document)
        if text not in self._parsed:
            self._parsed[text] = yaml.load(text, Loader=yaml.CSafeLoader)
        return self._parsed[text]

    def everywhere(self) -> list[ObjectRef]:
        """Return the objects that all regions have, sorted."""
        common = set.intersection(*(set(found) for found in self.documents.values())) if self.documents else set()
        return sorted(common)

    def differs(self, ref: ObjectRef, region: str) -> bool:
        """Say whether an object of all regions means something else in this region than in the first."""
        first, here = self.first(ref), self.documents[region][ref]
        return body(first) != body(here) and not same(self.tree(first), self.tree(here))
