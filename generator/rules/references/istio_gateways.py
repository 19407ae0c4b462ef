"""Istio Gateways: their pods, certificates and servers, and the VirtualServices that are bound to them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.manifests.selectors import selects_map
from generator.rules.references.gateway_certificates import certificate_missing
from generator.rules.references.istio_registry import NETWORKING, gateway_name, overlap
from generator.rules.rule import Mistake, rule

_USUAL = ("ingressgateway", "egressgateway", "eastwestgateway", "ingress", "egress", "gateway", "eastwest")
_PROTOCOLS = ("HTTP", "HTTPS", "GRPC", "GRPC-WEB", "HTTP2", "MONGO", "TCP", "TLS")
_KEYS = ("istio", "app")


@rule("references/virtual-service-gateway")
def virtual_service_gateway(cluster: Cluster) -> Iterator[Mistake]:
    """Find VirtualServices bound to a gateway that is not there or does not serve their hosts."""
    known = {f"{item.namespace}/{item.name}": item for item in cluster.of("Gateway", NETWORKING)}
    for item in cluster.of("VirtualService", NETWORKING):
        bound = set()
        serving: list[tuple[values.Path, Object]] = []
        for index, stated in enumerate(values.items(item.dig("spec", "gateways"))):
            if not isinstance(stated, str):
                continue
            name = gateway_name(stated, item.namespace)
            bound.add(name)
            path: values.Path = ("spec", "gateways", index)
            if name in known:
                serving.append((path, known[name]))
            elif name != "mesh":
                yield from _no_gateway(cluster, item, path, name, tuple(known))
        if len(serving) == len(bound - {"mesh"}):  # else another gateway may serve what these do not
            yield from _not_served(item, serving)
        yield from _matched_gateways(item, bound or {"mesh"})


def _no_gateway(
    cluster: Cluster, item: Object, path: values.Path, name: str, known: tuple[str, ...]
) -> Iterator[Mistake]:
    where, _, short = name.partition("/")
    if cluster.unseen(where, short):
        return
    hint = did_you_mean(name, known)
    same = next((other for other in known if other.partition("/")[2] == short), "")
    hint = hint or (f"Write '{same}'." if same else "Name a Gateway that is there, as <namespace>/<name>.")
    certain = bool(known) or where == item.namespace
    message = f"There is no Istio Gateway '{short}' in namespace '{where}'."
    yield Mistake(item, path, message, hint, None if certain else Severity.WARNING)


def _not_served(item: Object, gateways: list[tuple[values.Path, Object]]) -> Iterator[Mistake]:
    """Yield the hosts that none of the gateways serves, and the gateways that serve none of the hosts."""
    offers = [offer for _, gateway in gateways if (offer := _offered(item, gateway)) is not None]
    if len(offers) < len(gateways) or not gateways:
        return  # one without servers says nothing
    hosts = [
        (index, host)
        for index, host in enumerate(values.items(item.dig("spec", "hosts")))
        if isinstance(host, str) and host
    ]
    mine = [host for offer in offers for host in offer]
    absent = [(index, host) for index, host in hosts if not any(overlap(one, host) for one in mine)]
    # In a mesh the sidecars are served too, so hosts inside it are no gateway's; but one host must be.
    meshed = "mesh" in item.strings("spec", "gateways")
    inner = [index for index, host in absent if meshed and ("." not in host or ".svc." in host)]
    told = [pair for pair in absent if pair[0] not in inner] or (absent if len(absent) == len(hosts) else [])
    for index, host in told:
        gateway = gateways[0][1]
        shown = ", ".join(_stated(gateway))
        message = f"Gateway '{gateway.namespace}/{gateway.name}' does not serve '{host}'; it serves {shown}."
        hint = did_you_mean(host, mine) or "Add the host to the Gateway, or correct it."
        yield Mistake(item, ("spec", "hosts", index), message, hint)
    for (path, gateway), offer in zip(gateways, offers, strict=True):
        if len(absent) < len(hosts) and not any(overlap(one, host) for one in offer for _, host in hosts):
            shown = ", ".join(_stated(gateway))
            message = f"Gateway '{gateway.namespace}/{gateway.name}' serves none of the hosts; it serves {shown}."
            yield Mistake(item, path, message, "Add a host to the Gateway, or remove it here.")


def _stated(gateway: Object) -> list[str]:
    """Return the hosts of a Gateway's servers; of those that only lead on to HTTPS only where there are no others."""
    servers = [server for _, server in gateway.mappings("spec", "servers")]
    serving = [server for server in servers if not values.flag(server, "tls", "httpsRedirect")]
    return list(dict.fromkeys(host for server in serving or servers for host in values.strings(server, "hosts")))


