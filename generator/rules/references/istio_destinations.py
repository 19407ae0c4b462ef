"""DestinationRules that contradict each other, their own TLS settings, or what the pods behind them accept."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.manifests.workload import Workload
from generator.rules.references.istio_mtls import PeerModes
from generator.rules.references.istio_registry import NETWORKING, Backend, Registry, full_name
from generator.rules.rule import Mistake, rule


def _rules(cluster: Cluster) -> tuple[Object, ...]:
    return cluster.of("DestinationRule", NETWORKING)


@rule("references/destination-rule-conflict")
def destination_rule_conflict(cluster: Cluster) -> Iterator[Mistake]:
    """Find subsets of one name, and DestinationRules of one host whose settings exclude each other."""
    hosts: dict[tuple[str, str], list[Object]] = defaultdict(list)
    for item in _rules(cluster):
        yield from _subset_twice(item)
        if item.text("spec", "host") and not item.mapping("spec", "workloadSelector"):
            hosts[item.namespace, full_name(item.text("spec", "host"), item.namespace)].append(item)
    for (namespace, host), found in hosts.items():
        first = found[0]
        for item in found[1:]:
            both = bool(first.mapping("spec", "trafficPolicy") and item.mapping("spec", "trafficPolicy"))
            shared = _subset_names(first) & _subset_names(item)
            message = f"DestinationRule '{first.name}' is for '{host}' in namespace '{namespace}' too"
            if both or shared:
                what = "trafficPolicy" if both else f"subset '{min(shared)}'"
                yield Mistake(item, ("spec", "host"), f"{message}, and one {what} is ignored.", "Merge the two.")
            else:
                yield Mistake(item, ("spec", "host"), f"{message}.", "Merge the two.", Severity.WARNING)


def _subset_names(item: Object) -> set[str]:
    return {values.text(subset, "name") for _, subset in item.mappings("spec", "subsets")}


def _subset_twice(item: Object) -> Iterator[Mistake]:
    seen = set()
    for index, subset in item.mappings("spec", "subsets"):
        name = values.text(subset, "name")
        if name in seen:
            message = f"The DestinationRule has two subsets '{name}'."
            yield Mistake(item, ("spec", "subsets", index, "name"), message, "Give each subset a name of its own.")
        seen.add(name)


def _tls_settings(item: Object) -> Iterator[tuple[values.Path, Mapping[str, Any], int | None]]:
    """Yield (path, tls, port number or None for all ports) of the rule's own policy and of its subsets'."""
    policies: list[values.Path] = [("spec", "trafficPolicy")]
    policies += [("spec", "subsets", index, "trafficPolicy") for index, _ in item.mappings("spec", "subsets")]
    for at in policies:
        if item.mapping(*at, "tls"):
            yield (*at, "tls"), item.mapping(*at, "tls"), None
        for index, settings in item.mappings(*at, "portLevelSettings"):
            if values.mapping(settings, "tls"):
                path = (*at, "portLevelSettings", index, "tls")
                yield path, values.mapping(settings, "tls"), values.integer(settings, "port", "number")


@rule("references/destination-rule-tls")
def destination_rule_tls(cluster: Cluster) -> Iterator[Mistake]:
    """Find TLS settings that Istio refuses, and plain text that is sent to a port of HTTPS."""
    for item in _rules(cluster):
        for path, tls, _ in _tls_settings(item):
            mode = values.text(tls, "mode")
            files = [key for key in ("clientCertificate", "privateKey", "caCertificates") if tls.get(key)]
            if mode == "ISTIO_MUTUAL" and (files or tls.get("credentialName")):
                message = "With mode ISTIO_MUTUAL the mesh's own certificates are used, and Istio refuses others."
                yield Mistake(item, path, message, "Remove the certificates, or write mode MUTUAL.")
            elif files and tls.get("credentialName"):
                yield Mistake(item, path, "It has both certificate files and credentialName.", "Keep one of them.")
    registry = Registry(cluster)
    for entry in cluster.of("ServiceEntry", NETWORKING):
        yield from _plain_to_tls(registry, entry)


def _plain_to_tls(registry: Registry, entry: Object) -> Iterator[Mistake]:
    """Yield ports of a ServiceEntry that take HTTP and pass it on to port 443, with nothing that encrypts it."""
    for index, port in entry.mappings("spec", "ports"):
        if values.integer(port, "targetPort") != 443 or not values.text(port, "protocol").upper().startswith("HTTP"):
            continue
        if values.text(port, "protocol").upper() == "HTTPS":
            continue
        for host in entry.strings("spec", "hosts"):
            backend = Backend(host, entry.namespace, entry.name, entry, None)
            settings = [
                values.text(tls, "mode")
                for item in registry.destination_rules(backend, entry.namespace)
                for _, tls, number in _tls_settings(item)
                if number in {None, values.integer(port, "number")}
            ]
            if not {"SIMPLE", "MUTUAL"} & {*settings}:
                message = f"Plain HTTP goes to port 443 of '{host}': no DestinationRule turns it into TLS."
                hint = "Write a DestinationRule of the host with tls mode SIMPLE."
                yield Mistake(entry, ("spec", "ports", index, "targetPort"), message, hint)


@rule("references/mtls-mismatch")
def mtls_mismatch(cluster: Cluster) -> Iterator[Mistake]:
    """Find DestinationRules that send what the pods' PeerAuthentication refuses."""
    registry, modes = Registry(cluster), PeerModes(cluster)
    for item in _rules(cluster):
        found = registry.find(item.text("spec", "host"), item.namespace)
        if not isinstance(found, Backend) or found.object is None or found.object.kind != "Service":
            continue
        selector = values.labels(found.object.value, "spec", "selector")
        pods = cluster.pods_with(found.namespace, selector) if selector else ()
        own = {number for _, _, number in _tls_settings(item) if number is not None}
        for path, tls, number in _tls_settings(item):
            ports = [
                port
                for _, port in found.object.mappings("spec", "ports")
                if values.integer(port, "port") == number
                or (number is None and values.integer(port, "port") not in own)
            ]
            yield from _refused(item, (*path, "mode"), values.text(tls, "mode"), modes, pods, ports)


def _refused(
    item: Object,
    path: values.Path,
    mode: str,
    modes: PeerModes,
    pods: tuple[Workload, ...],
    ports: list[Mapping[str, Any]],
) -> Iterator[Mistake]:
    for pod in pods:
        accepted = {modes.mode(pod, _target(pod, port)) for port in ports}
        if mode == "DISABLE" and "STRICT" in accepted:
            message = f"The rule sends plain text, but the pods of {pod.object.name} accept mutual TLS only (STRICT)."
            yield Mistake(item, path, message, "Write ISTIO_MUTUAL, or remove tls.")
            return
        if mode == "ISTIO_MUTUAL" and "DISABLE" in accepted:
            message = f"The rule sends mutual TLS, but the pods of {pod.object.name} accept plain text only."
            yield Mistake(item, path, message, "Let the PeerAuthentication and the rule agree.")
            return


def _target(pod: Workload, port: Mapping[str, Any]) -> int | None:
    """Return the number of the container port that a Service's port leads to."""
    target = port.get("targetPort", port.get("port"))
    if isinstance(target, str):
        return next((number for name, number, _ in pod.ports() if name == target), None)
    return target if isinstance(target, int) else None
