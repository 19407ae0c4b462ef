"""What is rendered: objects, one a file, and the files around them that are no objects."""

from dataclasses import dataclass

from generator.base.problem import ObjectRef


@dataclass(frozen=True, slots=True)
class Document:
    """One object: path within the tree, its bytes, what it is, the unit that owns it, and its template's name."""

    path: str
    content: bytes
    object: ObjectRef
    owner: str
    input_hash: str
    template: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """A file that is no object of a cluster (a README, a chart, a kustomization): its path, its bytes, its owner."""

    path: str
    content: bytes
    owner: str
    input_hash: str
