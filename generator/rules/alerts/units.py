"""Thresholds in another unit than their metric: moments taken for ages, milliseconds for seconds."""

import re
from collections.abc import Iterator
from functools import lru_cache

from generator.base.problem import Severity
from generator.manifests.cluster import Cluster
from generator.rules.alerts.bounds import compared_with_number
from generator.rules.alerts.expressions import Aggregate, Binary, Call, Node, Selector, nodes, walk
from generator.rules.alerts.rule_groups import alerts
from generator.rules.alerts.show import show
from generator.rules.rule import Mistake, rule

_MOMENT = re.compile(
    r"\w+_timestamp_seconds|\w+_timestamp|process_start_time_seconds|node_boot_time_seconds"
    r"|kube_\w+_(?:created|completion_time|start_time)|kube_cronjob_status_last_(?:schedule|successful)_time"
    r"|kube_cronjob_next_schedule_time"
)
_YEAR_2001 = 1e9
_KEEP = frozenset({"max", "min", "avg", "max_over_time", "min_over_time", "last_over_time", "avg_over_time"})
_LATENCY = re.compile(r"request|response|latency|http|grpc|rpc|query|call|handl|sync_proxy|istio|gateway|ingress")
_SECONDS = 60
_MILLISECONDS = 10


@rule("alerts/timestamp-as-age")
def timestamp_as_age(cluster: Cluster) -> Iterator[Mistake]:
    """Find a moment, in seconds since 1970, that is compared as if it were an age."""
    for of in alerts(cluster):
        for text, operator, number in _moments(of.expression.shape):
            message = f"{of.name}: {of.expression.fill(text)} is a moment in seconds since 1970, some 1.7e9, and is "
            message += f"compared with {operator} {number:g}."
            yield Mistake(of.object, of.at("expr"), message, "Write time() - ..., which is the age.")


@lru_cache(maxsize=4096)
def _moments(shape: str) -> tuple[tuple[str, str, float], ...]:
    found = []
    for node in nodes(shape):
        for what, operator, number in compared_with_number(node):
            # 0 means that it never happened.
            if 0 < abs(number) < _YEAR_2001 and operator not in {"==", "!="} and _is_moment(what):
                found.append((show(what), operator, number))
    return tuple(found)


def _is_moment(node: Node) -> bool:
    if isinstance(node, Aggregate):
        return node.name in _KEEP and _is_moment(node.of)
    if isinstance(node, Call):
        return node.name in _KEEP and len(node.arguments) == 1 and _is_moment(node.arguments[0])
    return isinstance(node, Selector) and _MOMENT.fullmatch(node.metric) is not None


@rule("alerts/milliseconds-for-seconds", Severity.WARNING)
def milliseconds_for_seconds(cluster: Cluster) -> Iterator[Mistake]:
    """Find a latency in seconds whose threshold can only be meant in milliseconds, or the other way round."""
    for of in alerts(cluster):
        for text, number, unit, other in _latencies(of.expression.shape):
            message = f"{of.name}: {of.expression.fill(text)} is in {unit}, and {number:g} looks like {other}."
            shown = number / 1000 if unit == "seconds" else number * 1000
            yield Mistake(of.object, of.at("expr"), message, f"Write {shown:g}.")


@lru_cache(maxsize=4096)
def _latencies(shape: str) -> tuple[tuple[str, float, str, str], ...]:
    found = []
    for node in nodes(shape):
        for what, operator, number in compared_with_number(node):
            metric = _latency(what) if operator in {">", ">="} else ""
            if "_milliseconds" in metric and 0 < number < _MILLISECONDS and number != int(number):
                found.append((show(what), number, "milliseconds", "seconds"))
            elif "_seconds" in metric and "_milliseconds" not in metric and number > _SECONDS:
                found.append((show(what), number, "seconds", "milliseconds"))
    return tuple(found)


def _latency(node: Node) -> str:
    """Return the metric of requests whose quantile or mean an expression is, "" when it is none."""
    while isinstance(node, Aggregate) and node.name in _KEEP:
        node = node.of
    quantile = isinstance(node, Call) and node.name == "histogram_quantile"
    mean = isinstance(node, Binary) and node.operator == "/"
    metrics = [item.metric for item in walk(node) if isinstance(item, Selector)] if quantile or mean else []
    if mean and not (len(metrics) == 2 and metrics[0].endswith("_sum") and metrics[1].endswith("_count")):
        return ""
    # Jobs and batches may take minutes.
    return metrics[0] if metrics and _LATENCY.search(metrics[0]) else ""
