"""Which metrics there are: those of well-known exporters, those that rules record, those that monitors declare."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from generator.base.problem import Severity
from generator.manifests.cluster import Cluster
from generator.rules.alerts.expressions import selectors
from generator.rules.alerts.metric_names import nearest_metric
from generator.rules.alerts.metrics import known_metrics
from generator.rules.alerts.rule_groups import OPERATOR_GROUP, rules_of
from generator.rules.rule import Mistake, rule

ANNOTATION = "gen/metrics"
"""On a monitor: names of metrics that its targets make, with blanks or commas between; `shop_*`: all that begin so."""
UNDECLARED = f"Mend the name, or declare it on the monitor that scrapes it: annotation {ANNOTATION}."

_MONITORS = ("ServiceMonitor", "PodMonitor", "Probe", "ScrapeConfig")
_SERIES = ("_bucket", "_count", "_sum")


@dataclass(frozen=True, slots=True)
class Made:
    """The names of metrics: whole ones, and beginnings."""

    names: frozenset[str]
    beginnings: tuple[str, ...]

    def __contains__(self, metric: str) -> bool:
        """Say whether somebody makes a metric."""
        return metric in known_metrics() or metric in self.names or metric.startswith(self.beginnings)


@lru_cache(maxsize=64)
def recorded(cluster: Cluster) -> frozenset[str]:
    """Return the names that recording rules of a cluster make."""
    return frozenset(of.record for of in rules_of(cluster) if of.record)


@lru_cache(maxsize=64)
def made(cluster: Cluster) -> Made:
    """Return the metrics of a cluster: a declared histogram or summary stands for its series too."""
    words = [word for text in _declarations(cluster) for word in text.replace(",", " ").split()]
    whole = {word for word in words if not word.endswith("*")}
    series = {word + suffix for word in whole for suffix in _SERIES}
    beginnings = tuple(sorted(word.removesuffix("*") for word in words if word.endswith("*") and len(word) > 1))
    return Made(recorded(cluster) | whole | series, beginnings)


def _declarations(cluster: Cluster) -> Iterator[str]:
    for kind in _MONITORS:
        for item in cluster.of(kind, OPERATOR_GROUP):
            yield item.annotations.get(ANNOTATION, "")


@rule("alerts/metric-undeclared", Severity.INFO)
def metric_undeclared(cluster: Cluster) -> Iterator[Mistake]:
    """Find a metric of which nobody says that it is there; near misses are alerts/metric-unknown's."""
    known = made(cluster)
    for of in rules_of(cluster):
        for metric in dict.fromkeys(item.metric for item in selectors(of.expression.shape)):
            # What is recorded elsewhere, or not, is alerts/recorded-metric-missing's.
            if metric and ":" not in metric and metric not in known and not nearest_metric(metric):
                message = f"{of.name} reads '{metric}', of which nothing here says that it is made."
                yield Mistake(of.object, of.at("expr"), message, UNDECLARED)
