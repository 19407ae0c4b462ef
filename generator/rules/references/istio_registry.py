"""What a host means in an Istio mesh: the Service or ServiceEntry behind it, its ports, and who may see it."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object

NETWORKING = "networking.istio.io"
SECURITY = "security.istio.io"
ROOT = "istio-system"

# The namespace is empty where a resource says none: then so is that of the Services beside it.
_SERVICE = re.compile(r"([^.*]+)\.([^.*]*)\.svc\.(.+)")
_PARTIAL = re.compile(r"([^.*]+)\.([^.*]+)(?:\.svc)?")
_PROTOCOLS = {
    "http": "HTTP", "http2": "HTTP", "grpc": "HTTP", "grpc-web": "HTTP", "https": "TLS", "tls": "TLS",
    "tcp": "TCP", "mongo": "TCP", "mysql": "TCP", "redis": "TCP", "udp": "UDP",
    "kubernetes.io/h2c": "HTTP", "kubernetes.io/ws": "HTTP", "kubernetes.io/wss": "TLS",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Port:
    """A port of a Service or ServiceEntry; protocol is HTTP, TLS, TCP, UDP, or "" where the proxy finds out itself."""

    number: int
    name: str
    protocol: str


@dataclass(frozen=True, slots=True, eq=False)
class Backend:
    """What a host leads to: ports is None when they are not known; object is None for what an operator makes."""

    host: str
    namespace: str
    name: str
    object: Object | None
    ports: tuple[Port, ...] | None


@dataclass(frozen=True, slots=True)
class Missing:
    """A host that leads nowhere in the tree; severity is less than an error when it may be elsewhere."""

    message: str
    hint: str
    severity: Severity = Severity.ERROR


def protocol_of(port: Mapping[str, Any]) -> str:
    """Return HTTP, TLS, TCP, UDP or "" (detected) of a Service's port, by its appProtocol or its name's first part."""
    if values.text(port, "protocol") == "UDP":
        return "UDP"
    stated = values.text(port, "appProtocol").lower()
    name = values.text(port, "name").lower()
    return _PROTOCOLS.get(stated or name) or _PROTOCOLS.get(name.partition("-")[0] if not stated else "", "")


def covers(pattern: str, host: str) -> bool:
    """Say whether a host, perhaps with a leading wildcard, covers another."""
    if pattern in {"*", host}:
        return True
    return pattern.startswith("*") and host.removeprefix("*").endswith(pattern[1:])


def overlap(one: str, other: str) -> bool:
    """Say whether some host is covered by both."""
    return covers(one, other) or covers(other, one)


def exported(of: Object, namespace: str) -> bool:
    """Say whether an Istio resource is visible in a namespace (exportTo; absent means everywhere)."""
    stated = of.strings("spec", "exportTo")
    if of.kind == "Service":
        annotation = of.annotations.get("networking.istio.io/exportTo", "")
        stated = [part.strip() for part in annotation.split(",") if part.strip()]
    return not stated or any(item in {"*", namespace} or (item == "." and of.namespace == namespace) for item in stated)


class Registry:
    """The hosts of one cluster's mesh."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.by_name: dict[str, list[str]] = defaultdict(list)  # Service → namespaces
        self.served: dict[str, list[str]] = defaultdict(list)  # namespace → Services
        for item in cluster.of("Service", ""):
            self.by_name[item.name].append(item.namespace)
            self.served[item.namespace].append(item.name)
        self.entries: dict[str, list[Object]] = defaultdict(list)
        for item in cluster.of("ServiceEntry", NETWORKING):
            for host in item.strings("spec", "hosts"):
                self.entries[host].append(item)
        self.wild = tuple(host for host in self.entries if host.startswith("*"))
        self.rules: dict[str, list[Object]] = defaultdict(list)
        for item in cluster.of("DestinationRule", NETWORKING):
            self.rules[full_name(item.text("spec", "host"), item.namespace)].append(item)

        self.wild_rules = tuple(host for host in self.rules if host.startswith("*"))

    def find(self, host: str, namespace: str) -> Backend | Missing:
        """Return what a host leads to, as one writes it in a resource of a namespace."""
        host = full_name(host, namespace)
        entries = self._entries(host)
        for entry in entries:
            if exported(entry, namespace):
                return Backend(host, entry.namespace, entry.name, entry, _entry_ports(entry))
        service = _SERVICE.fullmatch(host)
        if service:
            name, where, domain = service.groups()
            return self._service(name, where, domain, namespace)
        if entries:
            return self._hidden(entries[0], namespace)
        partial = _PARTIAL.fullmatch(host)
        if partial and self.cluster.exists("", "Service", partial[2], partial[1]):
            hint = f"Write '{partial[1]}.{partial[2]}.svc.cluster.local'."
            return Missing(
                f"Istio completes no host with a dot, so '{host}' is not the Service.", hint, Severity.WARNING
            )
        hint = did_you_mean(host, self.entries) or "Declare the host in a ServiceEntry."
        return Missing(f"No ServiceEntry declares the host '{host}'.", hint)

    def destination_rules(self, backend: Backend, namespace: str) -> Iterator[Object]:
        """Yield the DestinationRules for a host that a namespace sees."""
        wild = (host for host in self.wild_rules if covers(host, backend.host))
        for host in (backend.host, *wild):
            yield from (item for item in self.rules.get(host, ()) if exported(item, namespace))

    def _entries(self, host: str) -> list[Object]:
        found = self.entries.get(host)
        if found:
            return found
        return [item for wild in self.wild if covers(wild, host) for item in self.entries[wild]]

    def _service(self, name: str, where: str, domain: str, namespace: str) -> Backend | Missing:
        host = f"{name}.{where}.svc.{domain}"
        if domain != "cluster.local" and did_you_mean(domain, ["cluster.local"]) and domain != "clusterset.local":
            return Missing(f"'{host}' ends in '{domain}'.", f"Write '{name}.{where}.svc.cluster.local'.")
        found = self.cluster.get("", "Service", where, name) or self.cluster.get("", "Service", "", name)
        if found is not None:
            if not exported(found, namespace):
                return self._hidden(found, namespace)
            return Backend(host, where, name, found, service_ports(found))
        made = self.cluster.made("", "Service", where, name)
        if made is not None:
            ports = tuple(Port(number, key, "") for key, number in (made.ports or {}).items())
            return Backend(host, where, name, None, ports or None)
        if self.cluster.unseen(where, name):
            return Backend(host, where, name, None, None)
        return self._absent(name, where)

    def _absent(self, name: str, where: str) -> Missing:
        message = f"There is no Service '{name}' in namespace '{where}'."
        if self.served.get(where) or self.cluster.workloads(where):
            known = self.cluster.names("", "Service", where)
            elsewhere = self.by_name.get(name)
            hint = did_you_mean(name, known) or (
                f"It is in namespace '{elsewhere[0]}'." if elsewhere else "Name a Service that is there."
            )
            return Missing(message, hint)
        elsewhere = self.by_name.get(name)
        if elsewhere:
            return Missing(message, f"It is in namespace '{elsewhere[0]}'.")
        near = did_you_mean(where, self.served)
        if near:
            return Missing(message, near)
        return Missing(message, "Name a Service that is there, or declare it.", Severity.WARNING)

    def _hidden(self, of: Object, namespace: str) -> Missing:
        message = f"{of.kind} '{of.name}' of namespace '{of.namespace}' is not exported to namespace '{namespace}'."
        return Missing(message, f"Add '{namespace}' to its exportTo.")


