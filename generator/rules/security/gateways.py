"""Gateways of Istio and of the Gateway API: plain text, old TLS, every host."""

from collections.abc import Iterator, Mapping
from typing import Any

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.manifests.selectors import selects_map
from generator.rules.rule import Mistake, rule
from generator.rules.security.mesh import NETWORKING

_API = "gateway.networking.k8s.io"
_INSIDE = ("internal", "private", "eastwest", "east-west", "cross-network", "waypoint", "egress", "mesh")
_WEAK = ("RC4", "3DES", "NULL", "MD5", "EXPORT", "anon")
_ACME = "/.well-known/acme-challenge"


def _servers(cluster: Cluster) -> Iterator[tuple[Object, values.Path, Mapping[str, Any]]]:
    for item in cluster.of("Gateway", NETWORKING):
        for index, server in item.mappings("spec", "servers"):
            yield item, ("spec", "servers", index), server


def _inside(item: Object, server: Mapping[str, Any]) -> bool:
    said = (item.name, item.text("spec", "gatewayClassName"), *values.labels(item.value, "spec", "selector").values())
    hosts = values.strings(server, "hosts")
    local = bool(hosts) and all(host.endswith((".local", ".internal", ".svc")) for host in hosts)
    return local or any(word in text for text in said for word in _INSIDE)


@rule("security/gateway-plain-text")
def gateway_plain_text(cluster: Cluster) -> Iterator[Mistake]:
    """Find servers of a Gateway that speak HTTP and do not redirect."""
    for item, path, server in _servers(cluster):
        protocol = values.text(server, "port", "protocol").upper()
        redirected = values.flag(server, "tls", "httpsRedirect")
        if protocol not in {"HTTP", "HTTP2", "GRPC", "GRPC-WEB"} or redirected or _ends_before(cluster, item):
            continue
        routes = list(_bound(cluster, item))
        if routes and all(_only_redirects(route) for route in routes):
            continue
        hosts = ", ".join(values.strings(server, "hosts")) or "its hosts"
        message = f"The server on port {values.dig(server, 'port', 'number')} takes plain text for {hosts}."
        hint = "Write tls: {httpsRedirect: true}, beside a server with HTTPS."
        severity = Severity.WARNING if _inside(item, server) else None
        yield Mistake(item, (*path, "port", "protocol"), message, hint, severity)


def _ends_before(cluster: Cluster, item: Object) -> bool:
    """Say whether a load balancer before the gateway speaks TLS for it."""
    wanted = values.labels(item.value, "spec", "selector")
    for service in cluster.of("Service", ""):
        if selects_map(wanted, values.labels(service.value, "spec", "selector")) and any(
            "ssl-cert" in key or "certificate" in key for key in service.annotations
        ):
            return True
    return False


def _bound(cluster: Cluster, item: Object) -> Iterator[Object]:
    names = {f"{item.namespace}/{item.name}"}
    for route in cluster.of("VirtualService", NETWORKING):
        own = names | ({item.name} if route.namespace == item.namespace else set())
        if own.intersection(route.strings("spec", "gateways")):
            yield route


def _only_redirects(route: Object) -> bool:
    parts = route.mappings("spec", "http")
    return bool(parts) and all("redirect" in part or _is_acme(part) for _, part in parts)


def _is_acme(part: Mapping[str, Any]) -> bool:
    uris = [values.mapping(match, "uri") for _, match in values.mappings(part, "match")]
    return bool(uris) and all(any(str(text).startswith(_ACME) for text in uri.values()) for uri in uris)


