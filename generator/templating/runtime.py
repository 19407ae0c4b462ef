"""What compiled templates call: look-ups that reach public data only, `~`, and what a `for` may walk."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from generator.templating import emit
from generator.templating.quoting import ValueProblem


def attribute(holder: object, name: str) -> object:
    """Return `holder.name`: an entry of a mapping, or public data of a dataclass or named tuple. Never a method."""
    if isinstance(holder, dict | MappingProxyType):
        if name in holder:
            return holder[name]
    elif name in _public_names(type(holder)):
        return getattr(holder, name)
    elif isinstance(holder, Mapping) and name in holder:
        return holder[name]
    raise _missing(holder, name)


def entry(holder: object, index: str | int) -> object:
    """Return `holder[index]` of a mapping (by name) or of a sequence (by position)."""
    if isinstance(holder, Mapping):
        if index in holder:
            return holder[index]
    elif isinstance(holder, list | tuple) and isinstance(index, int) and 0 <= index < len(holder):
        return holder[index]
    raise _missing(holder, index)


def join(*parts: object) -> str:
    """Return the parts of a `~` as one string; only strings and integers print the same in Python and in YAML."""
    texts = []
    for part in parts:
        if type(part) is not str:
            texts.append(_joinable(part))
        else:
            texts.append(part)
    return "".join(texts)


def checksum(value: object) -> str:
    """Return 16 hexadecimal digits of the SHA-256 of a value's JSON, as Go writes it: charts compute the same.

    https://pkg.go.dev/encoding/json#Marshal: keys sorted, no blanks, and <, >, &, U+2028 and U+2029 escaped.
    """
    try:
        text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    except TypeError:
        raise ValueProblem(
            "template/type",
            f"checksum() of a value of type {type(value).__name__}.",
            "Pass text, numbers, mappings and lists.",
        ) from None
    return hashlib.sha256(_ESCAPED_BY_GO.sub(_as_go_does, text).encode()).hexdigest()[:16]


_ESCAPED_BY_GO = re.compile("[<>&\u2028\u2029]")


def _as_go_does(match: re.Match[str]) -> str:
    return f"\\u{ord(match.group()):04x}"


_MAX_STEPS = 200_000  # of all loops in one rendering: as many as a document has values


def walk(values: object, steps: list[int]) -> Iterable[object]:
    """Return the values for a `for` to walk: sequences and the keys of mappings, whose length is known beforehand.

    steps: its one item counts what all loops of a rendering have walked: loops within loops multiply.
    """
    if isinstance(values, list | tuple | Mapping):
        steps[0] += len(values)
        if steps[0] > _MAX_STEPS:
            raise ValueProblem(
                "template/size",
                f"the loops of this template walk more than {_MAX_STEPS:,} values.",
                "Let Python pass what is to be written, in one list.",
            )
        return values
    raise ValueProblem(
        "template/type",
        f"'for' cannot walk a value of type {type(values).__name__}.",
        "Let Python pass a list, a tuple or a mapping.",
    )


def walk_pairs(values: object, steps: list[int]) -> Iterable[object]:
    """Return what a `for` with several names walks: of a mapping its keys with their values, as Go does, sorted."""
    walked = walk(values, steps)
    if not isinstance(values, Mapping):
        return walked
    return [(key, values[key]) for key in sorted(values, key=str)]


def new_key(value: object, present: set[object]) -> str:
    """Return the key's text and note it among the keys of its mapping; a key that is there already is refused."""
    text = emit.key(value)
    if value in present:
        raise ValueProblem(
            "template/duplicate-key", f"the key {text} is in this mapping already.", "Give each key of a mapping once."
        )
    present.add(value)
    return text


def _names(cls: Any) -> frozenset[str]:
    """Return the names of the public data of a class: fields of dataclasses and named tuples, and their properties."""
    if is_dataclass(cls):
        names = {field.name for field in fields(cls)}
    elif issubclass(cls, tuple) and hasattr(cls, "_fields"):
        names = set(cls._fields)
    else:
        return frozenset()
    names |= {name for base in cls.__mro__ for name, member in vars(base).items() if isinstance(member, property)}
    return frozenset(name for name in names if not name.startswith("_"))


_public_names: Callable[[type], frozenset[str]] = cache(_names)


def _joinable(part: object) -> str:
    if isinstance(part, str):
        return str.__str__(part)
    if isinstance(part, int) and not isinstance(part, bool):
        return emit.scalar(part)
    raise ValueProblem(
        "template/join",
        f"'~' cannot join a value of type {type(part).__name__}: it would print as Python, not as YAML.",
        "Join strings and integers only; let Python make the rest into a string.",
    )


def _missing(holder: object, name: str | int) -> ValueProblem:
    shown = f"'{name}'" if isinstance(name, str) else f"[{name}]"
    return ValueProblem(
        "template/undefined",
        f"{shown} is not defined in a value of type {type(holder).__name__}.",
        "Pass it from Python, or mend the name; a template reaches public data only.",
    )
