"""Compares two objects: mappings whatever their order, lists in order, types strictly, numbers by their value.

A number is compared as the API server gets it: kubectl and Argo CD turn YAML into JSON, where 1.0 becomes 1 and 1e+06
becomes 1000000. So 1 and 1.0 are equal; true and 1 are not, nor "1" and 1, nor null and a key that is not there.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from generator.manifests.values import Path, Value

ABSENT: Any = object()
"""Stands for the value of a key or an item that one of the two has not."""

_SHOWN = 70
"""Characters of a value that a message shows."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A place at which two objects differ, and what each has there (ABSENT: nothing)."""

    path: Path
    expected: Value
    found: Value


def equal(expected: Value, found: Value) -> bool:
    """Say whether two values mean the same to the API server."""
    kind = type(expected)
    if kind is dict:
        return (
            type(found) is dict
            and len(expected) == len(found)
            and all(key in found and equal(value, found[key]) for key, value in expected.items())
        )
    if kind is list:
        return type(found) is list and len(expected) == len(found) and all(map(equal, expected, found))
    if type(found) is kind:
        return bool(expected == found)
    return _number(expected) and _number(found) and bool(expected == found)


def differences(expected: Value, found: Value, path: Path = ()) -> Iterator[Difference]:
    """Yield the smallest places at which two values differ."""
    if type(expected) is dict and type(found) is dict:
        for key in (*expected, *(key for key in found if key not in expected)):
            yield from differences(expected.get(key, ABSENT), found.get(key, ABSENT), (*path, key))
    elif type(expected) is list and type(found) is list:
        for index in range(max(len(expected), len(found))):
            here = expected[index] if index < len(expected) else ABSENT
            there = found[index] if index < len(found) else ABSENT
            yield from differences(here, there, (*path, index))
    elif not equal(expected, found):
        yield Difference(path, expected, found)


def shown(difference: Difference) -> tuple[str, str]:
    """Return what a message says of the two values; of long texts the part around the first character that differs."""
    expected, found = (_text(value) for value in (difference.expected, difference.found))
    if max(len(expected), len(found)) <= _SHOWN:
        return expected, found
    pairs = zip(expected, found, strict=False)
    first = next((at for at, (here, there) in enumerate(pairs) if here != there), min(len(expected), len(found)))
    start = max(0, first - 15)
    return _window(expected, start), _window(found, start)


def _number(value: Value) -> bool:
    return type(value) is int or type(value) is float


def _text(value: Value) -> str:
    return "nothing" if value is ABSENT else json.dumps(value, ensure_ascii=False)


def _window(text: str, start: int) -> str:
    if start >= len(text) or text == "nothing":
        start = 0
    end = start + _SHOWN
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"
