"""Alerts whose expression can never be true, or is always true."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from generator.base.problem import Severity
from generator.manifests.cluster import Cluster
from generator.rules.alerts.bounds import MIRRORED, Bounds, bounds
from generator.rules.alerts.expressions import (
    COMPARISONS,
    SETS,
    Aggregate,
    Binary,
    Call,
    Node,
    Number,
    Selector,
    nodes,
    parse,
)
from generator.rules.alerts.rule_groups import PrometheusRule, alerts
from generator.rules.alerts.show import show
from generator.rules.rule import Mistake, rule

_WATCHDOG = re.compile(r"watchdog|dead.?man|heart.?beat|always.?firing|test", re.IGNORECASE)
_GUARDS = COMPARISONS | SETS


@rule("alerts/never-fires")
def never_fires(cluster: Cluster) -> Iterator[Mistake]:
    """Find an alert whose expression is never true, or a part of one that is not."""
    for alert in alerts(cluster):
        for message, hint, severity in _never(alert.expression.shape):
            said = f"{alert.name} can never fire: {alert.expression.fill(message)}."
            if severity is not Severity.ERROR:
                said = f"A part of {alert.name} is never true: {alert.expression.fill(message)}."
            yield Mistake(alert.object, alert.at("expr"), said, hint, severity)


@lru_cache(maxsize=4096)
def _never(shape: str) -> tuple[tuple[str, str, Severity], ...]:
    root = parse(shape).root
    if root is None:
        return ()
    why = dead(root)
    if why:
        return ((why, _hint(why), Severity.ERROR),)
    parts = (dead(node) for node in nodes(shape) if isinstance(node, Binary))
    return tuple((why, _hint(why), Severity.WARNING) for why in dict.fromkeys(parts) if why)[:1]


def _hint(why: str) -> str:
    if "between 0 and 1," in why:
        return "Give the threshold as a fraction (5 % is 0.05)."
    if "count" in why or "absent" in why:
        return "Use absent(...), or `or vector(0)`: nothing at all is no value."
    return "Correct the comparison."


def dead(node: Node) -> str:  # noqa: PLR0911 (a form each)
    """Say why an expression never has a result; "" when it may have one."""
    if isinstance(node, Aggregate):
        return dead(node.of)
    if isinstance(node, Call):
        if node.name in {"absent", "absent_over_time", "vector", "scalar"}:
            return ""
        return next((why for why in map(dead, node.arguments) if why), "")
    if not isinstance(node, Binary):
        return ""
    left, right = dead(node.left), dead(node.right)
    if node.operator == "or":
        return left if left and right else ""
    if node.operator == "unless":
        return left or _excluded(node)
    if left or right:
        return left or right
    if node.operator == "and":
        return _contradiction(node)
    return _false(node) if node.operator in COMPARISONS and not node.flag else ""


def _false(node: Binary) -> str:
    left, right = bounds(node.left), bounds(node.right)
    if node.left == node.right and node.operator in {"!=", ">", "<"} and not isinstance(node.left, Number):
        return f"{show(node)} compares a value with itself"
    if not left.never(node.operator, right):
        return ""
    if isinstance(node.left, Number) or (left.low == left.high and right.low != right.high):
        return f"{show(node.right)} {said(right)}, and {show(node)} is wanted"
    return f"{show(node.left)} {said(left)}, and {node.operator} {show(node.right)} is wanted"


def said(of: Bounds) -> str:
    """Say in words between what values something lies."""
    if of.low == of.high:
        return f"is always {of.low:g}"
    if of.low == float("-inf"):
        return f"is at most {of.high:g}"
    if of.high == float("inf"):
        return (
            f"is at least {of.low:g} where it has a value (a count of nothing is empty)"
            if of.low == 1
            else "is never negative"
        )
    return f"lies between {of.low:g} and {of.high:g}" + (" and is whole" if of.whole else "")


def _excluded(node: Binary) -> str:
    same = node.matching == "" and node.left == node.right
    if same:
        return f"{show(node.left)} is taken away from itself"
    one, other = _condition(node.left), _condition(node.right)
    if node.matching == "" and one and other and one[0] == other[0]:
        passed = bounds(one[0]).cut(one[1], one[2])
        if passed.always(other[1], other[2]) and (passed.low, passed.high) != (other[2].low, other[2].high):
            return f"all of {show(node.left)} is taken away by `unless {show(node.right)}`"
    return ""


def _contradiction(node: Binary) -> str:
    if node.matching:
        return ""
    passed: dict[Node, tuple[Bounds, str]] = {}
    for part in _conjuncts(node):
        found = _condition(part)
        if found is None:
            continue
        what, operator, limit = found
        before, shown = passed.get(what, (bounds(what), ""))
        if before.never(operator, limit):
            return f"{shown} and {show(part)} exclude each other"
        passed[what] = (before.cut(operator, limit), show(part))
    return ""


def _conjuncts(node: Node) -> Iterator[Node]:
    if isinstance(node, Binary) and node.operator == "and" and not node.matching:
        yield from _conjuncts(node.left)
        yield from _conjuncts(node.right)
    else:
        yield node


def _condition(node: Node) -> tuple[Node, str, Bounds] | None:
    if not isinstance(node, Binary) or node.operator not in COMPARISONS or node.flag:
        return None
    if isinstance(node.right, Number):
        return node.left, node.operator, bounds(node.right)
    if isinstance(node.left, Number):
        return node.right, MIRRORED[node.operator], bounds(node.left)
    return None


@rule("alerts/always-fires")
def always_fires(cluster: Cluster) -> Iterator[Mistake]:
    """Find an alert that is true whenever its metric is there, or without any metric at all."""
    for alert in alerts(cluster):
        for message, hint, severity in _always(alert.expression.shape):
            if not _is_watchdog(alert):
                said = f"{alert.name} {alert.expression.fill(message)}."
                yield Mistake(alert.object, alert.at("expr"), said, hint, severity)


def _is_watchdog(alert: PrometheusRule) -> bool:
    return bool(_WATCHDOG.search(alert.alert)) or alert.labels.get("severity", "").lower() in {"none", "test"}


@lru_cache(maxsize=4096)
def _always(shape: str) -> tuple[tuple[str, str, Severity], ...]:
    root = parse(shape).root
    if root is None:
        return ()
    why = _true(root)
    if why:
        counted = any(isinstance(node, Aggregate) and node.name in {"count", "group"} for node in nodes(shape))
        severity = Severity.WARNING if counted else Severity.ERROR
        return ((f"always fires: {why}", "Correct the comparison, or name it a watchdog.", severity),)
    if not _guarded(root) and not any(isinstance(node, Number) for node in (root,)):
        severity = Severity.ERROR if _is_plain(root) else Severity.WARNING
        message = f"fires for every series of {show(root)}, whatever its value (0 too): nothing is compared"
        return ((message, "Compare it with a threshold, such as `> 0`.", severity),)
    return ()


def _true(node: Node) -> str:  # noqa: PLR0911 (a form each)
    if isinstance(node, Call) and node.name == "vector":
        return f"{show(node)} always has a value"
    if not isinstance(node, Binary):
        return ""
    if node.operator == "or":
        return _true(node.left) or _true(node.right)
    if node.operator == "and":
        return _true(node.left) and _true(node.right)
    if node.operator not in COMPARISONS:
        return ""
    if node.flag:
        return f"with `bool`, {show(node)} has the value 0 where it is false, and a value is enough"
    if any(_guarded(side) for side in (node.left, node.right)):
        return ""
    if node.left == node.right and node.operator in {"==", ">=", "<="}:
        return f"{show(node)} compares a value with itself"
    left, right = bounds(node.left), bounds(node.right)
    if left.always(node.operator, right):
        what = node.right if isinstance(node.left, Number) else node.left
        return f"{show(what)} {said(bounds(what))}, so {show(node)} is true"
    return ""


def _guarded(node: Node) -> bool:
    """Say whether an expression has a result only under some condition: a filter, a set operation, an absence."""
    if isinstance(node, Binary) and node.operator in _GUARDS:
        return True
    if isinstance(node, Call) and node.name in {"absent", "absent_over_time"}:
        return True
    if isinstance(node, Selector):
        # Such series are there only while the thing is.
        # And the labels of an information are what there is to compare: its value is always 1.
        stated = node.metric.endswith("_info") and len(node.matchers) > 0
        return stated or node.metric in {"ALERTS", "ALERTS_FOR_STATE"} or ":" in node.metric
    inner: Sequence[Node] = (node.left, node.right) if isinstance(node, Binary) else ()
    if isinstance(node, Aggregate):
        inner = (node.of,)
    if isinstance(node, Call):
        inner = node.arguments
    return any(_guarded(item) for item in inner)


def _is_plain(node: Node) -> bool:
    """Say whether an expression is a measured value, without any selection that could stand for a condition."""
    if isinstance(node, Aggregate):
        return _is_plain(node.of)
    if isinstance(node, Call):
        return node.name in {"rate", "irate", "increase", "histogram_quantile", "avg_over_time", "max_over_time"}
    if isinstance(node, Binary):
        return node.operator in {"/", "*", "-", "+"}
    return isinstance(node, Selector) and (
        node.metric == "up" or node.metric.endswith(("_total", "_bytes", "_seconds"))
    )