def full_name(host: str, namespace: str) -> str:
    """Return a host as Istio completes it: only a name without a dot gets a namespace and domain."""
    return host if not host or "." in host or "*" in host else f"{host}.{namespace}.svc.cluster.local"


def service_ports(service: Object) -> tuple[Port, ...] | None:
    """Return the ports of a Service; None when it lists none."""
    ports = []
    for _, port in service.mappings("spec", "ports"):
        number = values.integer(port, "port")
        if number is not None:
            ports.append(Port(number, values.text(port, "name"), protocol_of(port)))
    return tuple(ports) or None


def _entry_ports(entry: Object) -> tuple[Port, ...] | None:
    ports = []
    for _, port in entry.mappings("spec", "ports"):
        number = values.integer(port, "number")
        if number is not None:
            stated = values.text(port, "protocol").lower()
            ports.append(Port(number, values.text(port, "name"), _PROTOCOLS.get(stated, "")))
    return tuple(ports) or None


def gateways_of(of: Object) -> tuple[str, ...]:
    """Return the gateways of a VirtualService as "namespace/name" or "mesh", which it also is when none is named."""
    return tuple(gateway_name(name, of.namespace) for name in of.strings("spec", "gateways")) or ("mesh",)


def gateway_name(name: str, namespace: str) -> str:
    """Return a gateway's reference as "namespace/name" or "mesh"; the older form <name>.<namespace>.svc... is known."""
    if name == "mesh" or "/" in name:
        return name
    service = _SERVICE.fullmatch(name)
    return f"{service[2]}/{service[1]}" if service else f"{namespace}/{name}"


def destinations(of: Object) -> Iterator[tuple[values.Path, Mapping[str, Any]]]:
    """Yield (path, destination) of every destination in a VirtualService, mirrors included."""
    for section in ("http", "tls", "tcp"):
        for index, route in of.mappings("spec", section):
            at: values.Path = ("spec", section, index)
            for position, target in values.mappings(route, "route"):
                yield (*at, "route", position, "destination"), values.mapping(target, "destination")
            if "mirror" in route:
                yield (*at, "mirror"), values.mapping(route, "mirror")
            for position, target in values.mappings(route, "mirrors"):
                yield (*at, "mirrors", position, "destination"), values.mapping(target, "destination")


def is_delegate(of: Object) -> bool:
    """Say whether a VirtualService is one that others delegate to: it has no hosts."""
    return not of.strings("spec", "hosts")
