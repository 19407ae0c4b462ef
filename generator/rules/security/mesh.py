"""What the mesh's policies select: a whole namespace, the whole mesh, or the workloads with some labels."""

from collections.abc import Iterator, Mapping

from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.manifests.selectors import selects_map
from generator.manifests.workload import Workload

SECURITY = "security.istio.io"
NETWORKING = "networking.istio.io"
ROOT = "istio-system"
"""Policies of this namespace hold for the whole mesh (meshConfig.rootNamespace's default)."""


def match_labels(policy: Object) -> Mapping[str, str]:
    """Return the labels that a policy's selector wants; none means every workload of the namespace."""
    return values.labels(policy.value, "spec", "selector", "matchLabels")


def selected(cluster: Cluster, policy: Object) -> tuple[Workload, ...]:
    """Return the workloads in a policy's own namespace that its selector selects."""
    return cluster.pods_with(policy.namespace, match_labels(policy))


def overlap(one: Object, other: Object, cluster: Cluster) -> bool:
    """Say whether two policies can hold for the same workload."""
    if ROOT not in {one.namespace, other.namespace} and one.namespace != other.namespace:
        return False
    if targets(one) and targets(other):
        return bool(targets(one) & targets(other))
    first, second = match_labels(one), match_labels(other)
    if not first or not second or targets(one) or targets(other):
        return True
    if all(second.get(key, value) == value for key, value in first.items()) and (
        first.items() <= second.items() or second.items() <= first.items()
    ):
        return True
    return any(selects_map(second, pod.labels) for pod in cluster.pods_with(one.namespace, first))


def targets(policy: Object) -> frozenset[tuple[str, str]]:
    """Return (kind, name) of what a policy's targetRefs name."""
    refs = [item for _, item in policy.mappings("spec", "targetRefs")] or [policy.mapping("spec", "targetRef")]
    return frozenset((values.text(item, "kind"), values.text(item, "name")) for item in refs if item)


def strict(cluster: Cluster, namespace: str) -> bool:
    """Say whether plain text is refused in a namespace: STRICT for it, or for the mesh and not otherwise for it."""
    modes: dict[str, str] = {}
    for item in cluster.of("PeerAuthentication", SECURITY):
        if not match_labels(item) and item.namespace in {namespace, ROOT}:
            modes[item.namespace] = item.text("spec", "mtls", "mode")
    return (modes.get(namespace) or modes.get(ROOT)) == "STRICT"


def injected(cluster: Cluster, namespace: str) -> bool:
    """Say whether the pods of a namespace get a sidecar."""
    labels = cluster.namespace_labels(namespace)
    return labels.get("istio-injection") == "enabled" or "istio.io/rev" in labels


def services_of(cluster: Cluster, pod: Workload) -> Iterator[Object]:
    """Yield the Services whose selector selects a workload's pods."""
    for service in cluster.of("Service", ""):
        selector = service.mapping("spec", "selector")
        if service.namespace == pod.namespace and selector and selects_map(selector, pod.labels):
            yield service
