"""What makes pods: workloads with a pod template, and resources whose operator makes pods at run time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from generator.manifests import values
from generator.manifests.object import Object

TEMPLATES: Mapping[tuple[str, str], values.Path] = {
    ("", "Pod"): (),
    ("", "PodTemplate"): ("template",),
    ("", "ReplicationController"): ("spec", "template"),
    ("apps", "DaemonSet"): ("spec", "template"),
    ("apps", "Deployment"): ("spec", "template"),
    ("apps", "ReplicaSet"): ("spec", "template"),
    ("apps", "StatefulSet"): ("spec", "template"),
    ("argoproj.io", "Rollout"): ("spec", "template"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
    ("batch", "Job"): ("spec", "template"),
    ("keda.sh", "ScaledJob"): ("spec", "jobTargetRef", "template"),
    ("serving.knative.dev", "Service"): ("spec", "template"),
    ("apps.kruise.io", "CloneSet"): ("spec", "template"),
    ("leaderworkerset.x-k8s.io", "LeaderWorkerSet"): ("spec", "leaderWorkerTemplate", "workerTemplate"),
}
"""(group, kind) → where the pod template lies; () for a Pod, which is its own."""

CONTAINER_LISTS = ("initContainers", "containers", "ephemeralContainers")


@dataclass(frozen=True, eq=False)  # no slots: what is worked out is kept
class Workload:
    """Pods of one kind: who makes them, their namespace and labels (value None: known only at run time).

    template is the path of the pod template in `object`, None when an operator writes it; then containers and ports
    are not known, and `complete` is False. `ports` names container ports where they are known otherwise.
    """

    object: Object
    namespace: str
    labels: Mapping[str, str | None]
    template: values.Path | None
    replicas: int | None = None
    operator_ports: Mapping[str, int] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Say whether the pod template is there to be read."""
        return self.template is not None

    @cached_property
    def spec_path(self) -> values.Path:
        """Return the path of the pod spec in the object; of the object itself when the template is not known."""
        return (*self.template, "spec") if self.template is not None else ()

    @cached_property
    def spec(self) -> Mapping[str, Any]:
        """Return the pod spec, or an empty mapping."""
        return self.object.mapping(*self.spec_path) if self.template is not None else {}

    def containers(self) -> Sequence[tuple[values.Path, Mapping[str, Any]]]:
        """Return (path in the object, container) of the containers and init containers."""
        return self._containers

    def ports(self) -> Sequence[tuple[str, int, str]]:
        """Return (name, number, protocol) of the container ports; sidecars (restartable init containers) included."""
        return self._ports

    @cached_property
    def _containers(self) -> Sequence[tuple[values.Path, Mapping[str, Any]]]:
        return [
            ((*self.spec_path, key, index), container)
            for key in CONTAINER_LISTS
            for index, container in values.mappings(self.spec, key)
        ]

    @cached_property
    def _ports(self) -> Sequence[tuple[str, int, str]]:
        return list(self._each_port())

    def _each_port(self) -> Iterator[tuple[str, int, str]]:
        for name, number in self.operator_ports.items():
            yield name, number, "TCP"
        for path, container in self.containers():
            if "initContainers" in path and container.get("restartPolicy") != "Always":
                continue
            for _, port in values.mappings(container, "ports"):
                declared = values.integer(port, "containerPort")
                if declared is not None:
                    yield values.text(port, "name"), declared, values.text(port, "protocol") or "TCP"


def workload(of: Object, cluster_objects: Mapping[tuple[str, str, str, str], Object]) -> Workload | None:
    """Return the pods that an object makes by a template of its own (or that a Rollout takes over), else None."""
    path = TEMPLATES.get((of.group, of.kind))
    if path is None:
        return None
    replicas = of.integer("spec", "replicas")
    if of.kind == "Rollout" and of.mapping("spec", "workloadRef"):
        reference = of.mapping("spec", "workloadRef")
        kind, name = values.text(reference, "kind"), values.text(reference, "name")
        found = cluster_objects.get(("apps", kind, of.namespace, name))
        template = TEMPLATES.get(("apps", kind))
        if found is None or template is None:
            return Workload(of, of.namespace, {}, None, replicas)
        return Workload(found, of.namespace, _labels(found, template), template, replicas)
    return Workload(of, of.namespace, _labels(of, path), path, replicas)


def _labels(of: Object, template: values.Path) -> Mapping[str, str | None]:
    labels: dict[str, str | None] = dict(values.labels(of.value, *template, "metadata", "labels"))
    # What the controllers add to every pod that they make.
    if of.kind == "StatefulSet":
        labels |= {"statefulset.kubernetes.io/pod-name": None, "apps.kubernetes.io/pod-index": None}
        labels |= {"controller-revision-hash": None}
    elif of.kind == "Job":
        labels |= {"job-name": of.name, "batch.kubernetes.io/job-name": of.name}
    elif of.kind in {"Deployment", "ReplicaSet"}:
        labels |= {"pod-template-hash": None}
    elif of.kind == "Rollout":
        labels |= {"rollouts-pod-template-hash": None}
    elif of.kind == "CronJob":
        labels |= {"job-name": None, "batch.kubernetes.io/job-name": None}
    elif of.kind == "DaemonSet":
        labels |= {"controller-revision-hash": None}
    return labels
