"""What scalers scale: HorizontalPodAutoscaler, ScaledObject and VerticalPodAutoscaler lead to a workload."""

from collections.abc import Iterator
from dataclasses import dataclass

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.manifests.workload import TEMPLATES, Workload, workload
from generator.rules.references.lookup import Reference, dangling, there
from generator.rules.rule import Mistake, rule

HPA = ("autoscaling", "HorizontalPodAutoscaler")
SCALED_OBJECT = ("keda.sh", "ScaledObject")
VPA = ("autoscaling.k8s.io", "VerticalPodAutoscaler")
_WHERE = {HPA: "scaleTargetRef", SCALED_OBJECT: "scaleTargetRef", VPA: "targetRef"}
_GROUPS = {
    kind: group for group, kind in TEMPLATES if group in {"apps", "batch", "argoproj.io"}
}  # the kinds whose names are unique to a group
# Kinds with pods that have no scale subresource.
_UNSCALABLE = frozenset({"DaemonSet", "Job", "CronJob", "Pod", "Service", "ConfigMap"})
_SCALABLE = ("Deployment", "StatefulSet", "Rollout", "ReplicaSet")


@dataclass(frozen=True, slots=True)
class Target:
    """What a scaler in the tree scales; path leads to the reference in the scaler."""

    scaler: Object
    path: values.Path
    group: str
    kind: str
    name: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """Return the identity of what is scaled."""
        return (self.group, self.kind, self.scaler.namespace, self.name)


def targets(cluster: Cluster) -> Iterator[Target]:
    """Yield what each scaler of the tree scales."""
    for (group, kind), where in _WHERE.items():
        for scaler in cluster.of(kind, group):
            reference = scaler.mapping("spec", where)
            version, wanted = values.text(reference, "apiVersion"), values.text(reference, "kind")
            if kind == "ScaledObject":  # KEDA's defaults
                version, wanted = version or "apps/v1", wanted or "Deployment"
            name = values.text(reference, "name")
            if name:
                yield Target(scaler, ("spec", where), version.rpartition("/")[0], wanted, name)


def pods_of_target(cluster: Cluster, target: Target) -> Workload | None:
    """Return the pods that a target makes, if it is in the tree and makes any."""
    found = cluster.get(*target.key)
    if found is None:
        return None
    reference = found.mapping("spec", "workloadRef") if found.kind == "Rollout" else {}
    if reference:
        other = cluster.get("apps", values.text(reference, "kind"), found.namespace, values.text(reference, "name"))
        return workload(other, {}) if other is not None else None
    return workload(found, {})


@rule("references/scale-target-missing")
def scale_target_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Find scalers whose target is not there, is of another kind or group, or can't be scaled."""
    for target in targets(cluster):
        if target.kind in _UNSCALABLE and target.scaler.kind != "VerticalPodAutoscaler":
            message = f"A {target.kind} can't be scaled."
            hint = did_you_mean(target.kind, _SCALABLE) or "Scale a Deployment, a StatefulSet or a Rollout."
            yield Mistake(target.scaler, (*target.path, "kind"), message, hint)
        elif not there(cluster, target.group, target.kind, target.scaler.namespace, target.name):
            yield from _missing(cluster, target)


def _missing(cluster: Cluster, target: Target) -> Iterator[Mistake]:
    known = _GROUPS.get(target.kind)
    namespace = target.scaler.namespace
    if known is not None and known != target.group and cluster.exists(known, target.kind, namespace, target.name):
        version = f"{known}/{'v1alpha1' if known == 'argoproj.io' else 'v1'}"
        message = f"The kind {target.kind} is not of the API group '{target.group}': the scaler finds nothing."
        yield Mistake(target.scaler, (*target.path, "apiVersion"), message, f"Write apiVersion: {version}.")
        return
    for kind in _SCALABLE:
        if kind != target.kind and cluster.get(_GROUPS[kind], kind, namespace, target.name) is not None:
            message = f"There is no {target.kind} '{target.name}', but a {kind} of that name."
            yield Mistake(target.scaler, (*target.path, "kind"), message, f"Write kind: {kind}.")
            return
    reference = Reference(target.scaler, (*target.path, "name"), namespace, target.name)
    yield from dangling(cluster, reference, target.group, target.kind)


@rule("references/scale-container-missing")
def scale_container_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Find scalers that measure or set a container that their target does not have."""
    for target in targets(cluster):
        pod = pods_of_target(cluster, target)
        if pod is None or not pod.complete:
            continue
        known = {values.text(container, "name") for _, container in pod.containers()}
        for path, name in _containers(target.scaler):
            # What injects sidecars adds containers that no template shows.
            if name not in known and name not in {"*", "istio-proxy", "linkerd-proxy"}:
                message = f"{pod.object} has no container '{name}'."
                shown = ", ".join(f"'{item}'" for item in sorted(known))
                yield Mistake(target.scaler, path, message, did_you_mean(name, known) or f"Its containers: {shown}.")


def _containers(scaler: Object) -> Iterator[tuple[values.Path, str]]:
    for index, trigger in scaler.mappings("spec", "triggers"):
        name = values.text(trigger, "metadata", "containerName")
        if name and values.text(trigger, "type") in {"cpu", "memory"}:
            yield ("spec", "triggers", index, "metadata", "containerName"), name
    for index, policy in scaler.mappings("spec", "resourcePolicy", "containerPolicies"):
        name = values.text(policy, "containerName")
        if name:
            yield ("spec", "resourcePolicy", "containerPolicies", index, "containerName"), name
    for index, metric in scaler.mappings("spec", "metrics"):
        name = values.text(metric, "containerResource", "container")
        if name:
            yield ("spec", "metrics", index, "containerResource", "container"), name
    name = scaler.text("spec", "scaleTargetRef", "envSourceContainerName")
    if name:
        yield ("spec", "scaleTargetRef", "envSourceContainerName"), name


@rule("references/scale-object-missing")
def scale_object_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Find object metrics of a HorizontalPodAutoscaler whose object is not there."""
    for scaler in cluster.of(HPA[1], HPA[0]):
        for index, metric in scaler.mappings("spec", "metrics"):
            reference = values.mapping(metric, "object", "describedObject")
            group = values.text(reference, "apiVersion").rpartition("/")[0]
            path = ("spec", "metrics", index, "object", "describedObject", "name")
            found = Reference(scaler, path, scaler.namespace, values.text(reference, "name"))
            yield from dangling(cluster, found, group, values.text(reference, "kind"))


@rule("references/trigger-authentication-missing")
def trigger_authentication_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Find triggers of KEDA that log in by a TriggerAuthentication that is not there."""
    for kind in ("ScaledObject", "ScaledJob"):
        for scaler in cluster.of(kind, "keda.sh"):
            for index, trigger in scaler.mappings("spec", "triggers"):
                wanted = values.text(trigger, "authenticationRef", "kind") or "TriggerAuthentication"
                namespace = "" if wanted.startswith("Cluster") else scaler.namespace
                path = ("spec", "triggers", index, "authenticationRef", "name")
                name = values.text(trigger, "authenticationRef", "name")
                certain = not wanted.startswith("Cluster") or cluster.of(wanted)
                severity = Severity.ERROR if certain else Severity.WARNING
                yield from dangling(cluster, Reference(scaler, path, namespace, name), "keda.sh", wanted, severity)
