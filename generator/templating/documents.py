"""Rendered text cut into documents, and the identity of each, read without parsing: templates put it where we look."""

import re

from generator.base.errors import GenError

_HAS_CONTENT = re.compile(r"^ *[^#\s]", re.MULTILINE).search
_SEPARATOR = re.compile(r"^---\n", re.MULTILINE)
_HEAD = re.compile(
    r"^apiVersion: (.+)\n(?:#.*\n|\n)*kind: (.+)\n(?:#.*\n|\n)*metadata:\n((?:(?: .*|#.*)?\n)+)", re.MULTILINE
)
_NAME = re.compile(r"^  name: (.+)", re.MULTILINE)
_NAMESPACE = re.compile(r"^  namespace: (.+)", re.MULTILINE)
_ESCAPE = re.compile(r'\\(?:u([0-9A-F]{4})|(["\\nt]))')
_SHORT_ESCAPES = {"n": "\n", "t": "\t"}


def split(text: str) -> list[str]:
    """Return the documents of a rendered text, cut at lines that are exactly `---`, but for those without content."""
    parts = _SEPARATOR.split(text) if "---\n" in text else [text]
    return [part for part in parts if _HAS_CONTENT(part)]


def identity(text: str) -> tuple[str, str, str, str]:
    """Return apiVersion, kind, namespace ("" if it has none) and name of a document that the engine or dump() wrote."""
    head = _HEAD.search(text)
    name = _NAME.search(head[3]) if head else None
    if head is None or name is None:
        raise GenError(
            "a document does not begin with apiVersion, kind and metadata with a name. "
            "Let 'metadata' of its template be a mapping that has a name."
        )
    namespace = _NAMESPACE.search(head[3])
    return _decode(head[1]), _decode(head[2]), _decode(namespace[1]) if namespace else "", _decode(name[1])


def _decode(text: str) -> str:
    """Return the string that a scalar on one line stands for, in the forms that quote() writes and templates hold."""
    if text[0] == "|":
        raise GenError("what identifies an object has several lines. Let it be a name.")
    if text[0] == '"':
        return _ESCAPE.sub(_unescaped, text[1:-1])
    if text[0] == "'":
        return text[1:-1].replace("''", "'")
    return text


def _unescaped(match: re.Match[str]) -> str:
    return chr(int(match[1], 16)) if match[1] else _SHORT_ESCAPES.get(match[2], match[2])
