"""Total look-ups in parsed manifests: what is absent or of another type reads as empty, since a schema judges types.

Exact types are asked for, not isinstance: readers make plain dicts and lists, and rules look millions of times.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Value: TypeAlias = Any
"""What YAML holds: a dict with string keys, a list, a string, a number, a boolean or None."""

Path: TypeAlias = tuple[str | int, ...]

_NOTHING: Mapping[str, Any] = {}


def dig(value: Value, *path: str | int) -> Value:
    """Return what lies at a path of keys and indexes, or None."""
    for step in path:
        if type(value) is dict:
            value = value.get(step)  # no key is a number
        elif type(value) is list and isinstance(step, int) and 0 <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def mapping(value: Value, *path: str | int) -> Mapping[str, Any]:
    """Return the mapping at a path, or an empty one."""
    found = dig(value, *path)
    return found if type(found) is dict else _NOTHING


def items(value: Value, *path: str | int) -> Sequence[Any]:
    """Return the list at a path, or an empty one."""
    found = dig(value, *path)
    return found if type(found) is list else ()


def mappings(value: Value, *path: str | int) -> Sequence[tuple[int, Mapping[str, Any]]]:
    """Return (index, item) of every item of the list at a path that is a mapping."""
    return [(index, item) for index, item in enumerate(items(value, *path)) if isinstance(item, dict)]


def strings(value: Value, *path: str | int) -> Sequence[str]:
    """Return the strings among the items of the list at a path."""
    return [item for item in items(value, *path) if isinstance(item, str)]


def text(value: Value, *path: str | int) -> str:
    """Return the string at a path, or ""."""
    found = dig(value, *path)
    return found if isinstance(found, str) else ""


def integer(value: Value, *path: str | int) -> int | None:
    """Return the integer at a path, or None; a boolean is none."""
    found = dig(value, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def flag(value: Value, *path: str | int, default: bool = False) -> bool:
    """Return the boolean at a path, or the default."""
    found = dig(value, *path)
    return found if isinstance(found, bool) else default


def labels(value: Value, *path: str | int) -> Mapping[str, str]:
    """Return the entries of the mapping at a path whose values are strings."""
    return {key: item for key, item in mapping(value, *path).items() if isinstance(item, str)}
