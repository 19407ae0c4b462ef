"""PromQL as dashboards write it: with Grafana's variables, and inside the functions of its query variables."""

import re
from dataclasses import dataclass
from functools import lru_cache

from generator.rules.alerts.expressions import parse, selectors

STAND_IN = "grafana_variable"
"""Stands for a variable in a name, where only Grafana knows what it will be."""

# ${name}, ${name:format}, ${name.field}, [[name]], [[name:format]], $name
_VARIABLE = re.compile(r"\$\{(\w+)[^{}]*\}|\[\[(\w+)[^\[\]]*\]\]|\$(\w+)")
_LENGTHS = frozenset({"__rate_interval", "__interval", "__range", "__auto_interval", "interval"})
_NUMBERS = frozenset({"__range_s", "__range_ms", "__interval_ms", "__from", "__to", "__rate_interval_ms"})
_STRING = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`", re.DOTALL)
_AFTER_LENGTH = re.compile(r"(?:\[\s*|:\s*|\boffset\s+-?\s*)\Z")
_LABEL_VALUES = re.compile(r"label_values\((?:(?P<series>.*),)?\s*[\w$\{\}\[\]:.]+\s*\)\s*", re.DOTALL)
_RESULT = re.compile(r"query_result\((?P<series>.*)\)\s*", re.DOTALL)
_WITHOUT_SERIES = re.compile(r"(?:metrics|label_names)\(.*\)\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a query asks: variables of Grafana, metrics with a name of their own; error is "" if it parses."""

    variables: tuple[str, ...]
    metrics: tuple[str, ...]
    error: str


@lru_cache(maxsize=8192)
def asked(text: str) -> Asked:
    """Return what an expression, or the query of a variable, asks for."""
    variables = tuple(dict.fromkeys(next(filter(None, found.groups())) for found in _VARIABLE.finditer(text)))
    expression = _series(text)
    if not expression.strip():
        return Asked(variables, (), "")
    plain = substituted(expression)
    parsed = parse(plain)
    if parsed.error and variables:
        # A variable may be a number too, as in topk($limit, ...), and only Grafana knows.
        counted = substituted(expression, "5")
        plain, parsed = (counted, parse(counted)) if not parse(counted).error else (plain, parsed)
    names = dict.fromkeys(item.metric for item in selectors(plain) if item.metric and STAND_IN not in item.metric)
    return Asked(variables, tuple(names), parsed.error)


def substituted(expression: str, name: str = STAND_IN) -> str:
    """Return the expression with a stand-in for each variable: a length, a number or the name, as its place wants."""
    parts: list[str] = []
    position = 0
    for string in _STRING.finditer(expression):
        parts.append(_outside(expression[position : string.start()], name))
        parts.append(_VARIABLE.sub(STAND_IN, string.group()))
        position = string.end()
    parts.append(_outside(expression[position:], name))
    return "".join(parts)


def _series(text: str) -> str:
    """Return the expression within the functions that only variables have; the text itself where it is none of them."""
    stripped = text.strip()
    if _WITHOUT_SERIES.fullmatch(stripped):
        return ""
    found = _LABEL_VALUES.fullmatch(stripped) or _RESULT.fullmatch(stripped)
    return (found["series"] or "") if found else text


def _outside(text: str, stand_in: str) -> str:
    """Return text outside of strings with its variables replaced."""
    parts: list[str] = []
    position = 0
    for found in _VARIABLE.finditer(text):
        before = text[position : found.start()]
        parts.append(before)
        name = next(filter(None, found.groups()))
        written = "".join(parts)
        if name in _NUMBERS:
            parts.append("60")
        elif name in _LENGTHS or _AFTER_LENGTH.search(written):
            parts.append("5m")
        else:
            parts.append(stand_in)
        position = found.end()
    return "".join([*parts, text[position:]])
