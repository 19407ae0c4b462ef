"""Functions used on what they are not for: rates of gauges, quantiles without buckets, counters without a rate."""

import re
from collections.abc import Iterator
from functools import lru_cache

from generator.base.problem import Severity
from generator.manifests.cluster import Cluster
from generator.rules.alerts.expressions import (
    COMPARISONS,
    Aggregate,
    Binary,
    Call,
    Node,
    Number,
    Selector,
    nodes,
    walk,
)
from generator.rules.alerts.metrics import known_metrics
from generator.rules.alerts.result_labels import result_labels
from generator.rules.alerts.rule_groups import PrometheusRule, alerts, rules_of
from generator.rules.alerts.show import show
from generator.rules.rule import Mistake, rule

_RATES = frozenset({"rate", "irate", "increase"})
_SLOPES = frozenset({"delta", "idelta", "deriv", "predict_linear"})
_RECORDED_RATE = re.compile(r":(?:\w*_)?(?:ir|r)?(?:rate|increase)(?:_?\d+[smhdw])?$")
_COUNTER = ("_total", "_bucket", "_count", "_sum")
_GAUGE = re.compile(r"up|\w+_(?:celsius|ratio|percent|utilization|size_bytes|usage_bytes|in_flight|connections)")
_ERRORS = re.compile(r"error|fail|5xx")
_STATUS = frozenset({"status", "code", "status_code", "response_code", "http_status_code"})
_UNSET_LIMIT = re.compile(r"container_spec_(?:memory_(?:swap_)?limit_bytes|cpu_quota)")


def _say(of: PrometheusRule, message: str, hint: str, severity: Severity | None = None) -> Mistake:
    return Mistake(of.object, of.at("expr"), f"{of.name}: {of.expression.fill(message)}.", hint, severity)


@rule("alerts/quantile-out-of-range")
def quantile_out_of_range(cluster: Cluster) -> Iterator[Mistake]:
    """Find a quantile that is not between 0 and 1: the result is infinite."""
    for of in rules_of(cluster):
        for value in _quantiles(of.expression.shape):
            near = f"Write {value / 100:g}." if 1 < value <= 100 else "Write it such as 0.95."
            yield _say(of, f"the quantile {value:g} is not between 0 and 1", near)


@lru_cache(maxsize=4096)
def _quantiles(shape: str) -> tuple[float, ...]:
    wanted: list[Node | None] = []
    for node in nodes(shape):
        if isinstance(node, Call) and node.name in {"histogram_quantile", "quantile_over_time"} and node.arguments:
            wanted.append(node.arguments[0])
        elif isinstance(node, Aggregate) and node.name == "quantile":
            wanted.append(node.parameter)
    return tuple(item.value for item in wanted if isinstance(item, Number) and not 0 <= item.value <= 1)


@rule("alerts/histogram-without-buckets")
def histogram_without_buckets(cluster: Cluster) -> Iterator[Mistake]:
    """Find a histogram whose buckets are aggregated away, or a quantile of what has none."""
    for of in rules_of(cluster):
        for message, hint, severity in _histograms(of.expression.shape):
            yield _say(of, message, hint, severity)


@lru_cache(maxsize=4096)
def _histograms(shape: str) -> tuple[tuple[str, str, Severity | None], ...]:
    found: list[tuple[str, str, Severity | None]] = []
    for node in nodes(shape):
        if isinstance(node, Call) and node.name == "histogram_quantile" and len(node.arguments) == 2:
            found += _quantile(node.arguments[1])
        elif isinstance(node, Aggregate) and node.name == "sum" and "histogram_quantile" not in shape:
            found += _summed(node)
    return tuple(dict.fromkeys(found))


def _quantile(of: Node) -> Iterator[tuple[str, str, Severity | None]]:
    for selector in (item for item in walk(of) if isinstance(item, Selector)):
        if selector.metric.endswith(("_sum", "_count", "_total")):
            base = selector.metric.rpartition("_")[0]
            yield f"{selector.metric} has no buckets for histogram_quantile", f"Use {base}_bucket.", None
        elif selector.metric.endswith("_bucket") and result_labels(of).lacks("le"):
            yield (
                f"the buckets of {selector.metric} are aggregated away for histogram_quantile",
                "Add le to by(...).",
                None,
            )
        elif selector.metric.endswith("_bucket") and selector.span is None:
            message = f"the quantile of {selector.metric} without rate() is that of all time"
            yield message, "Take rate(...[5m]) of the buckets.", Severity.WARNING
        return


def _summed(node: Aggregate) -> Iterator[tuple[str, str, Severity | None]]:
    if not result_labels(node).lacks("le"):
        return
    for item in walk(node.of):
        of_buckets = isinstance(item, Selector) and item.metric.endswith("_bucket")
        if isinstance(item, Selector) and of_buckets and not any(matcher.label == "le" for matcher in item.matchers):
            message = f"the sum over all buckets of {item.metric} counts each event many times"
            yield message, 'Choose one bucket (le="0.5"), or use the _count.', None


@rule("alerts/rate-of-gauge")
def rate_of_gauge(cluster: Cluster) -> Iterator[Mistake]:
    """Find a rate of what is no counter, or a slope of what is one."""
    for of in rules_of(cluster):
        for message, hint, severity in _slopes(of.expression.shape):
            yield _say(of, message, hint, severity)


