"""What matchers name: namespaces, workloads and Services of the cluster."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests.cluster import SYSTEM_NAMESPACES, Cluster
from generator.rules.alerts.expressions import Matcher, Selector, selectors
from generator.rules.alerts.rule_groups import PrometheusRule, rules_of
from generator.rules.rule import Mistake, rule

_KINDS = {"deployment": "Deployment", "statefulset": "StatefulSet", "daemonset": "DaemonSet", "cronjob": "CronJob"}
_SPACES = ("namespace", "destination_service_namespace", "destination_workload_namespace")
_SERVICES = ("service", "destination_service_name")
_PLAIN = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")


@rule("alerts/namespace-unknown", Severity.WARNING)
def namespace_unknown(cluster: Cluster) -> Iterator[Mistake]:
    """Find a matcher for a namespace of which the tree knows nothing."""
    known = frozenset(cluster.namespaces()) | SYSTEM_NAMESPACES
    known |= {release.namespace for release in cluster.releases}
    for of in rules_of(cluster):
        for matcher in _matchers(of.expression.shape, _SPACES):
            name = of.expression.fill(matcher.value)
            if name in known or not _PLAIN.fullmatch(name):
                continue
            near = did_you_mean(name, known - SYSTEM_NAMESPACES)
            message = f"{of.name}: there is no namespace '{name}'."
            hint = near or "Name a namespace of this cluster."
            severity = Severity.ERROR if near and "*" not in known else None
            yield Mistake(of.object, of.at("expr"), message, hint, severity)


@lru_cache(maxsize=4096)
def _matchers(shape: str, labels: tuple[str, ...]) -> tuple[Matcher, ...]:
    found = dict.fromkeys(item for selector in selectors(shape) for item in selector.matchers)
    return tuple(item for item in found if item.operator == "=" and item.label in labels and item.value)


@rule("alerts/workload-unknown", Severity.WARNING)
def workload_unknown(cluster: Cluster) -> Iterator[Mistake]:
    """Find a matcher for a workload, a pod, a container or a Service that its namespace does not have."""
    index = _Names(cluster)
    for of in rules_of(cluster):
        for selector in _named(of.expression.shape):
            yield from _unknown(of, selector, index)


@lru_cache(maxsize=4096)
def _named(shape: str) -> tuple[Selector, ...]:
    return tuple(
        item
        for item in dict.fromkeys(selectors(shape))
        if any(matcher.label == "namespace" and matcher.operator == "=" for matcher in item.matchers)
    )


class _Names:
    """The names of a cluster's workloads, containers and Services by namespace, each looked up once."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.found: dict[tuple[str, str], frozenset[str]] = {}

    def of(self, namespace: str, what: str) -> frozenset[str]:
        """Return the names of one sort in a namespace; empty when they are not all known."""
        key = (namespace, what)
        if key not in self.found:
            self.found[key] = frozenset(self._names(namespace, what))
        return self.found[key]

    def _names(self, namespace: str, what: str) -> Iterator[str]:
        if self.cluster.unseen(namespace):
            return
        pods = self.cluster.workloads(namespace)
        if what in {"container", "pod"}:
            if not all(pod.complete for pod in pods):
                return
            for pod in pods:
                if what == "pod":
                    yield pod.object.name
                else:
                    yield from (str(container.get("name")) for _, container in pod.containers())
        elif what == "Service":
            yield from self.cluster.names("", "Service", namespace)
        else:
            yield from (pod.object.name for pod in pods if pod.object.kind == what)
            yield from self.cluster.names("apps", what, namespace)  # what operators make, too


def _unknown(of: PrometheusRule, selector: Selector, index: _Names) -> Iterator[Mistake]:
    filled: Mapping[str, str] = {
        item.label: of.expression.fill(item.value) for item in selector.matchers if item.operator == "="
    }
    for label, name in filled.items():
        what = _KINDS.get(label) or ("Service" if label in _SERVICES else label if label == "container" else "")
        known = index.of(filled["namespace"], what) if what and _PLAIN.fullmatch(name) else frozenset()
        if known and name not in known and name not in {"POD", "istio-proxy", "istio-init"}:
            yield _mistake(of, f"{what} '{name}'", filled["namespace"], did_you_mean(name, known))
    for item in selector.matchers:
        if item.label == "pod" and item.operator in {"=", "=~"}:
            pattern = of.expression.fill(item.value)
            known = index.of(filled["namespace"], "pod")
            if known and pattern and not _may_match(pattern, item.operator, known):
                base = re.split(r"[^a-z0-9-]", pattern)[0].rstrip("-")
                yield _mistake(of, f"pod '{pattern}'", filled["namespace"], did_you_mean(base, known))


@lru_cache(maxsize=16384)
def _may_match(pattern: str, operator: str, names: frozenset[str]) -> bool:
    """Say whether a pattern may match a pod of a workload: its name, or what controllers put behind it."""
    literal = re.match(r"\^?\(?([a-z0-9-]*)", pattern)
    start = literal[1] if literal else ""
    if operator == "=~" and (not start or "|" in pattern):
        return True
    if operator == "=~" and any(start.startswith(name) or name.startswith(start) for name in names):
        return start not in names or len(pattern) > len(start)
    return operator == "=" and any(start.startswith(name) for name in names)


def _mistake(of: PrometheusRule, what: str, namespace: str, near: str) -> Mistake:
    message = f"{of.name}: there is no {what} in namespace '{namespace}'."
    hint = near or "Name what runs there."
    return Mistake(of.object, of.at("expr"), message, hint, Severity.ERROR if near else Severity.WARNING)
