"""Labels that a Namespace lacks while the tree counts on them: the level of Pod Security, the mesh's sidecars."""

from collections import defaultdict
from collections.abc import Iterator

from generator.base.problem import Severity
from generator.manifests.cluster import Cluster
from generator.rules.rule import Mistake, rule
from generator.rules.security.mesh import NETWORKING, SECURITY
from generator.rules.security.mesh_membership import joins, outside
from generator.rules.security.pod_security_level import PREFIX

_MESH = ("AuthorizationPolicy", "PeerAuthentication", "RequestAuthentication", "Sidecar", "VirtualService")
_SYSTEM = ("kube-", "openshift-", "istio-")


@rule("security/namespace-without-pod-security", Severity.WARNING)
def namespace_without_pod_security(cluster: Cluster) -> Iterator[Mistake]:
    """Find a Namespace that enforces no level of Pod Security while others of the tree do."""
    declared = cluster.of("Namespace", "")
    others = sorted(item.name for item in declared if f"{PREFIX}enforce" in item.labels)
    for item in declared:
        # A key that is nearly the label is reported as that.
        tried = any("pod-security" in key and "enf" in key for key in item.labels)
        if not others or tried or item.name.startswith(_SYSTEM) or item.name == "default":
            continue
        if any(pod.complete for pod in cluster.workloads(item.name)):
            message = f"Namespace {item.name} enforces no level of Pod Security, as {others[0]} does: any pod may run."
            hint = f"Add the label {PREFIX}enforce: restricted, or the level that its pods need."
            yield Mistake(item, ("metadata", "labels") if item.labels else ("metadata",), message, hint)


@rule("security/namespace-outside-mesh")
def namespace_outside_mesh(cluster: Cluster) -> Iterator[Mistake]:
    """Find a Namespace whose pods get no sidecar while the mesh's objects in it speak of them."""
    declared = cluster.of("Namespace", "")
    joined = sorted(item.name for item in declared if joins(item.labels))
    if not joined:
        return  # nobody says here which namespaces are in the mesh
    spoken = defaultdict(list)
    for kind in _MESH:
        for item in cluster.of(kind):
            if item.group in {SECURITY, NETWORKING}:
                spoken[item.namespace].append(item)
    for item in declared:
        own = spoken.get(item.name)
        if not own or joins(item.labels) or any(key.startswith("istio") for key in item.labels):
            continue
        pods = [pod for pod in cluster.workloads(item.name) if pod.complete]
        if item.name.startswith(_SYSTEM) or not pods or not all(outside(pod, item.labels) for pod in pods):
            continue
        message = f"No pod of namespace {item.name} gets a sidecar, so {own[0]} does nothing for them."
        hint = f"Add the label istio-injection: enabled (or istio.io/rev), as {joined[0]} has it."
        severity = None if any(other.group == SECURITY for other in own) else Severity.WARNING
        yield Mistake(item, ("metadata", "labels") if item.labels else ("metadata",), message, hint, severity)