def _offered(item: Object, gateway: Object) -> list[str] | None:
    """Return the hosts that a Gateway offers to the namespace of a VirtualService, or None if it states none."""
    stated = _stated(gateway)
    offered = [
        host.partition("/")[2] or host
        for host in stated
        if "/" not in host
        or host.partition("/")[0] in {"*", item.namespace}
        or (host.startswith("./") and item.namespace == gateway.namespace)
    ]
    return offered if stated else None


def _matched_gateways(item: Object, bound: set[str]) -> Iterator[Mistake]:
    for section in ("http", "tls", "tcp"):
        for index, route in item.mappings("spec", section):
            for position, match in values.mappings(route, "match"):
                for number, stated in enumerate(values.items(match, "gateways")):
                    if isinstance(stated, str) and gateway_name(stated, item.namespace) not in bound:
                        path = ("spec", section, index, "match", position, "gateways", number)
                        message = f"The VirtualService is not bound to the gateway '{stated}' that this matches."
                        hint = did_you_mean(stated, bound) or "Add it to spec.gateways too."
                        yield Mistake(item, path, message, hint)


@rule("references/istio-gateway-selector")
def istio_gateway_selector(cluster: Cluster) -> Iterator[Mistake]:
    """Find Gateways whose selector selects no gateway pods."""
    workloads = cluster.workloads()
    there = {pod.labels.get(key) for pod in workloads for key in _KEYS} - {None}
    installed = {name for release in cluster.releases for name in release.names}  # by a chart, which labels its pods so
    proxies = [pod for pod in workloads if pod.labels.get("istio") or "gateway.istio.io/managed" in pod.labels]
    for item in cluster.of("Gateway", NETWORKING):
        selector = values.labels(item.value, "spec", "selector")
        if not selector or any(selects_map(selector, pod.labels) for pod in workloads):
            continue
        value = selector.get("istio") or selector.get("app") or ""
        names = {*_USUAL, *(f"istio-{name}" for name in _USUAL)}
        shown = ", ".join(f"{key}={text}" for key, text in sorted(selector.items()))
        message = f"No pod carries the labels of the Gateway's selector ({shown})."
        near = did_you_mean(value, {*names, *filter(None, there)}) if value else ""
        if proxies:
            yield Mistake(item, ("spec", "selector"), message, near or "Select the pods of a gateway.")
        elif value not in {*names, *installed} and near and _slip(value, near):
            yield Mistake(item, ("spec", "selector"), message, near)
        elif not value:
            hint = "Check that the gateway's chart gives its pods these labels."
            yield Mistake(item, ("spec", "selector"), message, hint, Severity.INFO)


def _slip(value: str, near: str) -> bool:
    """Say whether a suggestion differs by a letter or two only: other people's gateways have other names."""
    meant = near.partition("'")[2].partition("'")[0]
    same = sum(1 for one, two in zip(value, meant, strict=False) if one == two)
    back = sum(1 for one, two in zip(value[::-1], meant[::-1], strict=False) if one == two)
    return abs(len(value) - len(meant)) <= 1 and same + back >= max(len(value), len(meant)) - 2 and len(value) > 5


@rule("references/istio-gateway-certificate")
def istio_gateway_certificate(cluster: Cluster) -> Iterator[Mistake]:
    """Find servers whose certificate is in no Secret that the gateway can read."""
    for item in cluster.of("Gateway", NETWORKING):
        selector = values.labels(item.value, "spec", "selector")
        homes = {pod.namespace for pod in cluster.workloads() if selector and selects_map(selector, pod.labels)}
        for index, server in item.mappings("spec", "servers"):
            name = values.text(server, "tls", "credentialName")
            if not name or "://" in name:
                continue
            found = certificate_missing(cluster, name, homes, item.namespace)
            if found is not None:
                path = ("spec", "servers", index, "tls", "credentialName")
                yield Mistake(item, path, found.message, found.hint, found.severity)


