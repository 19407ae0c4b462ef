"""Istio policies and the pods that they are for: selectors, targets, ports, and two that exclude each other."""

from collections.abc import Iterator, Mapping
from typing import Any

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import SYSTEM_NAMESPACES, Cluster
from generator.manifests.object import Object
from generator.manifests.selectors import selects_map
from generator.manifests.workload import Workload
from generator.rules.references.istio_registry import NETWORKING, ROOT, SECURITY
from generator.rules.rule import Mistake, rule

_SELECTORS: tuple[tuple[str, str, values.Path], ...] = (
    (SECURITY, "AuthorizationPolicy", ("spec", "selector", "matchLabels")),
    (SECURITY, "PeerAuthentication", ("spec", "selector", "matchLabels")),
    (SECURITY, "RequestAuthentication", ("spec", "selector", "matchLabels")),
    (NETWORKING, "Sidecar", ("spec", "workloadSelector", "labels")),
    (NETWORKING, "EnvoyFilter", ("spec", "workloadSelector", "labels")),
    (NETWORKING, "ProxyConfig", ("spec", "selector", "matchLabels")),
    (NETWORKING, "DestinationRule", ("spec", "workloadSelector", "matchLabels")),
    (NETWORKING, "ServiceEntry", ("spec", "workloadSelector", "labels")),
    ("telemetry.istio.io", "Telemetry", ("spec", "selector", "matchLabels")),
    ("extensions.istio.io", "WasmPlugin", ("spec", "selector", "matchLabels")),
)
_CORE = {"Service": "", "ServiceEntry": NETWORKING, "Gateway": "gateway.networking.k8s.io"}


def policy_pods(cluster: Cluster, of: Object, labels: Mapping[str, str]) -> tuple[Workload, ...]:
    """Return the pods that a policy's selector selects: of its namespace, or of all when it is the mesh's root."""
    pods = cluster.workloads(None if of.namespace == ROOT else of.namespace)
    return tuple(pod for pod in pods if selects_map(labels, pod.labels))


# The gateways' label where istioctl or a chart installs them, of which the tree shows nothing.
_INSTALLED = frozenset({"ingressgateway", "egressgateway", "eastwestgateway"})


@rule("references/istio-selector-no-pods")
def istio_selector_no_pods(cluster: Cluster) -> Iterator[Mistake]:
    """Find policies whose selector selects no pod."""
    for group, kind, path in _SELECTORS:
        for item in cluster.of(kind, group):
            labels = values.labels(item.value, *path)
            if not labels or policy_pods(cluster, item, labels):
                continue
            if kind == "ServiceEntry" and _workload_entry(cluster, item, labels):
                continue
            there = cluster.workloads(item.namespace)
            if not there or cluster.unseen(item.namespace, next(iter(labels.values()))):
                continue
            shown = ", ".join(f"{key}={value}" for key, value in sorted(labels.items()))
            message = f"No pod in namespace '{item.namespace}' carries the labels of the selector ({shown})."
            severity = Severity.WARNING if labels.get("istio") in _INSTALLED else None
            yield Mistake(item, path, message, _near(labels, there), severity)


def _workload_entry(cluster: Cluster, item: Object, labels: Mapping[str, str]) -> bool:
    entries = (*cluster.of("WorkloadEntry", NETWORKING), *cluster.of("WorkloadGroup", NETWORKING))
    return any(
        other.namespace == item.namespace
        and (
            selects_map(labels, values.labels(other.value, "spec", "labels"))
            or selects_map(labels, values.labels(other.value, "spec", "metadata", "labels"))
        )
        for other in entries
    )


def _near(labels: Mapping[str, str], pods: tuple[Workload, ...]) -> str:
    keys = {key for pod in pods for key in pod.labels}
    for key, value in labels.items():
        if key not in keys:
            return did_you_mean(key, keys) or f"No pod there has a label {key}."
        there = {found for pod in pods if (found := pod.labels.get(key))}
        if value not in there:
            near = did_you_mean(value, there)
            if near:
                return near
    return "Use the labels of the pod template."


@rule("references/istio-target-unknown")
def istio_target_unknown(cluster: Cluster) -> Iterator[Mistake]:
    """Find policies whose targetRefs name what is not there."""
    for kind, group in (
        ("AuthorizationPolicy", SECURITY),
        ("RequestAuthentication", SECURITY),
        ("Telemetry", "telemetry.istio.io"),
        ("WasmPlugin", "extensions.istio.io"),
    ):
        for item in cluster.of(kind, group):
            refs = [(("spec", "targetRefs", index), ref) for index, ref in item.mappings("spec", "targetRefs")]
            if item.mapping("spec", "targetRef"):
                refs.append((("spec", "targetRef"), item.mapping("spec", "targetRef")))  # type: ignore[arg-type]
            for path, ref in refs:
                wanted, name = values.text(ref, "kind"), values.text(ref, "name")
                known = _CORE.get(wanted)
                if known is None or cluster.exists(known, wanted, item.namespace, name):
                    continue
                hint = did_you_mean(name, cluster.names(known, wanted, item.namespace))
                message = f"There is no {wanted} '{name}' in namespace '{item.namespace}'."
                yield Mistake(item, (*path, "name"), message, hint or "Name one that is there.")


