"""Recording rules: what reads them finds them, none reads itself, and their names say what they are."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests.cluster import Cluster
from generator.rules.alerts.expressions import selectors
from generator.rules.alerts.rule_groups import PrometheusRule, rule_groups, rules_of
from generator.rules.rule import Mistake, rule

_NAME = re.compile(r"[\w:]*:[\w:]*")


@rule("alerts/recorded-metric-missing")
def recorded_metric_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Find a metric whose name has a colon, as only recorded ones have, and that no rule records."""
    recorded = {of.record for of in rules_of(cluster) if of.record}
    charts = any("prom" in name for release in cluster.releases for name in release.names)
    for of in rules_of(cluster):
        if ":" not in of.expression.shape:
            continue
        for metric in dict.fromkeys(item.metric for item in selectors(of.expression.shape)):
            if ":" in metric and metric not in recorded:
                near = did_you_mean(metric, recorded)
                message = f"{of.name} reads '{metric}', which no rule records."
                severity = Severity.INFO if charts and not near else Severity.ERROR
                hint = near or "Record it, or read the metric that it is made of."
                yield Mistake(of.object, of.at("expr"), message, hint, severity)


@rule("alerts/recording-cycle")
def recording_cycle(cluster: Cluster) -> Iterator[Mistake]:
    """Find a recording rule that reads itself, directly or by way of others."""
    readers: dict[str, PrometheusRule] = {}
    reads: dict[str, set[str]] = defaultdict(set)
    for of in rules_of(cluster):
        if of.record:
            readers.setdefault(of.record, of)
            reads[of.record] |= {item.metric for item in selectors(of.expression.shape) if item.offset == 0}
    for name, of in readers.items():
        others = _path(name, reads)
        if others and min(others) == name:
            way = "itself" if len(others) == 1 else f"itself by way of {', '.join(others[1:])}"
            message = f"{name} is made of {way}."
            yield Mistake(of.object, of.at("expr"), message, "Read the metrics that were measured.")


def _path(start: str, reads: Mapping[str, set[str]]) -> list[str]:
    """Return the names on a way from a metric back to itself; empty when there is none."""
    before: dict[str, str] = {}
    waiting = [start]
    while waiting:
        name = waiting.pop()
        for other in sorted(reads.get(name, ())):
            if other == start:
                found = [name]
                while found[-1] != start:
                    found.append(before[found[-1]])
                return found[::-1]
            if other in reads and other not in before:
                before[other] = name
                waiting.append(other)
    return []


@rule("alerts/recording-order", Severity.INFO)
def recording_order(cluster: Cluster) -> Iterator[Mistake]:
    """Find a rule that reads a metric recorded later in its group: it sees the last round's value."""
    for group in rule_groups(cluster):
        places = {of.record: index for index, of in enumerate(group.rules) if of.record}
        for index, of in enumerate(group.rules) if places else ():
            for metric in {item.metric for item in selectors(of.expression.shape)}:
                if places.get(metric, -1) > index and metric != of.record:
                    message = f"{of.name} reads '{metric}', which is recorded after it in the group '{group.name}'."
                    yield Mistake(of.object, of.at("expr"), message, "Record it before.")


@rule("alerts/recording-name", Severity.INFO)
def recording_name(cluster: Cluster) -> Iterator[Mistake]:
    """Find a recording rule that is not named level:metric:operations."""
    for of in rules_of(cluster):
        if of.record and not _NAME.fullmatch(of.record):
            message = f"The recorded metric '{of.record}' is not named level:metric:operations."
            yield Mistake(of.object, of.at("record"), message, "Name it such as job:http_requests:rate5m.")
