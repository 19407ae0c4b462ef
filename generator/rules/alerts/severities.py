"""The severity of an alert: it is there, and Alertmanager and the other alerts know it."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.rules.alerts.routing import routing_trees
from generator.rules.alerts.rule_groups import alerts
from generator.rules.rule import Mistake, rule

_USUAL = frozenset(
    [
        "critical",
        "warning",
        "info",
        "none",
        "error",
        "page",
        "ticket",
        "high",
        "medium",
        "low",
        "emergency",
        "notice",
        "debug",
        "major",
        "minor",
        "fatal",
        "urgent",
        "sev1",
        "sev2",
        "sev3",
        "sev4",
        "sev0",
        "p0",
        "p1",
        "p2",
        "p3",
        "p4",
        "p5",
        "important",
        "test",
    ],
)
_MATCHER = re.compile(r"^\s*\"?severity\"?\s*(=~|=)\s*\"?([^\"]*?)\"?\s*$")


@rule("alerts/severity-missing")
def severity_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Find an alert without a severity: routes cannot tell who is to be woken."""
    for alert in alerts(cluster):
        severity = alert.labels.get("severity")
        if not severity and not isinstance(values.dig(alert.value, "labels", "severity"), (int, float)):
            near = next((key for key in alert.labels if did_you_mean(key, ["severity"])), "")
            hint = f"Did you mean 'severity' by '{near}'?" if near else "Add labels: {severity: warning}, or another."
            yield Mistake(alert.object, alert.at("labels"), f"{alert.alert} has no label 'severity'.", hint)


@rule("alerts/severity-unknown")
def severity_unknown(cluster: Cluster) -> Iterator[Mistake]:
    """Find a severity that no route and none of the usual words knows."""
    used = Counter(alert.labels.get("severity", "") for alert in alerts(cluster))
    routed = {name for tree in routing_trees(cluster) for name in _routed(tree.route)}
    for alert in alerts(cluster):
        severity = alert.labels.get("severity", "")
        if not severity or "{{" in severity or severity in routed:
            continue
        known = routed | _USUAL | {name for name, count in used.items() if count > max(2, used[severity])}
        if severity in _USUAL or used[severity] > 2:
            continue
        near = did_you_mean(severity, known)
        message = f"{alert.alert} has the severity '{severity}', which no other alert or route knows."
        level = Severity.ERROR if near else Severity.WARNING
        yield Mistake(alert.object, alert.at("labels", "severity"), message, near or _usual(used), level)


def _usual(used: Mapping[str, int]) -> str:
    shown = ", ".join(sorted(name for name in used if name in _USUAL)[:4]) or "critical, warning"
    return f"Use one that is routed, such as {shown}."


def _routed(route: Mapping[str, Any]) -> Iterator[str]:
    for text in values.strings(route, "matchers"):
        found = _MATCHER.match(text)
        if found:
            yield from found[2].split("|") if found[1] == "=~" else (found[2],)
    for _, matcher in values.mappings(route, "matchers"):
        if values.text(matcher, "name") == "severity":
            yield from values.text(matcher, "value").split("|")
    yield from (item for item in (values.text(route, "match", "severity"),) if item)
    yield from (item for item in values.text(route, "match_re", "severity").split("|") if item)
    for _, child in values.mappings(route, "routes"):
        yield from _routed(child)