@lru_cache(maxsize=4096)
def _slopes(shape: str) -> tuple[tuple[str, str, Severity | None], ...]:
    found: list[tuple[str, str, Severity | None]] = []
    for node in nodes(shape):
        if not isinstance(node, Call) or not node.arguments or not isinstance(node.arguments[0], Selector):
            continue
        metric = node.arguments[0].metric
        known = known_metrics().get(metric)
        kind = known.kind if known is not None else ""
        if node.name in _RATES and not metric.endswith(_COUNTER):
            if kind == "gauge":
                found.append((f"{metric} is a gauge, {node.name}() is for counters", "Use delta() or deriv().", None))
            elif _GAUGE.fullmatch(metric):
                message = f"{metric} looks like a gauge, {node.name}() is for counters"
                found.append((message, "Use delta() or deriv().", Severity.WARNING))
            elif _RECORDED_RATE.search(metric):
                message = f"{metric} is a rate already, {node.name}() of it means nothing"
                found.append((message, "Use it as it is, or avg_over_time().", Severity.WARNING))
        elif node.name in _SLOPES and kind != "gauge" and metric.endswith("_total"):
            message = f"{metric} is a counter, {node.name}() falls when it is reset"
            found.append((message, "Use rate() or increase().", Severity.WARNING))
    return tuple(dict.fromkeys(found))


@rule("alerts/counter-without-rate", Severity.WARNING)
def counter_without_rate(cluster: Cluster) -> Iterator[Mistake]:
    """Find a counter that is compared as it is: it only grows, until its process starts anew."""
    for alert in alerts(cluster):
        for metric in _raw_counters(alert.expression.shape):
            yield _say(alert, f"{metric} only grows, and is compared as it is", "Compare its rate() or increase().")


@lru_cache(maxsize=4096)
def _raw_counters(shape: str) -> tuple[str, ...]:
    found = []
    for node in nodes(shape):
        if isinstance(node, Binary) and node.operator in COMPARISONS and isinstance(node.right, Number):
            inner = node.left
            while isinstance(inner, Aggregate) and inner.name in {"sum", "max", "min", "avg"}:
                inner = inner.of
            if isinstance(inner, Selector) and inner.span is None and inner.metric.endswith("_total"):
                known = known_metrics().get(inner.metric)
                gauge = known is not None and known.kind == "gauge"
                if not gauge and not inner.metric.startswith("cnpg_") and ":" not in inner.metric:
                    found.append(inner.metric)
    return tuple(dict.fromkeys(found))


@rule("alerts/irate-in-alert", Severity.WARNING)
def irate_in_alert(cluster: Cluster) -> Iterator[Mistake]:
    """Find an alert on irate(), which looks at two samples only."""
    for alert in alerts(cluster):
        if "irate" in alert.expression.shape and any(
            isinstance(node, Call) and node.name == "irate" for node in nodes(alert.expression.shape)
        ):
            yield _say(
                alert, "irate() sees the last two samples only, one peak starts and one dip ends it", "Use rate()."
            )


@rule("alerts/limit-may-be-zero", Severity.WARNING)
def limit_may_be_zero(cluster: Cluster) -> Iterator[Mistake]:
    """Find a usage over a limit that is 0 where none is set: the quotient is infinite, and the alert fires."""
    for alert in alerts(cluster):
        for metric in _unguarded_limits(alert.expression.shape):
            message = f"{metric} is 0 for containers without a limit, and a quotient by 0 is +Inf"
            yield _say(alert, message, f"Divide by ({metric} > 0).")


@lru_cache(maxsize=4096)
def _unguarded_limits(shape: str) -> tuple[str, ...]:
    if "container_spec_" not in shape:
        return ()
    found = []
    for node in nodes(shape):
        if isinstance(node, Binary) and node.operator == "/":
            inside = list(walk(node.right))
            guarded = any(isinstance(item, Binary) and item.operator in {">", "!=", "and"} for item in inside)
            limits = [item.metric for item in inside if isinstance(item, Selector)]
            if not guarded and not re.search(r"\b(?:!= \+?Inf|< \+?Inf)", shape, re.IGNORECASE):
                found += [metric for metric in limits if _UNSET_LIMIT.fullmatch(metric)]
    return tuple(dict.fromkeys(found))


@rule("alerts/error-rate-not-ratio", Severity.WARNING)
def error_rate_not_ratio(cluster: Cluster) -> Iterator[Mistake]:
    """Find a rate of errors per second against a threshold that reads like a share of the requests."""
    for alert in alerts(cluster):
        for message in _absolute(alert.expression.shape):
            yield _say(alert, message, "Divide by the rate of all requests.")


@lru_cache(maxsize=4096)
def _absolute(shape: str) -> tuple[str, ...]:
    found = []
    for node in nodes(shape):
        if not (isinstance(node, Binary) and node.operator in {">", ">="} and isinstance(node.right, Number)):
            continue
        if not 0 < node.right.value < 1 or any(isinstance(item, Binary) for item in walk(node.left)):
            continue
        rates = [item.arguments[0] for item in walk(node.left) if isinstance(item, Call) and item.name in _RATES]
        if any(isinstance(item, Selector) and _is_error(item) for item in rates):
            found.append(f"{show(node)} is errors per second, not a share: a busy service has that many always")
    return tuple(dict.fromkeys(found))


def _is_error(of: Selector) -> bool:
    if any(matcher.label in _STATUS and matcher.value[:1] in {"5", "[", "4"} for matcher in of.matchers):
        return True
    return bool(_ERRORS.search(of.metric)) and "request" in of.metric
