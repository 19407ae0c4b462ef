"""Values as YAML text: typed scalars, and mappings and sequences as blocks at a given column."""

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

from generator.templating.quoting import ValueProblem, lines, one_line

_MAX_DEPTH = 100  # levels of nesting within one value
_MAX_PARTS = 2_000_000  # pieces of text within one value: about 10 MB
_MAX_DIGITS = 4000  # of a number: Python itself stops at 4,300
_SMALL = 10**18  # integers that need no look at their size
_MAX_KEY = 1024  # characters: YAML readers look no further for the ":"


def scalar(value: object) -> str:
    """Return the scalar on one line, as value or item: typed, and quoted only where a reader could mistake it.

    Raises ValueProblem for any other type, forbidden characters, infinities and NaN.
    """
    if isinstance(value, str):  # also a StrEnum or another subclass: its text, whatever its __str__ says
        return one_line(str.__str__(value))
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return _integer(value)
    if isinstance(value, float | Decimal):
        return _fraction(value)
    raise ValueProblem(
        "template/type",
        f"a value of type {type(value).__name__} cannot be written as YAML.",
        "Let Python pass text, a number, a boolean, null, a mapping or a sequence.",
    )


def block(value: object, indent: int) -> str:
    """Return the mapping or sequence as a block whose lines begin at column `indent` (0 is the first).

    The first line is indented too; no line break ends the text. A scalar, {} and [] stand on the one line.
    Raises ValueProblem as scalar() does, and for a key that is no string.
    """
    return " " * indent + item(value, indent)


def dump(document: Mapping[str, object]) -> str:
    """Return the whole document as YAML text that ends with a line break; keys keep their order."""
    return item(document, 0) + "\n"


def value(value: object, indent: int) -> str:
    """Return what follows `key:` for this value: " text", or a line break and a block at column `indent`."""
    if type(value) is str and "\n" not in value:
        return " " + one_line(value)
    if type(value) is int and -_SMALL < value < _SMALL:
        return f" {value}"
    parts: list[str] = []
    _add(parts, value, indent, " ", "\n" + " " * indent)
    return "".join(parts)


def item(value: object, indent: int) -> str:
    """Return the value as it follows `- ` whose next column is `indent`: further lines begin at that column."""
    if type(value) is str and "\n" not in value:
        return one_line(value)
    parts: list[str] = []
    _add(parts, value, indent, "", "")
    return "".join(parts)


def forget() -> None:
    """Empty the caches, for measurements that begin cold."""
    one_line.cache_clear()
    _known_key.cache_clear()


def key(value: object) -> str:
    """Return the key without its colon. Raises ValueProblem if it is no string or too long for YAML readers."""
    if not isinstance(value, str):
        raise ValueProblem(
            "template/key-type",
            f"a key of type {type(value).__name__} is no string.",
            "Keys of manifests are strings: convert it in Python.",
        )
    text = one_line(str.__str__(value))
    if len(text) > _MAX_KEY:
        raise ValueProblem(
            "template/long-key",
            f"a key takes {len(text)} characters, and YAML readers look no further than {_MAX_KEY} for its colon.",
            "Shorten the key.",
        )
    return text


_known_key = lru_cache(maxsize=8192)(key)


def _add(parts: list[str], value: object, indent: int, before_scalar: str, before_block: str) -> None:
    """Append the value, after what parts it from its key or dash: the further lines of a block begin at `indent`."""
    if type(value) is str and "\n" not in value:
        parts.append(before_scalar + one_line(value))
    elif isinstance(value, str):
        parts.append(before_scalar + _text(value, indent))
    elif isinstance(value, dict):
        _add_mapping(parts, value, indent, before_scalar, before_block)
    elif isinstance(value, list | tuple):
        _add_sequence(parts, value, indent, before_scalar, before_block)
    elif isinstance(value, Mapping):
        _add_mapping(parts, value, indent, before_scalar, before_block)
    else:
        parts.append(before_scalar + scalar(value))


def _add_mapping(
    parts: list[str], mapping: Mapping[str, object], indent: int, before_scalar: str, before_block: str
) -> None:
    if not mapping:
        parts.append(before_scalar + "{}")
        return
    _refuse_unbounded(parts, indent)
    start, further = before_block, "\n" + " " * indent
    deeper = further + "  "
    for name, entry in mapping.items():
        if type(entry) is str and "\n" not in entry:  # the frequent case, without another call
            parts.append(f"{start}{_known_key(name)}: {one_line(entry)}")
        else:
            parts.append(f"{start}{_known_key(name)}:")
            _add(parts, entry, indent + 2, " ", deeper)
        start = further


def _add_sequence(
    parts: list[str], sequence: Sequence[object], indent: int, before_scalar: str, before_block: str
) -> None:
    if not sequence:
        parts.append(before_scalar + "[]")
        return
    _refuse_unbounded(parts, indent)
    start, further = before_block, "\n" + " " * indent
    for entry in sequence:
        parts.append(start + "- ")
        _add(parts, entry, indent + 2, "", "")
        start = further


def _text(text: str, indent: int) -> str:
    """Return the string as a literal block if it has lines that every reader gives back, else on one line."""
    if "\n" in text:
        literal = lines(str.__str__(text), indent)
        if literal is not None:
            return literal
    return scalar(text)


def _integer(number: int) -> str:
    if number.bit_length() > _MAX_DIGITS * 3:
        raise ValueProblem(
            "template/number", f"an integer of {number.bit_length()} bits is too large.", "No manifest needs it."
        )
    return int.__repr__(number)


def _fraction(number: float | Decimal) -> str:
    """Return the number in fixed notation: readers of YAML 1.1 take 1e3 for a string."""
    finite = number.is_finite() if isinstance(number, Decimal) else math.isfinite(number)
    if not finite:
        raise ValueProblem("template/number", f"{number} is no number that JSON knows.", "Let Python pass a number.")
    exact = number if isinstance(number, Decimal) else Decimal(float.__repr__(number))
    if abs(exact.adjusted()) > _MAX_DIGITS or len(exact.as_tuple().digits) > _MAX_DIGITS:
        raise ValueProblem("template/number", "a number has too many digits.", "No manifest needs it.")
    text = format(exact, "f")
    return text if "." in text else text + ".0"


def _refuse_unbounded(parts: list[str], indent: int) -> None:
    """Stop at values that contain themselves, and at few values that are written out again and again."""
    if indent > 2 * _MAX_DEPTH:
        raise ValueProblem(
            "template/depth", f"a value is nested more than {_MAX_DEPTH} levels deep.", "Does it contain itself?"
        )
    if len(parts) > _MAX_PARTS:
        raise ValueProblem(
            "template/size", f"a value has more than {_MAX_PARTS} parts.", "Split it, or look for repeated references."
        )
