"""Reads what kubeconform says of an invalid object: its text is a tree, its `validationErrors` only the top of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_ENTRY = re.compile(r"(?P<indent> +)- at '(?P<pointer>(?:[^'\\]|\\.)*)'(?: \[[^\]]*\])?: ")
_UNKNOWN = re.compile(r"additional propert(?:y|ies) (?P<names>.*) not allowed")
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'")
_ESCAPE = re.compile(r"\\(.)")
_ALTERNATIVES = re.compile(r"'(?:anyOf|oneOf)' failed")


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake: the keys and indexes that lead to it, what is wrong, whether the last key is an unknown field."""

    path: tuple[str, ...]
    message: str
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class _Entry:
    depth: int
    pointer: str
    text: str


def findings(said: str) -> tuple[Finding, ...]:
    """Return the mistakes in kubeconform's message; empty when the message is not in the form that is known."""
    return tuple(_read(_entries(said)))


def _entries(said: str) -> list[_Entry]:
    marks = list(_ENTRY.finditer(said))
    ends = [*(mark.start() for mark in marks[1:]), len(said)]
    return [
        # A level is two spaces; one more stands where the line ended.
        _Entry((len(mark["indent"]) - 1) // 2, mark["pointer"], said[mark.end() : end].strip())
        for mark, end in zip(marks, ends, strict=False)
    ]


def _read(entries: list[_Entry]) -> Iterator[Finding]:
    position = 0
    while position < len(entries):
        entry = entries[position]
        position += 1
        below = position
        while below < len(entries) and entries[below].depth > entry.depth:
            below += 1
        if _ALTERNATIVES.match(entry.text):
            # What each alternative lacks says little by itself: one finding for all of them.
            branches = "; ".join(dict.fromkeys(found.message for found in _read(entries[position:below])))
            yield Finding(_tokens(entry.pointer), f"{entry.text}: {branches}" if branches else entry.text)
            position = below
        elif below == position:
            yield from _leaf(entry)


def _leaf(entry: _Entry) -> Iterator[Finding]:
    path = _tokens(entry.pointer)
    unknown = _UNKNOWN.fullmatch(entry.text)
    if not unknown:
        yield Finding(path, entry.text)
        return
    for name in _QUOTED.findall(unknown["names"]):
        yield Finding((*path, _ESCAPE.sub(r"\1", name)), "unknown field", unknown=True)


def _tokens(pointer: str) -> tuple[str, ...]:
    plain = _ESCAPE.sub(r"\1", pointer)
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in plain.split("/")[1:])
