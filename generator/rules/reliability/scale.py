"""How many pods a workload has: its own replicas, or the range that its scaler keeps."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.manifests.selectors import selects
from generator.manifests.workload import Workload

SCALED_BY_DEFAULT = frozenset({"Deployment", "ReplicaSet", "Rollout", "StatefulSet"})
"""Kinds that have one pod when nobody says how many."""

_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Scale:
    """The least and the most pods that a workload has; scaler is who decides, None for a fixed number."""

    least: int
    most: int
    scaler: Object | None = None


def scalers(cluster: Cluster) -> Mapping[_Key, Scale]:
    """Return the range of every scaled target, by its kind, namespace and name."""
    found: dict[_Key, Scale] = {}
    for item in cluster.of("HorizontalPodAutoscaler", "autoscaling"):
        target = item.mapping("spec", "scaleTargetRef")
        least, most = item.integer("spec", "minReplicas"), item.integer("spec", "maxReplicas")
        if most is not None:
            key = (values.text(target, "kind"), item.namespace, values.text(target, "name"))
            found[key] = Scale(1 if least is None else least, most, item)
    for item in cluster.of("ScaledObject", "keda.sh"):
        target = item.mapping("spec", "scaleTargetRef")
        least, most = item.integer("spec", "minReplicaCount"), item.integer("spec", "maxReplicaCount")
        key = (values.text(target, "kind") or "Deployment", item.namespace, values.text(target, "name"))
        found[key] = Scale(least or 0, 100 if most is None else most, item)  # KEDA's defaults
    return found


def scale_of(pods: Workload, ranges: Mapping[_Key, Scale]) -> Scale | None:
    """Return how many pods a workload has, or None when that is not known (a DaemonSet, most operators' pods)."""
    of = pods.object
    found = ranges.get((of.kind, of.namespace, of.name))
    if found is not None:
        return found
    if pods.replicas is not None:
        return Scale(pods.replicas, pods.replicas)
    return Scale(1, 1) if of.kind in SCALED_BY_DEFAULT and pods.complete else None


def behind_services(cluster: Cluster) -> Iterator[tuple[Object, Workload]]:
    """Yield (Service, workload that it sends requests to)."""
    pods = PodIndex(cluster)
    for service in cluster.of("Service", ""):
        selector = values.labels(service.value, "spec", "selector")
        if selector:
            for found in pods.selected(service.namespace, {"matchLabels": selector}):
                yield service, found


class PodIndex:
    """The workloads of a cluster by the labels of their pods, so that a selector is not tried on all of them."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.by_label: dict[tuple[str, str, str | None], list[Workload]] = {}
        for pods in cluster.workloads():
            for key, value in pods.labels.items():
                self.by_label.setdefault((pods.namespace, key, value), []).append(pods)

    def selected(self, namespace: str, selector: Mapping[str, values.Value]) -> list[Workload]:
        """Return the workloads of a namespace that a LabelSelector selects."""
        wanted = values.labels(selector, "matchLabels")
        if not wanted:
            return list(self.cluster.selected(namespace, selector))
        found = [
            [*self.by_label.get((namespace, key, value), ()), *self.by_label.get((namespace, key, None), ())]
            for key, value in wanted.items()
        ]
        return [pods for pods in min(found, key=len) if selects(selector, pods.labels)]
