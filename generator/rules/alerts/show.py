"""Writes expressions back as PromQL, short enough for a message."""

from generator.rules.alerts.expressions import (
    Aggregate,
    Binary,
    Call,
    Negative,
    Node,
    Number,
    Selector,
    String,
    Subquery,
)

_LONGEST = 90


def show(node: Node) -> str:
    """Return an expression as PromQL, cut in the middle when it is long."""
    text = _text(node)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]}…{text[-_LONGEST // 3 :]}"


def duration(seconds: float) -> str:
    """Return a duration in Prometheus' notation."""
    left, parts = round(seconds), ""
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        if left >= size:
            parts, left = f"{parts}{left // size}{unit}", left % size
    return parts or "0s"


def _text(node: Node) -> str:  # noqa: PLR0911 (a form each)
    match node:
        case Number(value=value):
            return f"{value:g}"
        case String(value=value):
            return f'"{value}"'
        case Selector():
            matchers = ",".join(f'{item.label}{item.operator}"{item.value}"' for item in node.matchers)
            span = f"[{duration(node.span)}]" if node.span is not None else ""
            return f"{node.metric}{{{matchers}}}{span}" if matchers else f"{node.metric}{span}"
        case Subquery(of=inner, span=seconds):
            return f"{_text(inner)}[{duration(seconds)}:]"
        case Call(name=name, arguments=arguments):
            return f"{name}({', '.join(_text(item) for item in arguments)})"
        case Aggregate(name=name, of=inner, parameter=parameter):
            first = f"{_text(parameter)}, " if parameter is not None else ""
            labels = ", ".join(sorted(node.labels))
            by = f" without ({labels}) " if node.without else f" by ({labels}) " if labels else ""
            return f"{name}{by}({first}{_text(inner)})"
        case Binary(operator=operator, left=left, right=right):
            return f"{_operand(left)} {operator}{' bool' if node.flag else ''} {_operand(right)}"
        case Negative(of=inner):
            return f"-{_operand(inner)}"


def _operand(node: Node) -> str:
    return f"({_text(node)})" if isinstance(node, Binary) else _text(node)
