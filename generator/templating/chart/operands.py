"""Symbols as operands of Go template actions: constants beside references, and joined strings as calls of printf."""

from collections.abc import Sequence

from generator.templating.chart.scope import HINT
from generator.templating.chart.symbol import Symbol, operand
from generator.templating.chart.values import quoted
from generator.templating.quoting import ValueProblem


def literal(symbol: Symbol) -> str:
    """Return what is the same in all lanes as Go source."""
    value = symbol.values[0]
    if not symbol.same or not isinstance(value, str | int):
        raise ValueProblem("render/differs", "a value stands beside one of the chart's that Go cannot write.", HINT)
    if isinstance(value, bool):
        return "true" if value else "false"
    return quoted(value) if isinstance(value, str) else str(value)


def printf(parts: Sequence[str | Symbol]) -> str:
    """Return the joined parts as a call of printf; integers of values come as floats."""
    form = "".join(part.replace("%", "%%") if isinstance(part, str) else _verb(part) for part in parts)
    arguments = [_printed(part) for part in parts if isinstance(part, Symbol)]
    return f"printf {quoted(form)} {' '.join(arguments)}"


def _verb(symbol: Symbol) -> str:
    return "%s" if all(isinstance(value, str) for value in symbol.values) else "%v"


def _printed(symbol: Symbol) -> str:
    text = operand(symbol.text or "")
    if all(isinstance(value, int) and not isinstance(value, bool) for value in symbol.values):
        return f"(int64 {text})"
    return text
