"""NetworkPolicies: the pods, peers, namespaces and ports that they name must be there, or they allow nothing."""

from collections.abc import Iterator, Mapping

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import SYSTEM_NAMESPACES, Cluster
from generator.manifests.object import Object
from generator.manifests.selectors import selects
from generator.manifests.workload import Workload
from generator.rules.references.lookup import is_near, may_hide
from generator.rules.rule import Mistake, rule

GROUP = "networking.k8s.io"
_NAME = "kubernetes.io/metadata.name"
_INJECTED = frozenset({*range(15000, 15100), 4143, 4190, 4191})
_SIDES = (("ingress", "from"), ("egress", "to"))


@rule("references/policy-no-pods")
def policy_no_pods(cluster: Cluster) -> Iterator[Mistake]:
    """Find a NetworkPolicy that selects no pods: it protects nothing."""
    for policy in cluster.of("NetworkPolicy", GROUP):
        selector = policy.mapping("spec", "podSelector")
        here = cluster.workloads(policy.namespace)
        wanted = values.mapping(selector, "matchLabels")
        if not selector or not here or cluster.selected(policy.namespace, selector):
            continue
        if not may_hide(cluster, policy.namespace, (policy.name, *wanted.values())):
            message = f"{policy} selects no pods in namespace '{policy.namespace}'."
            hint = _near_label(wanted, here) or "Select labels of a pod template."
            yield Mistake(policy, ("spec", "podSelector"), message, hint)


def _near_label(wanted: Mapping[str, values.Value], pods: tuple[Workload, ...]) -> str:
    for key, value in wanted.items():
        known = {pod.labels.get(key) or "" for pod in pods} - {""}
        if isinstance(value, str) and value not in known and (is_near(value, known, 0.75) or len(wanted) == 1):
            return did_you_mean(value, known)
    return ""


def _peers(policy: Object) -> Iterator[tuple[values.Path, Mapping[str, values.Value]]]:
    for side, key in _SIDES:
        for index, entry in policy.mappings("spec", side):
            for number, peer in values.mappings(entry, key):
                yield ("spec", side, index, key, number), peer


class _Namespaces:
    """The namespaces of a cluster with their labels: thousands of peers select some of them."""

    def __init__(self, cluster: Cluster) -> None:
        self.labels = {name: cluster.namespace_labels(name) for name in cluster.namespaces()}

    def of(self, policy: Object, peer: Mapping[str, values.Value]) -> tuple[str, ...]:
        """Return the namespaces of the tree that a peer means."""
        if "namespaceSelector" not in peer:
            return (policy.namespace,)
        selector = values.mapping(peer, "namespaceSelector")
        name = values.text(selector, "matchLabels", _NAME)
        if name:  # the usual way, and the only one that is quick
            return (name,) if name in self.labels and selects(selector, self.labels[name]) else ()
        return tuple(name for name, labels in self.labels.items() if selects(selector, labels))


@rule("references/policy-peer-no-pods", Severity.WARNING)
def policy_peer_no_pods(cluster: Cluster) -> Iterator[Mistake]:
    """Find peers of a NetworkPolicy whose labels no pod has, in namespaces whose pods the tree knows."""
    namespaces = _Namespaces(cluster)
    for policy in cluster.of("NetworkPolicy", GROUP):
        for path, peer in _peers(policy):
            selector = values.mapping(peer, "podSelector")
            names = namespaces.of(policy, peer) if selector else ()
            wanted = values.mapping(selector, "matchLabels")
            if not names or not all(cluster.workloads(name) for name in names):
                continue
            if any(cluster.selected(name, selector) or may_hide(cluster, name, wanted.values()) for name in names):
                continue
            pods = tuple(pod for name in names for pod in cluster.workloads(name))
            near = _near_label(wanted, pods)
            shown = ", ".join(f"'{name}'" for name in names[:3])
            message = f"No pod in namespace {shown} has the labels of this peer."
            certain = any(
                isinstance(value, str) and is_near(value, {pod.labels.get(key) or "" for pod in pods})
                for key, value in wanted.items()
            )
            severity = Severity.ERROR if near and certain else None
            yield Mistake(
                policy, (*path, "podSelector"), message, near or "Write the labels of the peer's pods.", severity
            )