@rule("security/gateway-weak-tls")
def gateway_weak_tls(cluster: Cluster) -> Iterator[Mistake]:
    """Find old TLS versions, weak ciphers, and TLS without a certificate."""
    for item, path, server in _servers(cluster):
        tls = values.mapping(server, "tls")
        for field in ("minProtocolVersion", "maxProtocolVersion"):
            version = values.text(tls, field)
            if version in {"TLSV1_0", "TLSV1_1"}:
                message = f"{field} is {version}, which is broken and refused by browsers."
                yield Mistake(item, (*path, "tls", field), message, "Write TLSV1_2 or TLSV1_3.")
        for index, cipher in enumerate(values.strings(tls, "cipherSuites")):
            if any(word in cipher for word in _WEAK):
                message = f"The cipher suite {cipher} is broken."
                yield Mistake(item, (*path, "tls", "cipherSuites", index), message, "Remove it.")
        mode = values.text(tls, "mode") or "SIMPLE"
        certified = any(
            tls.get(key) for key in ("credentialName", "credentialNames", "serverCertificate", "tlsCertificates")
        )
        needed = not tls or (mode in {"SIMPLE", "MUTUAL", "OPTIONAL_MUTUAL"} and not certified)
        if values.text(server, "port", "protocol").upper() == "HTTPS" and needed:
            message = "The server speaks HTTPS and names no certificate; Istio refuses it."
            place = (*path, "tls") if tls else path
            yield Mistake(item, place, message, "Write tls with a credentialName.")


@rule("security/gateway-any-host", Severity.WARNING)
def gateway_any_host(cluster: Cluster) -> Iterator[Mistake]:
    """Find servers that answer for every host."""
    for item, path, server in _servers(cluster):
        for index, host in enumerate(values.strings(server, "hosts")):
            if host in {"*", "*/*"} and not _inside(item, server) and not values.flag(server, "tls", "httpsRedirect"):
                message = (
                    "The server answers for every host, so any VirtualService may publish what it likes through it."
                )
                yield Mistake(item, (*path, "hosts", index), message, "Name the hosts.")


@rule("security/listener-plain-text")
def listener_plain_text(cluster: Cluster) -> Iterator[Mistake]:
    """Find listeners of the Gateway API that serve plain text to the public."""
    routes = cluster.of("HTTPRoute", _API)
    for item in cluster.of("Gateway", _API):
        listeners = item.mappings("spec", "listeners")
        secured = any(values.text(listener, "protocol") in {"HTTPS", "TLS"} for _, listener in listeners)
        for index, listener in listeners:
            if values.text(listener, "protocol") != "HTTP" or _inside(item, listener):
                continue
            served = next((route for route in routes if _serves(route, item, listener)), None)
            if served is not None:
                message = f"The listener takes plain text, and {served} serves it without a redirect."
                hint = "Attach the route to an HTTPS listener (sectionName), and a redirecting route to this one."
                severity = Severity.WARNING if secured and not _sections(served, item) else None
                yield Mistake(item, ("spec", "listeners", index, "protocol"), message, hint, severity)


def _sections(route: Object, gateway: Object) -> set[str]:
    """Return the names of the listeners that a route attaches to; none means all of them."""
    return {values.text(ref, "sectionName") for ref in _parents(route, gateway)} - {""}


def _parents(route: Object, gateway: Object) -> Iterator[Mapping[str, Any]]:
    for _, ref in route.mappings("spec", "parentRefs"):
        namespace = values.text(ref, "namespace") or route.namespace
        if (namespace, values.text(ref, "name")) == (gateway.namespace, gateway.name) and ref.get("kind") != "Service":
            yield ref


def _serves(route: Object, gateway: Object, listener: Mapping[str, Any]) -> bool:
    parents = [
        ref
        for ref in _parents(route, gateway)
        if values.text(ref, "sectionName") in {"", values.text(listener, "name")}
        and ref.get("port") in (None, listener.get("port"))
    ]
    return bool(parents) and not all(_harmless(one) for _, one in route.mappings("spec", "rules"))


def _harmless(one: Mapping[str, Any]) -> bool:
    redirects = any(values.text(item, "type") == "RequestRedirect" for _, item in values.mappings(one, "filters"))
    paths = [values.text(match, "path", "value") for _, match in values.mappings(one, "matches")]
    return redirects or (bool(paths) and all(path.startswith(_ACME) for path in paths))
