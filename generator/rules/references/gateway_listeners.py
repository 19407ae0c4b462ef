"""Gateways of the Gateway API: listeners that exclude each other, their certificates and their class."""

from collections.abc import Iterator, Mapping
from typing import Any

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.references.gateway_api import GROUP, granted
from generator.rules.references.gateway_certificates import certificate_missing
from generator.rules.references.lookup import is_near
from generator.rules.rule import Mistake, rule

_CLASSES = (
    "istio", "istio-remote", "istio-waypoint", "cilium", "eg", "nginx", "kong", "traefik", "contour", "envoy-gateway",
    "gke-l7-global-external-managed", "gke-l7-regional-external-managed", "gke-l7-rilb", "gke-l7-gxlb",
    "azure-alb-external", "amazon-vpc-lattice", "openshift-default", "haproxy", "linkerd", "cloudflare",
)  # fmt: skip


@rule("references/gateway-listener")
def gateway_listener(cluster: Cluster) -> Iterator[Mistake]:
    """Find listeners that are there twice, and those whose TLS is missing or unused."""
    for item in cluster.of("Gateway", GROUP):
        names: set[str] = set()
        taken: set[tuple[values.Value, str, str]] = set()
        protocols: dict[int, str] = {}
        for index, listener in item.mappings("spec", "listeners"):
            path: values.Path = ("spec", "listeners", index)
            name, host = values.text(listener, "name"), values.text(listener, "hostname")
            protocol, number = values.text(listener, "protocol"), values.integer(listener, "port")
            family = "TLS" if protocol in {"HTTPS", "TLS"} else protocol
            if name in names:
                message = f"Two listeners are named '{name}'."
                yield Mistake(item, (*path, "name"), message, "Give each listener a name of its own.")
            elif number is not None and protocols.setdefault(number, family) != family and family != "UDP":
                message = f"Port {number} is {protocols[number]} in one listener and {protocol} in this one."
                yield Mistake(item, (*path, "protocol"), message, "Use one protocol for a port.")
            elif (number, family, host) in taken:
                message = f"Another listener serves '{host or '*'}' on port {number} already."
                yield Mistake(item, path, message, "Let the hostnames of one port differ.")
            names |= {name}
            taken |= {(number, family, host)}
            yield from _tls(item, path, listener, protocol)


def _tls(item: Object, path: values.Path, listener: Mapping[str, Any], protocol: str) -> Iterator[Mistake]:
    tls = values.mapping(listener, "tls")
    ends = values.text(tls, "mode") in {"", "Terminate"}
    if protocol == "HTTPS" and ends and not tls.get("certificateRefs") and not tls.get("options"):
        message = "The listener ends TLS, but has no certificate."
        yield Mistake(item, path, message, "Write tls.certificateRefs.")
    elif protocol in {"HTTP", "TCP", "UDP"} and tls:
        message = f"A listener of protocol {protocol} takes no tls: it serves plain text, or is refused."
        yield Mistake(item, (*path, "tls"), message, "Write protocol HTTPS.")
    elif protocol == "HTTPS" and values.text(tls, "mode") == "Passthrough":
        message = "An HTTPS listener ends TLS itself: Passthrough is for protocol TLS."
        yield Mistake(item, (*path, "tls", "mode"), message, "Write protocol TLS.")


@rule("references/gateway-certificate")
def gateway_certificate(cluster: Cluster) -> Iterator[Mistake]:
    """Find certificates of listeners that the Gateway cannot read."""
    for item in cluster.of("Gateway", GROUP):
        asks = any(key.startswith("cert-manager.io/") for key in item.annotations)
        for index, listener in item.mappings("spec", "listeners"):
            for position, reference in values.mappings(listener, "tls", "certificateRefs"):
                if values.text(reference, "kind") not in {"", "Secret"} or reference.get("group"):
                    continue
                name, where = values.text(reference, "name"), values.text(reference, "namespace") or item.namespace
                path: values.Path = ("spec", "listeners", index, "tls", "certificateRefs", position)
                absence = certificate_missing(cluster, name, (), where, strict=True)
                if absence is not None and not asks:  # cert-manager makes the Secrets of an annotated Gateway
                    yield Mistake(item, (*path, "name"), absence.message, absence.hint, absence.severity)
                elif where != item.namespace and not granted(cluster, item, where, "Secret", name):
                    message = (
                        f"No ReferenceGrant in namespace '{where}' lets Gateways of '{item.namespace}' read Secrets."
                    )
                    yield Mistake(item, (*path, "namespace"), message, "Add a ReferenceGrant there.")


@rule("references/gateway-class")
def gateway_class(cluster: Cluster) -> Iterator[Mistake]:
    """Find Gateways of a class that is not there."""
    own = {item.name for item in cluster.of("GatewayClass", GROUP)}
    for item in cluster.of("Gateway", GROUP):
        name = item.text("spec", "gatewayClassName")
        if not name or name in own or name in _CLASSES:
            continue
        known = {*own, *_CLASSES}
        if own or is_near(name, known):
            hint = did_you_mean(name, known) or f"The tree has {', '.join(sorted(own))}."
            yield Mistake(item, ("spec", "gatewayClassName"), f"There is no GatewayClass '{name}'.", hint)


@rule("references/policy-target")
def policy_target(cluster: Cluster) -> Iterator[Mistake]:
    """Find policies of the Gateway API for a target that is not there."""
    for item in cluster.objects:
        if not item.kind.endswith("Policy") or not item.group.startswith("gateway.") or not item.namespace:
            continue
        refs = [(("spec", "targetRefs", index), one) for index, one in item.mappings("spec", "targetRefs")]
        single = item.mapping("spec", "targetRef")
        for path, reference in [*refs, *([(("spec", "targetRef"), single)] if single else [])]:
            kind, name = values.text(reference, "kind"), values.text(reference, "name")
            group, where = values.text(reference, "group"), values.text(reference, "namespace") or item.namespace
            if kind and name and not cluster.exists(group, kind, where, name):
                known = cluster.names(group, kind, where)
                message = f"There is no {kind} '{name}' in namespace '{where}'."
                severity = None if cluster.of(kind) else Severity.WARNING
                yield Mistake(item, (*path, "name"), message, did_you_mean(name, known) or "Name one.", severity)