@rule("references/policy-namespace-missing", Severity.WARNING)
def policy_namespace_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Find peers of a NetworkPolicy in namespaces that are not there."""
    namespaces = _Namespaces(cluster)
    names = tuple(namespaces.labels)
    declared = [item.name for item in cluster.of("Namespace", "")]
    for policy in cluster.of("NetworkPolicy", GROUP):
        for path, peer in _peers(policy):
            selector = values.mapping(peer, "namespaceSelector")
            if not selector or namespaces.of(policy, peer):
                continue
            at = (*path, "namespaceSelector")
            name = values.text(selector, "matchLabels", _NAME)
            if name in SYSTEM_NAMESPACES or any(item.namespace in {name, "*"} for item in cluster.releases):
                continue
            if name:
                near = did_you_mean(name, names) if is_near(name, names) else ""
                message = f"There is no namespace '{name}' in the tree."
                hint = near or "Correct the name, or add the Namespace."
                # Without Applications for them nobody knows what else is in the cluster.
                severity = Severity.ERROR if near else None if cluster.releases else Severity.INFO
                yield Mistake(policy, (*at, "matchLabels", _NAME), message, hint, severity)
            elif len(declared) > 1:
                message = "No namespace in the tree has these labels."
                yield Mistake(policy, at, message, f"Label the namespaces, or select them by {_NAME}.")


@rule("references/policy-port-unknown")
def policy_port_unknown(cluster: Cluster) -> Iterator[Mistake]:
    """Find ports of a NetworkPolicy that no pod behind it has: the port of a Service where its pods' is meant."""
    namespaces = _Namespaces(cluster)
    for policy in cluster.of("NetworkPolicy", GROUP):
        for side, key in _SIDES:
            for index, entry in policy.mappings("spec", side):
                found = _behind(cluster, namespaces, policy, entry, key)
                if not found or not all(_known(pod) for pod in found):
                    continue
                declared = [port for pod in found for port in pod.ports()]
                yield from _ports(policy, ("spec", side, index, "ports"), entry, declared)


def _ports(
    policy: Object, path: values.Path, entry: Mapping[str, values.Value], declared: list[tuple[str, int, str]]
) -> Iterator[Mistake]:
    """Yield what is wrong with a rule's ports; a number beside one that fits may be a port that nobody declared."""
    ports = values.mappings(entry, "ports")
    wrong = [(port, list(_port(policy, (*path, number), port, declared))) for number, port in ports]
    some_fit = any(not mistakes for _, mistakes in wrong)
    for port, mistakes in wrong:
        severity = Severity.WARNING if some_fit and isinstance(port.get("port"), int) else None
        for mistake in mistakes:
            yield Mistake(mistake.object, mistake.path, mistake.message, mistake.hint, severity)


def _behind(
    cluster: Cluster, namespaces: _Namespaces, policy: Object, entry: Mapping[str, values.Value], key: str
) -> tuple[Workload, ...]:
    """Return whose ports a rule opens: those of the policy's own pods, or of the pods of all its peers."""
    if key == "from":
        return cluster.selected(policy.namespace, policy.mapping("spec", "podSelector"))
    found: list[Workload] = []
    for _, peer in values.mappings(entry, "to"):
        names = namespaces.of(policy, peer)
        pods = [pod for name in names for pod in cluster.selected(name, values.mapping(peer, "podSelector"))]
        if "ipBlock" in peer or not pods or not all(cluster.workloads(name) for name in names):
            return ()
        found += pods
    return tuple(found)


def _known(pod: Workload) -> bool:
    containers = [container for _, container in values.mappings(pod.spec, "containers")]
    return pod.complete and bool(containers) and all(values.items(item, "ports") for item in containers)


def _port(
    policy: Object, path: values.Path, port: Mapping[str, values.Value], declared: list[tuple[str, int, str]]
) -> Iterator[Mistake]:
    wanted, protocol = port.get("port"), values.text(port, "protocol") or "TCP"
    if isinstance(wanted, bool) or not isinstance(wanted, (int, str)) or wanted in _INJECTED:
        return
    last = values.integer(port, "endPort") or wanted
    fits = {
        speaks
        for name, number, speaks in declared
        if wanted == name or (isinstance(wanted, int) and isinstance(last, int) and wanted <= number <= last)
    }
    shown = ", ".join(sorted({f"{name} ({number})" if name else str(number) for name, number, _ in declared}))
    if not fits:
        message = f"No pod behind this rule has the port {wanted!r}."
        yield Mistake(policy, (*path, "port"), message, f"Ports of pods count, not of Services: {shown}.")
    elif protocol not in fits:
        message = f"The port {wanted!r} of these pods speaks {' and '.join(sorted(fits))}, not {protocol}."
        yield Mistake(
            policy, (*path, "protocol" if "protocol" in port else "port"), message, "Write the pods' protocol."
        )
