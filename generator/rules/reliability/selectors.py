"""Selectors of workloads: that they select their own pods, and nobody else's."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.manifests.selectors import selects, selects_map
from generator.manifests.workload import TEMPLATES
from generator.rules.reliability.scale import PodIndex
from generator.rules.rule import Mistake, rule

_OWNERS = (("apps", "DaemonSet"), ("apps", "Deployment"), ("apps", "ReplicaSet"), ("apps", "StatefulSet"))
_ALL = (*_OWNERS, ("argoproj.io", "Rollout"))


def _template_labels(item: Object) -> Mapping[str, str]:
    return values.labels(item.value, *TEMPLATES[item.group, item.kind], "metadata", "labels")


@rule("reliability/selector-mismatch")
def selector_mismatch(cluster: Cluster) -> Iterator[Mistake]:
    """Find workloads whose selector does not select the pods that they make; the API server refuses them."""
    for group, kind in _ALL:
        for item in cluster.of(kind, group):
            if item.mapping("spec", "template"):
                yield from _mismatch(item, required=True)
    for item in cluster.of("Job", "batch"):
        if item.mapping("spec", "selector"):
            if item.dig("spec", "manualSelector") is True:
                yield from _mismatch(item, required=True)
            else:
                message = "a Job's selector is made by the API server, which refuses one of its own."
                yield Mistake(item, ("spec", "selector"), message, "Remove the selector.")
    for item in cluster.of("ReplicationController", ""):
        wanted = values.labels(item.value, "spec", "selector")
        if wanted and not selects_map(wanted, _template_labels(item)):
            message = "the selector does not select the pods of the template."
            yield Mistake(item, ("spec", "selector"), message, "Give the template the labels of the selector.")


def _mismatch(item: Object, *, required: bool) -> Iterator[Mistake]:
    selector, labels = item.mapping("spec", "selector"), _template_labels(item)
    terms = bool(selector.get("matchLabels")) or bool(selector.get("matchExpressions"))
    if not terms:
        message = "the selector is empty: the workload would claim every pod of its namespace."
        if required:
            yield Mistake(item, ("spec", "selector"), message, "Select the labels of the pod template.")
        return
    for key, wanted in values.labels(selector, "matchLabels").items():
        if labels.get(key) != wanted:
            has = f"has {key}: {labels[key]}" if key in labels else f"has no label '{key}'"
            message = f"the selector wants {key}: {wanted}, but the pod template {has}; the API server refuses that."
            hint = f"Give the template the label {key}: {wanted}, or mend the selector."
            yield Mistake(item, ("spec", "selector", "matchLabels", key), message, hint)
    for index, expression in values.mappings(selector, "matchExpressions"):
        if not selects({"matchExpressions": [expression]}, labels):
            key = values.text(expression, "key")
            message = f"the expression on '{key}' does not select the labels of the pod template."
            path = ("spec", "selector", "matchExpressions", index)
            yield Mistake(item, path, message, "Mend the expression, or the labels of the template.")


@rule("reliability/selector-shared")
def selector_shared(cluster: Cluster) -> Iterator[Mistake]:
    """Find two workloads that select each other's pods."""
    index = PodIndex(cluster)
    referred = _referred(cluster)
    told: dict[int, set[int]] = defaultdict(set)
    for group, kind in _ALL:
        for item in cluster.of(kind, group):
            selector = item.mapping("spec", "selector")
            if not values.labels(selector, "matchLabels") or id(item) in referred:
                continue
            for pods in index.selected(item.namespace, selector):
                other = pods.object
                owner = (other.group, other.kind) in _ALL and id(other) not in referred
                if not owner or other is item or item.name == other.name == "" or id(item) in told[id(other)]:
                    continue
                if (other.group, other.kind, other.name) == (item.group, item.kind, item.name):
                    continue  # the same object twice is another mistake
                told[id(item)].add(id(other))
                mutual = selects(other.mapping("spec", "selector"), _template_labels(item))
                message = f"the selector also selects the pods of {other.kind}/{other.name}"
                message += ": both count and scale the same pods." if mutual else "."
                severity = None if mutual else Severity.WARNING
                hint = "Give each its own labels, such as app.kubernetes.io/name and instance."
                yield Mistake(item, ("spec", "selector"), message, hint, severity)


def _referred(cluster: Cluster) -> set[int]:
    """Return the Deployments that a Rollout takes over."""
    found = set()
    for item in cluster.of("Rollout", "argoproj.io"):
        reference = item.mapping("spec", "workloadRef")
        kind, name = values.text(reference, "kind"), values.text(reference, "name")
        of = cluster.get("apps", kind, item.namespace, name) if reference else None
        if of is not None:
            found |= {id(of), id(item)}
    return found
