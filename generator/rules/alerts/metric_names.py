"""Metric names and their labels, against those of well-known exporters and of the tree's own recording rules."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests.cluster import Cluster
from generator.rules.alerts.expressions import Aggregate, Selector, nodes, selectors, walk
from generator.rules.alerts.metrics import known_metrics
from generator.rules.alerts.rule_groups import rules_of
from generator.rules.rule import Mistake, rule

_SUFFIXES = ("_total", "_seconds", "_bytes", "_count", "_sum", "_bucket", "s", "_seconds_total", "_bytes_total")
_FAMILIES = (
    "kube_", "container_", "node_", "istio_", "kubelet_", "certmanager_", "cnpg_", "argocd_", "prometheus_",
    "alertmanager_", "apiserver_", "process_", "http_", "probe_",
)  # fmt: skip
# label → what it is called today, by the beginning of the metric's name
_OLD: Mapping[str, Mapping[str, str]] = {
    "container_": {"pod_name": "pod", "container_name": "container"},
    "kube_pod_": {"pod_name": "pod", "container_name": "container", "exported_pod_name": "pod"},
    "istio_": {"status": "response_code", "code": "response_code", "status_code": "response_code"},
}


@rule("alerts/metric-unknown")
def metric_unknown(cluster: Cluster) -> Iterator[Mistake]:
    """Find a metric whose name is a slip away from that of a well-known exporter."""
    own = {of.record for of in rules_of(cluster)}
    read = {item.metric for shape in {of.expression.shape for of in rules_of(cluster)} for item in selectors(shape)}
    for of in rules_of(cluster):
        for metric, near in _misspelt(of.expression.shape):
            if metric not in own:
                message = f"{of.name} reads '{metric}', which is no metric that its exporter makes."
                # An application's own metrics may be named like the usual ones.
                certain = not metric.startswith(("http_", "process_")) or near.split("'")[1] in read
                yield Mistake(of.object, of.at("expr"), message, near, None if certain else Severity.WARNING)


@lru_cache(maxsize=4096)
def _misspelt(shape: str) -> tuple[tuple[str, str], ...]:
    metrics = dict.fromkeys(item.metric for item in selectors(shape))
    return tuple((metric, near) for metric in metrics if (near := nearest_metric(metric)))


@lru_cache(maxsize=4096)
def nearest_metric(metric: str) -> str:
    """Return a suggestion for a name that is a slip away from a well-known exporter's metric; "" if it is none."""
    known = known_metrics()
    if not metric or metric in known or ":" in metric or not metric.startswith(_FAMILIES):
        return _first_slip(metric)
    for suffix in _SUFFIXES:
        for other in (metric + suffix, metric.removesuffix(suffix)):
            if other != metric and other in known and other.count("_") > 1:
                return f"Did you mean '{other}'?"
    return _slip(metric, 2 if metric.startswith("kube_") else 1)


def _first_slip(metric: str) -> str:
    """Return a suggestion for a name whose first word, the family, is misspelt."""
    if metric in known_metrics() or ":" in metric or metric.startswith(_FAMILIES):
        return ""
    return _slip(metric, 1)


def _slip(metric: str, most: int) -> str:
    if metric.count("_") < 2:
        return ""
    near = [
        other for other in known_metrics() if abs(len(other) - len(metric)) <= most and _apart(metric, other) <= most
    ]
    return f"Did you mean '{min(near, key=lambda other: (_apart(metric, other), other))}'?" if near else ""


def _apart(one: str, other: str) -> int:
    """Return how many letters must be put in, left out, replaced or swapped to make one word of another."""
    last, row = [0] * (len(other) + 1), list(range(len(other) + 1))
    for index, letter in enumerate(one, 1):
        earlier, last, row = last, row, [index, *row[1:]]
        for place, wanted in enumerate(other, 1):
            row[place] = min(last[place] + 1, row[place - 1] + 1, last[place - 1] + (letter != wanted))
            if index > 1 and place > 1 and letter == other[place - 2] and one[index - 2] == wanted:
                row[place] = min(row[place], earlier[place - 2] + 1)
    return row[-1]


@rule("alerts/metric-label-unknown")
def metric_label_unknown(cluster: Cluster) -> Iterator[Mistake]:
    """Find a label that a well-known metric does not have: the matcher selects nothing."""
    for of in rules_of(cluster):
        for metric, label, hint, severity in _strange_labels(of.expression.shape):
            message = f"{of.name}: {metric} has no label '{label}'."
            yield Mistake(of.object, of.at("expr"), message, hint, severity)


@lru_cache(maxsize=4096)
def _strange_labels(shape: str) -> tuple[tuple[str, str, str, Severity], ...]:
    found: list[tuple[str, str, str, Severity]] = []
    for selector in selectors(shape):
        needed = [item.label for item in selector.matchers if item.operator in {"=", "=~"} and item.value]
        found += [said for label in needed if (said := _strange(selector.metric, label)) is not None]
    for node in nodes(shape):
        if isinstance(node, Aggregate) and not node.without:
            metrics = {item.metric for item in walk(node.of) if isinstance(item, Selector)}
            if len(metrics) == 1 and "label_replace" not in shape and "group_" not in shape:
                metric = next(iter(metrics))
                found += [said for label in sorted(node.labels) if (said := _strange(metric, label)) is not None]
    return tuple(dict.fromkeys(found))


def _strange(metric: str, label: str) -> tuple[str, str, str, Severity] | None:
    for family, names in _OLD.items():
        if metric.startswith(family) and label in names:
            return metric, label, f"Did you mean '{names[label]}'?", Severity.ERROR
    known = known_metrics().get(metric)
    scraped = {"job", "instance", "namespace", "pod", "container", "service", "cluster", "app", "le", "region", "env"}
    if known is None or not known.labels or label in known.labels | scraped:
        return None
    near = did_you_mean(label, known.labels)
    return metric, label, near or "See the exporter's documentation.", Severity.ERROR if near else Severity.WARNING