@rule("references/istio-gateway-servers")
def istio_gateway_servers(cluster: Cluster) -> Iterator[Mistake]:
    """Find servers that Istio refuses: port names twice, protocols that differ, certificates out of place."""
    for item in cluster.of("Gateway", NETWORKING):
        names: set[str] = set()
        protocols: dict[int, str] = {}
        for index, server in item.mappings("spec", "servers"):
            path: values.Path = ("spec", "servers", index)
            name, protocol = values.text(server, "port", "name"), values.text(server, "port", "protocol").upper()
            number = values.integer(server, "port", "number")
            if name in names:
                message = f"Two servers of the Gateway name their port '{name}'."
                yield Mistake(item, (*path, "port", "name"), message, "Give each port a name of its own.")
            names |= {name} - {""}
            if protocol not in _PROTOCOLS:
                message = f"'{values.text(server, 'port', 'protocol')}' is no protocol of a gateway's port."
                hint = did_you_mean(protocol, _PROTOCOLS) or f"Write one of {', '.join(_PROTOCOLS)}."
                yield Mistake(item, (*path, "port", "protocol"), message, hint)
            elif number is not None and not _alike(protocols.setdefault(number, protocol), protocol):
                message = f"Port {number} is {protocols[number]} in one server and {protocol} in this one."
                yield Mistake(item, (*path, "port", "protocol"), message, "Use one protocol for a port.")
            yield from _server_tls(item, path, server, protocol)


def _alike(one: str, other: str) -> bool:
    secure, plain = {"HTTPS", "TLS"}, {"HTTP", "HTTP2", "GRPC", "GRPC-WEB"}
    return one == other or {one, other} <= secure or {one, other} <= plain


def _server_tls(item: Object, path: values.Path, server: Mapping[str, Any], protocol: str) -> Iterator[Mistake]:
    tls = values.mapping(server, "tls")
    mode = values.text(tls, "mode")
    if protocol in {"HTTP", "HTTP2", "GRPC", "GRPC-WEB"} and (mode or tls.get("credentialName")):
        message = f"The server has a certificate, but its protocol is {protocol}: it serves plain text."
        yield Mistake(item, (*path, "port", "protocol"), message, "Write protocol HTTPS.")
    elif mode in {"PASSTHROUGH", "AUTO_PASSTHROUGH", "ISTIO_MUTUAL"} and tls.get("credentialName"):
        message = f"With mode {mode} the certificate is not used."
        yield Mistake(item, (*path, "tls", "credentialName"), message, "Remove it, or write mode SIMPLE.")


@rule("references/istio-gateway-conflict")
def istio_gateway_conflict(cluster: Cluster) -> Iterator[Mistake]:
    """Find two servers for one host and port of the same gateway pods."""
    seen: dict[tuple[tuple[tuple[str, str], ...], int, str], tuple[Object, int]] = {}
    hosts: dict[tuple[int, int], list[str]] = defaultdict(list)
    for item in cluster.of("Gateway", NETWORKING):
        selector = tuple(sorted(values.labels(item.value, "spec", "selector").items()))
        for index, server in item.mappings("spec", "servers"):
            number = values.integer(server, "port", "number")
            if number is None or not selector:
                continue
            for position, host in enumerate(values.items(server, "hosts")):
                if not isinstance(host, str):
                    continue
                plain = host.partition("/")[2] if host.startswith("*/") else host
                first = seen.setdefault((selector, number, plain), (item, index))
                if first != (item, index) or plain in hosts[id(item), index]:
                    path = ("spec", "servers", index, "hosts", position)
                    other = f"Gateway '{first[0].namespace}/{first[0].name}'"
                    message = f"{other} serves '{plain}' on port {number} of the same pods; one of the two is ignored."
                    yield Mistake(item, path, message, "Let one server serve the host.")
                hosts[id(item), index].append(plain)
