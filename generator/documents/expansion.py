"""How large a JSON Schema is once every reference is written out: what bounds the work of validating with it."""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]

_REFERENCES = ("$ref", "$dynamicRef")
_ANCHORS = ("$anchor", "$dynamicAnchor")


class UnboundedError(ValueError):
    """The schema contains itself, nests too deep to be counted, or renames its parts. The message has the remedy."""


def expansion(schema: Schema, documents: Mapping[str, Schema]) -> int:
    """Return the number of mappings in a schema, those behind a reference counted once more at each.

    documents: URI → schema, for references to other files. Raises UnboundedError when there is no such number.
    """
    uri = str(schema["$id"])
    try:
        return _Expansion(uri, {**documents, uri: schema}).size(schema, uri)
    except RecursionError:
        raise UnboundedError("its references lead too deep. Write out the levels that are needed.") from None


class _Expansion:
    __slots__ = ("anchors", "documents", "folder", "sizes")

    def __init__(self, uri: str, documents: Mapping[str, Schema]) -> None:
        self.documents = documents
        self.folder = uri.rpartition("/")[0]
        self.anchors: dict[tuple[str, str], Schema] = {}
        self.sizes: dict[int, int | None] = {}  # None while it is being counted
        for base, document in documents.items():
            for node in _mappings(document):
                if node is not document and isinstance(node.get("$id"), str):
                    # References below it would mean something else than they say.
                    raise UnboundedError("a part of it has an $id. Remove it, and refer to the part by #/$defs/<name>.")
                for word in _ANCHORS:
                    if isinstance(node.get(word), str):
                        self.anchors[base, node[word]] = node

    def size(self, node: object, base: str) -> int:
        """Return the size of a part of the schema at the URI `base`."""
        if isinstance(node, list):
            return sum(self.size(item, base) for item in node)
        if not isinstance(node, Mapping):
            return 0
        if id(node) not in self.sizes:
            self.sizes[id(node)] = None
            total = 1 + sum(self.size(child, base) for child in node.values())
            targets = (self.target(node[word], base) for word in _REFERENCES if isinstance(node.get(word), str))
            self.sizes[id(node)] = total + sum(self.size(*target) for target in targets)
        known = self.sizes[id(node)]
        if known is None:
            raise UnboundedError("it contains itself. Write out the levels that are needed.")
        return known

    def target(self, reference: str, base: str) -> tuple[object, str]:
        """Return what a reference means, and the URI of the file that it stands in."""
        file, _, fragment = reference.partition("#")
        there = f"{self.folder}/{file}" if file else base
        if fragment and not fragment.startswith("/"):
            return self.anchors.get((there, fragment)), there
        node: Any = self.documents.get(there)
        for part in fragment.split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            if isinstance(node, list):
                node = node[int(key)] if key.isdecimal() and int(key) < len(node) else None
            else:
                node = node.get(key) if isinstance(node, Mapping) else None
        return node, there


def _mappings(node: object) -> Iterator[Schema]:
    if isinstance(node, Mapping):
        yield node
    children = node.values() if isinstance(node, Mapping) else node if isinstance(node, list) else ()
    for child in children:
        yield from _mappings(child)
