"""A rendered document: one object and where it stands in the tree."""

from dataclasses import dataclass

from generator.base.problem import ObjectRef


@dataclass(frozen=True, slots=True)
class Document:
    """One object: path within the tree, its bytes, what it is, and the unit that owns it."""

    path: str
    content: bytes
    object: ObjectRef
    owner: str
    input_hash: str
