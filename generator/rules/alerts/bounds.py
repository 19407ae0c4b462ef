"""Between which values an expression lies, whatever is measured: counters grow, and a ratio is at most 1."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from generator.rules.alerts.expressions import (
    COMPARISONS,
    SETS,
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
from generator.rules.alerts.ratios import is_ratio


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the greatest value; whole says that only whole numbers occur."""

    low: float = -math.inf
    high: float = math.inf
    whole: bool = False

    def never(self, operator: str, other: "Bounds") -> bool:
        """Say whether a comparison of a value of ours with one of the other's is false for all of them."""
        match operator:
            case ">":
                return self.high <= other.low
            case ">=":
                return self.high < other.low
            case "<":
                return self.low >= other.high
            case "<=":
                return self.low > other.high
            case "==":
                apart = self.high < other.low or self.low > other.high
                broken = self.whole and other.low == other.high and not float(other.low).is_integer()
                return apart or (broken and math.isfinite(other.low))
            case _:
                return self.low == self.high == other.low == other.high

    def always(self, operator: str, other: "Bounds") -> bool:
        """Say whether a comparison is true for all values (that are numbers)."""
        opposite = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "==": "!=", "!=": "=="}[operator]
        return self.never(opposite, other)

    def cut(self, operator: str, other: "Bounds") -> "Bounds":
        """Return the bounds of what passes a comparison."""
        low, high = self.low, self.high
        if operator in {">", ">=", "=="}:
            low = max(low, other.low)
        if operator in {"<", "<=", "=="}:
            high = min(high, other.high)
        return Bounds(low, high, self.whole)


ANYTHING = Bounds()
NOT_NEGATIVE = Bounds(0)
ONE = Bounds(1, 1, whole=True)
FLAG = Bounds(0, 1, whole=True)
_FLAGS = re.compile(
    r"up|probe_success|ALERTS|kube_pod_status_(?:phase|ready|scheduled)|kube_node_status_condition"
    r"|kube_pod_container_status_(?:waiting|running|terminated|ready|(?:waiting|terminated|last_terminated)_reason)"
    r"|kube_(?:deployment|daemonset|statefulset|horizontalpodautoscaler)_status_condition"
    r"|kube_node_spec_unschedulable|certmanager_certificate_ready_status|mysql_up|pg_up|redis_up|node_systemd_unit_state"
    r"|prometheus_config_last_reload_successful|alertmanager_config_last_reload_successful",
)
_COUNTS = re.compile(
    r"\w+_(?:total|count|bucket)|kube_\w+|container_(?:memory|spec|fs|cpu|network)_\w+|kubelet_volume_stats_\w+"
    r"|node_(?:memory|filesystem|disk|network|cpu)_\w+|process_(?:resident|virtual|open|max|cpu)_\w+",
)
_CALLS = {
    **dict.fromkeys(("rate", "irate", "increase", "abs", "sqrt", "stddev_over_time", "stdvar_over_time"), NOT_NEGATIVE),
    **dict.fromkeys(("time", "timestamp", "histogram_count"), NOT_NEGATIVE),
    **dict.fromkeys(("changes", "resets"), Bounds(0, whole=True)),
    "count_over_time": Bounds(1, whole=True),
    **dict.fromkeys(("absent", "absent_over_time", "present_over_time"), ONE),
    "hour": Bounds(0, 23, whole=True),
    "minute": Bounds(0, 59, whole=True),
    "day_of_week": Bounds(0, 6, whole=True),
    "day_of_month": Bounds(1, 31, whole=True),
    "day_of_year": Bounds(1, 366, whole=True),
    "days_in_month": Bounds(28, 31, whole=True),
    "month": Bounds(1, 12, whole=True),
    "histogram_fraction": Bounds(0, 1),
    "sgn": Bounds(-1, 1, whole=True),
    "exp": NOT_NEGATIVE,
}
_SAME = frozenset(
    {"max_over_time", "min_over_time", "last_over_time", "first_over_time", "sort", "sort_desc", "sort_by_label"}
    | {"sort_by_label_desc", "label_replace", "label_join", "vector", "scalar", "ceil", "floor", "round"},
)
_MEANS = frozenset({"avg_over_time", "quantile_over_time"})


@lru_cache(maxsize=16384)
def bounds(node: Node) -> Bounds:  # noqa: PLR0911 (a form each)
    """Return the bounds of an expression's values, a part by its whole and known metrics taken into account."""
    match node:
        case Number(value=value):
            return Bounds(value, value, whole=float(value).is_integer()) if not math.isnan(value) else ANYTHING
        case Selector(metric=metric):
            return metric_bounds(metric)
        case Subquery(of=inner):
            return bounds(inner)
        case Negative(of=inner):
            found = bounds(inner)
            return Bounds(-found.high, -found.low, found.whole)
        case Call():
            return _call(node)
        case Aggregate():
            return _aggregate(node)
        case Binary():
            return _binary(node)
        case String():
            return ANYTHING


