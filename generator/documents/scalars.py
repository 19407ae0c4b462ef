"""What a plain YAML scalar means: the YAML 1.2 core schema, minus everything that another reader takes differently.

A reader of YAML 1.1 (PyYAML, Go's yaml.v2 and v3 in part, Ruby) and one of YAML 1.2 disagree over words such as `no`,
`012` and `1e3`. Neither meaning is chosen silently: such a scalar is an `Ambiguous`, and has to be quoted.
"""

import math
import re
from dataclasses import dataclass

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """A plain scalar that YAML readers disagree over, or that no value can hold: what is wrong, and what to do."""

    message: str
    hint: str
    rule: str = "yaml/ambiguous"


KEYWORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
"""The words that every reader takes alike."""

_BOOLEANS_OF_1_1 = frozenset(
    spelling for word in ("y", "yes", "n", "no", "on", "off") for spelling in (word, word.capitalize(), word.upper())
)
_NUMERIC_START = frozenset("0123456789+-.")
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)|0x[0-9a-fA-F]+").fullmatch
_FLOAT = re.compile(r"(?:[-+]?[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+][0-9]+)?").fullmatch
_INFINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)").fullmatch
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+").fullmatch
_EXPONENT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?").fullmatch
_RADIX = re.compile(r"[-+]?0(?:[bB][01]+|[oO][0-7]+|[xX][0-9a-fA-F]+)").fullmatch
_SEXAGESIMAL = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?").fullmatch
_TIMESTAMP = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt \t].*)?", re.DOTALL).fullmatch
_INT_LIMIT = 2**63


def resolve(text: str) -> Scalar | Ambiguous:
    """Return the value of a plain scalar, or why it has none that all readers share."""
    if text in KEYWORDS:
        return KEYWORDS[text]
    if text[0] in _NUMERIC_START:
        return _number(text)
    if text in _BOOLEANS_OF_1_1:
        return Ambiguous(f"'{text}' is a boolean to some YAML readers and a string to others.", "Quote it.")
    if text == "<<":
        return Ambiguous("'<<' merges a mapping for some YAML readers and is a key to others.", "Write the keys out.")
    if text == "=":
        return Ambiguous("'=' is a special value to some YAML readers and a string to others.", "Quote it.")
    return text


def _number(text: str) -> Scalar | Ambiguous:
    if _INT(text):
        # Python refuses to convert more than 4,300 digits, and takes long over somewhat fewer.
        value = int(text, 0) if len(text) <= 20 else _INT_LIMIT
        return value if -_INT_LIMIT <= value < _INT_LIMIT else _beyond(text, "is beyond 64 bits")
    if _FLOAT(text):
        number = float(text)
        return number if math.isfinite(number) else _beyond(text, "is too large for a number")
    if _INFINITE(text):
        return _beyond(text, "is no number that JSON can hold")
    return _ambiguous_number(text) or text


def _beyond(text: str, why: str) -> Ambiguous:
    return Ambiguous(f"'{short(text)}' {why}.", "Quote it if it is a string.", rule="yaml/number")


def _ambiguous_number(text: str) -> Ambiguous | None:
    """Return why `text` is a number to one reader only, or None when it is a string to all."""
    shown = short(text)
    if _TIMESTAMP(text):
        return Ambiguous(f"'{shown}' is a date to some YAML readers and a string to others.", "Quote it.")
    if _SEXAGESIMAL(text):
        return Ambiguous(f"'{shown}' is a number of base 60 to some YAML readers and a string to others.", "Quote it.")
    digits = text.replace("_", "")
    if _LEADING_ZERO(digits):
        return Ambiguous(
            f"'{shown}' is an octal number to some YAML readers and a decimal number to others.",
            "Quote it, or write it without the leading zero.",
        )
    if _RADIX(digits):
        return Ambiguous(
            f"'{shown}' is an integer to some YAML readers and a string to others.", "Quote it, or write it in decimal."
        )
    if _EXPONENT(digits):
        return Ambiguous(
            f"'{shown}' is a number to some YAML readers and a string to others.",
            "Quote it, or write it out: digits with at most one point.",
        )
    return None


def short(text: str) -> str:
    """Return what is shown of a text that the user wrote: all of it, or its beginning, on one line."""
    text = text.replace("\n", "\\n")
    return text if len(text) <= 40 else f"{text[:37]}..."
