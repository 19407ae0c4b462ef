"""Plain text and unverified TLS in the mesh: PeerAuthentications and DestinationRules."""

from collections.abc import Iterator, Mapping
from typing import Any

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.manifests.workload import Workload
from generator.rules.rule import Mistake, rule
from generator.rules.security.mesh import (
    NETWORKING,
    ROOT,
    SECURITY,
    injected,
    match_labels,
    selected,
    services_of,
    strict,
)

_PLAIN = ("PERMISSIVE", "DISABLE")
_MESH_PORTS = frozenset((15020, 15021, 15090))
_SCRAPED = ("metric", "prom", "scrape", "monitor")
_CALLED_FROM_OUTSIDE = ("webhook", "health", "probe")


@rule("security/plain-text-allowed")
def plain_text_allowed(cluster: Cluster) -> Iterator[Mistake]:
    """Find workloads that take requests without mutual TLS, beyond the port that is scraped."""
    names = _monitored(cluster)
    for item in cluster.of("PeerAuthentication", SECURITY):
        mode = item.text("spec", "mtls", "mode")
        if mode in _PLAIN:
            whom = "the workloads selected" if match_labels(item) else f"namespace {item.namespace}"
            whom = "the whole mesh" if item.namespace == ROOT and not match_labels(item) else whom
            message = f"{mode} lets requests in plain text, of nobody known, into {whom}."
            yield Mistake(
                item, ("spec", "mtls", "mode"), message, "Write STRICT, and portLevelMtls for a scraped port."
            )
        for port, setting in item.mapping("spec", "portLevelMtls").items():
            own = values.text(setting, "mode")
            if own in _PLAIN and str(port).isdigit() and not _is_scraped(cluster, item, int(port), names):
                message = f"{own} opens port {port} for plain text, and it is not the port that is scraped."
                path = ("spec", "portLevelMtls", port, "mode")
                yield Mistake(item, path, message, "Write STRICT, or name the port of the metrics.")


def _monitored(cluster: Cluster) -> frozenset[str | int]:
    """Return the names and numbers of the ports that monitors scrape."""
    found: set[str | int] = set()
    for kind, key in (("ServiceMonitor", "endpoints"), ("PodMonitor", "podMetricsEndpoints")):
        for monitor in cluster.of(kind, "monitoring.coreos.com"):
            for _, endpoint in monitor.mappings("spec", key):
                for field in ("port", "targetPort", "portNumber"):
                    value = endpoint.get(field)
                    if isinstance(value, str | int):
                        found.add(value)
    return frozenset(found)


def _is_scraped(cluster: Cluster, item: Object, port: int, names: frozenset[str | int]) -> bool:
    pods = selected(cluster, item)
    if port in _MESH_PORTS or port in names or not pods:
        return True
    return any(_opened(cluster, pod, port, names) for pod in pods)


def _opened(cluster: Cluster, pod: Workload, port: int, names: frozenset[str | int]) -> bool:
    annotations = values.mapping(pod.object.value, *(pod.template or ()), "metadata", "annotations")
    if str(annotations.get("prometheus.io/port", "")) == str(port) or not pod.complete:
        return True
    own = {name for name, number, _ in pod.ports() if number == port}
    return _is_outward(own, names) or _is_outward(_service_names(cluster, pod, port, own), names)


def _service_names(cluster: Cluster, pod: Workload, port: int, own: set[str]) -> set[str]:
    """Return the names that Services give to a port of a workload's pods."""
    found = set()
    for service in services_of(cluster, pod):
        for _, entry in service.mappings("spec", "ports"):
            target = entry.get("targetPort", entry.get("port"))
            if target == port or (isinstance(target, str) and target in own):
                found.add(values.text(entry, "name"))
    return found


def _is_outward(own: set[str], names: frozenset[str | int]) -> bool:
    return any(name in names or any(word in name for word in (*_SCRAPED, *_CALLED_FROM_OUTSIDE)) for name in own)


def _tls(item: Object) -> Iterator[tuple[values.Path, Mapping[str, Any]]]:
    """Yield (path, TLS settings) of a DestinationRule: its own, of its ports, of its subsets."""
    bases: list[values.Path] = [("spec", "trafficPolicy")]
    bases += [("spec", "subsets", index, "trafficPolicy") for index, _ in item.mappings("spec", "subsets")]
    for base in bases:
        yield (*base, "tls"), item.mapping(*base, "tls")
        for index, _ in item.mappings(*base, "portLevelSettings"):
            place = (*base, "portLevelSettings", index, "tls")
            yield place, item.mapping(*place)


@rule("security/destination-unverified")
def destination_unverified(cluster: Cluster) -> Iterator[Mistake]:
    """Find TLS to hosts whose certificate nobody looks at."""
    for item in cluster.of("DestinationRule", NETWORKING):
        for path, tls in _tls(item):
            mode = values.text(tls, "mode")
            if tls.get("insecureSkipVerify") is True:
                message = f"The certificate of {item.text('spec', 'host')} is not verified: anybody may answer for it."
                yield Mistake(item, (*path, "insecureSkipVerify"), message, "Remove it, and name caCertificates.")
            elif mode == "SIMPLE" and not (
                tls.get("subjectAltNames") or tls.get("caCertificates") or tls.get("credentialName")
            ):
                message = f"Any certificate of a public authority will do for {item.text('spec', 'host')}."
                yield Mistake(item, path, message, "Name the subjectAltNames that it must carry.", Severity.INFO)
            elif mode == "MUTUAL" and not (
                tls.get("credentialName") or (tls.get("clientCertificate") and tls.get("privateKey"))
            ):
                message = "MUTUAL needs a certificate to show, and none is named."
                yield Mistake(
                    item, (*path, "mode"), message, "Name credentialName, or clientCertificate and privateKey."
                )


@rule("security/destination-plain-text", Severity.WARNING)
def destination_plain_text(cluster: Cluster) -> Iterator[Mistake]:
    """Find callers that are told to speak without mutual TLS."""
    for item in cluster.of("DestinationRule", NETWORKING):
        host = item.text("spec", "host")
        for path, tls in _tls(item):
            mode = values.text(tls, "mode")
            if mode in {"DISABLE", "SIMPLE", "MUTUAL"} and _demands_mutual_tls(cluster, _service(cluster, item, host)):
                message = (
                    f"{host} demands the mesh's mutual TLS (STRICT), and its callers are told {mode}: every call fails."
                )
                hint = "Remove tls, or write ISTIO_MUTUAL."
                yield Mistake(item, (*path, "mode"), message, hint, Severity.ERROR)
            elif mode == "DISABLE" and not host.startswith("kubernetes.default"):
                message = f"Calls to {host} go in plain text."
                yield Mistake(item, (*path, "mode"), message, "Remove tls, or write ISTIO_MUTUAL or SIMPLE.")


def _demands_mutual_tls(cluster: Cluster, service: Object | None) -> bool:
    if service is None:
        return False
    return injected(cluster, service.namespace) and strict(cluster, service.namespace)


def _service(cluster: Cluster, item: Object, host: str) -> Object | None:
    parts = host.removesuffix(".cluster.local").removesuffix(".svc").split(".")
    if len(parts) > 2:
        return None
    return cluster.get("", "Service", parts[1] if len(parts) == 2 else item.namespace, parts[0])