def metric_bounds(metric: str) -> Bounds:
    """Return the bounds of a metric by its name."""
    if _FLAGS.fullmatch(metric):
        return FLAG
    if ":" not in metric and _COUNTS.fullmatch(metric) and "_offset" not in metric:
        return NOT_NEGATIVE
    return ANYTHING


def _call(node: Call) -> Bounds:  # noqa: PLR0911 (a form each)
    name, arguments = node.name, node.arguments
    if name in _CALLS:
        return _CALLS[name]
    found = [bounds(item) for item in arguments]
    if not found:
        return ANYTHING
    if name in _SAME:
        rounded = name in {"ceil", "floor", "round"} and len(found) == 1
        if rounded and all(math.isfinite(item) for item in (found[0].low, found[0].high)):
            return Bounds(math.floor(found[0].low), math.ceil(found[0].high), whole=True)
        return found[0]
    if name in _MEANS:
        return Bounds(found[-1].low, found[-1].high)
    if name == "sum_over_time":
        return _added(found[0])
    if name == "clamp_min" and len(found) == 2:
        return Bounds(max(found[0].low, found[1].low), max(found[0].high, found[1].high))
    if name == "clamp_max" and len(found) == 2:
        return Bounds(min(found[0].low, found[1].low), min(found[0].high, found[1].high))
    if name == "clamp" and len(found) == 3:
        return Bounds(max(found[0].low, found[1].low), min(found[0].high, found[2].high))
    return ANYTHING


def _added(of: Bounds) -> Bounds:
    low = of.low if of.low >= 0 else -math.inf
    high = of.high if of.high <= 0 else math.inf
    return Bounds(low, high, of.whole)


def _aggregate(node: Aggregate) -> Bounds:  # noqa: PLR0911 (a form each)
    inner = bounds(node.of)
    match node.name:
        case "count" | "count_values":
            return Bounds(1, whole=True)
        case "group":
            return ONE
        case "sum":
            return _added(inner)
        case "stddev" | "stdvar":
            return NOT_NEGATIVE
        case "avg":
            return Bounds(inner.low, inner.high)
        case "quantile":
            wanted = node.parameter
            inside = isinstance(wanted, Number) and 0 <= wanted.value <= 1
            return Bounds(inner.low, inner.high) if inside else ANYTHING
        case _:
            return inner


def _binary(node: Binary) -> Bounds:  # noqa: PLR0911 (a form each)
    left, right = bounds(node.left), bounds(node.right)
    if node.operator in COMPARISONS:
        if node.flag:
            return FLAG
        if isinstance(node.left, Number) and not isinstance(node.right, Number):
            return right.cut(MIRRORED[node.operator], left)
        return left.cut(node.operator, right)
    if node.operator in SETS:
        if node.operator == "or":
            return Bounds(min(left.low, right.low), max(left.high, right.high), left.whole and right.whole)
        return left
    if node.operator == "/" and is_ratio(node.left, node.right):
        return Bounds(0, 1)
    return _arithmetic(node.operator, left, right)


MIRRORED = {">": "<", "<": ">", ">=": "<=", "<=": ">=", "==": "==", "!=": "!="}
"""What an operator becomes when its sides change places."""


def _arithmetic(operator: str, left: Bounds, right: Bounds) -> Bounds:  # noqa: PLR0911 (a form each)
    whole = left.whole and right.whole
    match operator:
        case "+":
            return Bounds(left.low + right.low, left.high + right.high, whole)
        case "-":
            return Bounds(left.low - right.high, left.high - right.low, whole)
        case "*":
            ends = [_times(a, b) for a in (left.low, left.high) for b in (right.low, right.high)]
            return Bounds(min(ends), max(ends), whole)
        case "/" if right.low == right.high != 0 and math.isfinite(right.low):
            ends = [left.low / right.low, left.high / right.low]
            return Bounds(min(ends), max(ends))
        case "/" if left.low >= 0 and right.low >= 0:
            return NOT_NEGATIVE
        case "%" if left.low >= 0 and right.low == right.high > 0:
            return Bounds(0, right.low, whole)
        case "^" if left.low >= 0:
            return NOT_NEGATIVE
        case _:
            return ANYTHING


def _times(one: float, other: float) -> float:
    return 0.0 if 0 in {one, other} else one * other


def compared_with_number(node: Node) -> Iterator[tuple[Node, str, float]]:
    """Yield (what, operator, number) of a comparison with a number."""
    if not isinstance(node, Binary) or node.operator not in COMPARISONS:
        return
    if isinstance(node.right, Number):
        yield node.left, node.operator, node.right.value
    elif isinstance(node.left, Number):
        yield node.right, MIRRORED[node.operator], node.left.value