@rule("references/peer-authentication-port")
def peer_authentication_port(cluster: Cluster) -> Iterator[Mistake]:
    """Find port settings of a PeerAuthentication that hold for no port of its pods."""
    for item in cluster.of("PeerAuthentication", SECURITY):
        ports = item.mapping("spec", "portLevelMtls")
        labels = values.labels(item.value, "spec", "selector", "matchLabels")
        if ports and not labels:
            message = "portLevelMtls holds only with a selector: without one it is refused."
            yield Mistake(item, ("spec", "portLevelMtls"), message, "Add a selector.")
            continue
        pods = policy_pods(cluster, item, labels) if ports else ()
        known = known_ports(pods)
        for port in ports:
            if known is not None and str(port) not in known:
                message = f"The selected pods have no port {port}; they have {', '.join(sorted(known))}."
                hint = "Write the port that the container listens on, not the Service's."
                yield Mistake(item, ("spec", "portLevelMtls", port), message, hint)


def known_ports(pods: tuple[Workload, ...]) -> set[str] | None:
    """Return the port numbers that pods declare; None when some pod declares none or is not in the tree."""
    found = set()
    for pod in pods:
        own = {str(number) for _, number, _ in pod.ports()}
        if not own or not pod.complete:
            return None
        found |= own
    return found or None


@rule("references/istio-policy-conflict")
def istio_policy_conflict(cluster: Cluster) -> Iterator[Mistake]:
    """Find two Sidecars or PeerAuthentications for the same pods, of which one is ignored."""
    for kind, group, path in (
        ("Sidecar", NETWORKING, ("spec", "workloadSelector", "labels")),
        ("PeerAuthentication", SECURITY, ("spec", "selector", "matchLabels")),
    ):
        seen: dict[tuple[str, tuple[tuple[str, str], ...]], Object] = {}
        pods: dict[int, Object] = {}
        for item in cluster.of(kind, group):
            labels = values.labels(item.value, *path)
            key = (item.namespace, tuple(sorted(labels.items())))
            other = seen.setdefault(key, item)
            if other is item and labels:
                other = next((pods[id(pod)] for pod in policy_pods(cluster, item, labels) if id(pod) in pods), item)
                pods |= {id(pod): item for pod in policy_pods(cluster, item, labels)}
            if other is not item:
                what = "the same pods" if labels else f"the whole namespace '{item.namespace}'"
                message = f"{kind} '{other.name}' is for {what} too, and only the older one holds."
                yield Mistake(item, path[:-1] if labels else ("metadata", "name"), message, "Merge the two.")


@rule("references/injection-label")
def injection_label(cluster: Cluster) -> Iterator[Mistake]:
    """Find labels of Namespaces that are meant to switch on the mesh and do not."""
    for item in cluster.of("Namespace", ""):
        for key, value in item.labels.items():
            at = ("metadata", "labels", key)
            if key == "istio-injection" and value not in {"enabled", "disabled"}:
                hint = did_you_mean(value, ["enabled", "disabled"]) or "Write enabled or disabled."
                yield Mistake(item, at, f"'{value}' is no value of istio-injection: no sidecar is injected.", hint)
            elif key == "istio.io/dataplane-mode" and value not in {"ambient", "none"}:
                message = f"'{value}' is no data plane mode of Istio."
                yield Mistake(item, at, message, did_you_mean(value, ["ambient", "none"]) or "Write ambient.")
            elif _misspelt(key):
                message = f"The label '{key}' does nothing."
                yield Mistake(item, at, message, did_you_mean(key, ["istio-injection", "istio.io/rev"]))
        if item.labels.get("istio-injection") == "enabled" and "istio.io/rev" in item.labels:
            message = "With istio-injection the label istio.io/rev is ignored."
            yield Mistake(item, ("metadata", "labels", "istio.io/rev"), message, "Keep one of them.", Severity.WARNING)


def _misspelt(key: str) -> bool:
    known = {"istio-injection", "istio.io/rev", "istio.io/dataplane-mode", "istio.io/use-waypoint"}
    if key in known or (
        key.startswith(("istio.io/", "topology.istio.io/")) and not did_you_mean(key, ["istio.io/rev"])
    ):
        return False
    return key.replace("_", "-").lower() in {*known, "istio-inject", "istioinjection"} or (
        key.startswith("istio") and "inj" in key and bool(did_you_mean(key, ["istio-injection"]))
    )


def namespace_missing(cluster: Cluster, name: str) -> tuple[str, Severity] | None:
    """Return (hint, severity) when a namespace is not one that the tree knows, else None."""
    if name in SYSTEM_NAMESPACES or name in cluster.namespaces() or any(c in name for c in "*{"):
        return None
    if any(release.namespace in {name, "*"} for release in cluster.releases):
        return None
    near = did_you_mean(name, cluster.namespaces())
    if near:
        return near, Severity.ERROR
    if cluster.of("Namespace", "") and not name.startswith(("istio", "gke-", "aks-")):
        return "Name a namespace that is there.", Severity.WARNING
    return None


def rules_of(item: Object, side: str) -> Iterator[tuple[values.Path, Mapping[str, Any]]]:
    """Yield (path, source or operation) of an AuthorizationPolicy's rules; side is "from" or "to"."""
    inner = "source" if side == "from" else "operation"
    for index, entry in item.mappings("spec", "rules"):
        for position, part in values.mappings(entry, side):
            yield ("spec", "rules", index, side, position, inner), values.mapping(part, inner)
