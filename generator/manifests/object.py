"""A Kubernetes object as it was read from a file, with its place and its identity."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from generator.base.problem import ObjectRef
from generator.manifests import values


@dataclass(frozen=True, slots=True)
class Place:
    """Where an object stands: the file, its name in problems, the document in it and the path into a List (from 0)."""

    file: Path
    shown: str
    document: int = 0
    within: values.Path = ()


@dataclass(frozen=True, eq=False)  # no slots: what is worked out is kept
class Object:
    """An object; namespace is the one it lands in ("" when its kind is cluster-scoped), value must not be changed."""

    place: Place
    value: Mapping[str, Any] = field(repr=False)
    group: str
    version: str
    kind: str
    namespace: str
    name: str

    def ref(self) -> ObjectRef:
        """Return the object's identity."""
        return ObjectRef(self.group, self.kind, self.namespace, self.name)

    def __str__(self) -> str:
        return str(self.ref())

    def dig(self, *path: str | int) -> values.Value:
        """Return what lies at a path of keys and indexes, or None."""
        return values.dig(self.value, *path)

    def mapping(self, *path: str | int) -> Mapping[str, Any]:
        """Return the mapping at a path, or an empty one."""
        return values.mapping(self.value, *path)

    def mappings(self, *path: str | int) -> Sequence[tuple[int, Mapping[str, Any]]]:
        """Return (index, item) of every item of the list at a path that is a mapping."""
        return values.mappings(self.value, *path)

    def strings(self, *path: str | int) -> Sequence[str]:
        """Return the strings in the list at a path."""
        return values.strings(self.value, *path)

    def text(self, *path: str | int) -> str:
        """Return the string at a path, or ""."""
        return values.text(self.value, *path)

    def integer(self, *path: str | int) -> int | None:
        """Return the integer at a path, or None."""
        return values.integer(self.value, *path)

    @cached_property
    def flat(self) -> str:
        """The object as one line of JSON: what holds no trace of something there need not be walked for it."""
        return json.dumps(self.value, ensure_ascii=False)

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """The object's own labels."""
        return values.labels(self.value, "metadata", "labels")

    @cached_property
    def annotations(self) -> Mapping[str, str]:
        """The object's annotations."""
        return values.labels(self.value, "metadata", "annotations")
