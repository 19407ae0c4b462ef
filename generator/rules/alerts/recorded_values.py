"""What a recorded metric can be at all, and what its name says of it."""

import math
import re
from collections.abc import Iterator

from generator.manifests.cluster import Cluster
from generator.rules.alerts.bounds import MIRRORED, Bounds, bounds
from generator.rules.alerts.expressions import COMPARISONS, Binary, Node, Selector, nodes, parse, selectors
from generator.rules.alerts.rule_groups import PrometheusRule, alerts, rules_of
from generator.rules.rule import Mistake, rule

_WINDOW = re.compile(r"(?:rate|ratio|increase|errors?)_?(?:rate)?(\d+)([smhdw])$")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


@rule("alerts/recorded-never-reached")
def recorded_never_reached(cluster: Cluster) -> Iterator[Mistake]:
    """Find an alert that waits for a value which the recording rule behind its metric never gives."""
    recorded: dict[str, Bounds] = {}
    for of in rules_of(cluster):
        root = parse(of.expression.shape).root if of.record else None
        if of.record:
            found = bounds(root) if root is not None else Bounds()
            before = recorded.get(of.record, found)
            recorded[of.record] = Bounds(min(before.low, found.low), max(before.high, found.high))
    for of in alerts(cluster):
        for node in nodes(of.expression.shape):
            if isinstance(node, Binary) and node.operator in COMPARISONS and not node.flag:
                yield from _comparison(of, node, recorded)


def _comparison(of: PrometheusRule, node: Binary, recorded: dict[str, Bounds]) -> Iterator[Mistake]:
    sides: list[tuple[Node, str, Node]] = [
        (node.left, node.operator, node.right),
        (node.right, MIRRORED[node.operator], node.left),
    ]
    for metric, operator, limit in sides:
        if not isinstance(metric, Selector) or metric.span is not None:
            continue
        own, wanted = recorded.get(metric.metric), bounds(limit)
        if own is None or not (math.isfinite(own.high) and wanted.low == wanted.high):
            continue
        if own.never(operator, wanted):
            message = f"{of.name}: '{metric.metric}' is recorded as a share from {own.low:g} to {own.high:g}, never "
            message += f"{operator} {wanted.low:g}."
            yield Mistake(of.object, of.at("expr"), message, "Compare it with a share: 0.05 for 5 %.")


@rule("alerts/recording-window")
def recording_window(cluster: Cluster) -> Iterator[Mistake]:
    """Find a recorded metric whose name says another window than its expression has."""
    for of in rules_of(cluster):
        named = _WINDOW.search(of.record)
        if named is None:
            continue
        wanted = float(int(named[1][:6]) * _SECONDS[named[2]])
        spans = {item.span for item in selectors(of.expression.shape) if item.span is not None}
        if spans and any(span != wanted for span in spans) and "[" in of.expression.shape:
            if len(spans) == 1 and any(":" in item.metric for item in selectors(of.expression.shape)):
                continue  # made of what was recorded over windows of its own
            shown = " and ".join(f"{span:g}s" for span in sorted(spans))
            message = f"'{of.record}' is named after {named[1]}{named[2]}, and is made over {shown}."
            yield Mistake(of.object, of.at("expr"), message, "Let name and windows agree.")


@rule("alerts/recording-with-alert-field")
def recording_with_alert_field(cluster: Cluster) -> Iterator[Mistake]:
    """Find a recording rule with for or annotations, with which Prometheus refuses the whole file."""
    for of in rules_of(cluster):
        for key in ("for", "keep_firing_for", "annotations"):
            if of.record and not of.alert and of.value.get(key):
                message = f"The recording rule '{of.record}' has {key}, which is for alerts only."
                yield Mistake(of.object, of.at(key), message, f"Remove {key}.")
