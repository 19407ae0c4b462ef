"""Policies of the mesh for pods that are not in it: nobody enforces them."""

from collections.abc import Iterator

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.workload import Workload
from generator.rules.rule import Mistake, rule

_IN_MESH = ("istio.io/rev", "istio.io/dataplane-mode", "istio.io/use-waypoint")
_POD_LABEL = "sidecar.istio.io/inject"


@rule("security/authorization-outside-mesh")
def authorization_outside_mesh(cluster: Cluster) -> Iterator[Mistake]:
    """Find an AuthorizationPolicy for pods without a sidecar, in a tree whose other namespaces are in the mesh."""
    declared = {of.name: of for of in cluster.of("Namespace", "")}
    if not any(joins(of.labels) for of in declared.values()):
        return  # nobody says which namespaces are in the mesh
    for of in cluster.of("AuthorizationPolicy", "security.istio.io"):
        namespace = declared.get(of.namespace)
        wanted = of.mapping("spec", "selector", "matchLabels")
        if namespace is None or not wanted:
            continue
        pods = [pod for pod in cluster.selected(of.namespace, {"matchLabels": wanted}) if pod.complete]
        if pods and all(outside(pod, namespace.labels) for pod in pods):
            message = f"{pods[0].object} has no sidecar, so nobody enforces the policy."
            certain = _off(pods[0], namespace.labels)
            hint = f"Label namespace '{of.namespace}' with istio-injection: enabled."
            yield Mistake(of, ("spec", "selector"), message, hint, None if certain else Severity.WARNING)


def joins(labels: values.Value) -> bool:
    """Say whether a Namespace's labels bring its pods into the mesh."""
    found = values.labels(labels)
    return found.get("istio-injection") == "enabled" or any(key in found for key in _IN_MESH)


def _own(pod: Workload) -> str:
    metadata = values.mapping(pod.object.value, *(pod.template or ()), "metadata")
    return pod.labels.get(_POD_LABEL) or values.text(metadata, "annotations", _POD_LABEL)


def outside(pod: Workload, namespace: values.Value) -> bool:
    """Say whether a pod is in the mesh neither by its own labels nor by those of its Namespace."""
    own = _own(pod)
    return own == "false" or (not own and not joins(namespace) and "istio.io/dataplane-mode" not in pod.labels)


def _off(pod: Workload, namespace: values.Value) -> bool:
    return _own(pod) == "false" or values.labels(namespace).get("istio-injection") == "disabled"
