"""Quantities, percentages and durations as Kubernetes writes them: parsed exactly, None for what it refuses."""

import re
from fractions import Fraction
from math import ceil

from generator.manifests import values

# apimachinery resource.Quantity: a signed decimal with a binary or decimal suffix or an exponent.
_QUANTITY = re.compile(
    r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:([eE][+-]?[0-9]{1,2})|([KMGTPE]i|[numkMGTPE]))?"
).fullmatch
_SUFFIXES = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    "k": Fraction(10**3),
    "M": Fraction(10**6),
    "G": Fraction(10**9),
    "T": Fraction(10**12),
    "P": Fraction(10**15),
    "E": Fraction(10**18),
    **{f"{letter}i": Fraction(1024**power) for power, letter in enumerate("KMGTPE", start=1)},
}
_PERCENT = re.compile(r"[0-9]{1,6}%").fullmatch
_DURATION = re.compile(r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+").fullmatch
_PART = re.compile(r"([0-9.]+)(ns|us|µs|μs|ms|s|m|h)").findall
_UNITS = {
    "ns": Fraction(1, 10**9),
    "us": Fraction(1, 10**6),
    "µs": Fraction(1, 10**6),
    "μs": Fraction(1, 10**6),
    "ms": Fraction(1, 1000),
    "s": Fraction(1),
    "m": Fraction(60),
    "h": Fraction(3600),
}
_LONGEST = 64


def quantity(value: values.Value) -> Fraction | None:
    """Return a quantity as a number (cores, bytes), or None when it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    text = str(value)
    found = _QUANTITY(text) if len(text) <= _LONGEST else None
    if not found:
        return None
    number, exponent, suffix = found.groups()
    return Fraction(number + (exponent or "")) * _SUFFIXES.get(suffix or "", Fraction(1))


def share(value: values.Value, whole: int) -> int | None:
    """Return an absolute number or a percentage of the whole, rounded up; None when it is neither.

    Rounded as the disruption controller rounds both of its fields.
    """
    number = percentage(value)
    if number is not None:
        return ceil(Fraction(number * whole, 100))
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def percentage(value: values.Value) -> int | None:
    """Return the number before the percent sign, or None when the value is no percentage."""
    return int(value[:-1]) if isinstance(value, str) and _PERCENT(value) else None


def seconds(value: values.Value) -> Fraction | None:
    """Return a Go duration in seconds ("1m30s"), or None when it is none; "0" is one."""
    if value == "0":
        return Fraction(0)
    if not isinstance(value, str) or len(value) > _LONGEST or not _DURATION(value):
        return None
    total = sum(
        (Fraction(number) * _UNITS[unit] for number, unit in _PART(value) if number.count(".") < 2), Fraction(0)
    )
    return -total if value.startswith("-") else total
