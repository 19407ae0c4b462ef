"""ServiceEntries that Istio refuses or that lead nowhere."""

import ipaddress
from collections import defaultdict
from collections.abc import Iterator

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.references.istio_registry import NETWORKING
from generator.rules.references.lookup import is_address
from generator.rules.rule import Mistake, rule

_PROTOCOLS = ("HTTP", "HTTPS", "GRPC", "GRPC-WEB", "HTTP2", "MONGO", "MYSQL", "REDIS", "TCP", "TLS", "UDP")


@rule("references/service-entry-ports")
def service_entry_ports(cluster: Cluster) -> Iterator[Mistake]:
    """Find ports of a ServiceEntry that are there twice, or whose protocol Istio does not know."""
    for item in cluster.of("ServiceEntry", NETWORKING):
        seen: dict[str, set[values.Value]] = {"number": set(), "name": set()}
        for index, port in item.mappings("spec", "ports"):
            path: values.Path = ("spec", "ports", index)
            for key, known in seen.items():
                value = port.get(key)
                if isinstance(value, str | int) and value in known:
                    message = f"The ServiceEntry has two ports of {key} {value}, and Istio refuses it."
                    yield Mistake(item, (*path, key), message, f"Give each port a {key} of its own.")
                    break
                known.update({value} if isinstance(value, str | int) else ())
            protocol = values.text(port, "protocol")
            if not protocol and not values.text(port, "name"):
                continue
            if not protocol:
                message = "The port has no protocol, so it is taken as opaque TCP."
                yield Mistake(item, path, message, f"Write one of {', '.join(_PROTOCOLS)}.", Severity.WARNING)
            elif protocol.upper() not in _PROTOCOLS:
                hint = did_you_mean(protocol.upper(), _PROTOCOLS) or f"Write one of {', '.join(_PROTOCOLS)}."
                yield Mistake(item, (*path, "protocol"), f"'{protocol}' is no protocol that Istio knows.", hint)


@rule("references/service-entry-resolution")
def service_entry_resolution(cluster: Cluster) -> Iterator[Mistake]:
    """Find ServiceEntries whose resolution and endpoints contradict each other."""
    for item in cluster.of("ServiceEntry", NETWORKING):
        resolution = item.text("spec", "resolution") or "NONE"
        endpoints = item.mappings("spec", "endpoints")
        selected = item.mapping("spec", "workloadSelector")
        at = ("spec", "resolution")
        if resolution == "STATIC" and not endpoints and not selected:
            message = "Resolution STATIC has neither endpoints nor a workloadSelector: the host has no address."
            yield Mistake(item, at, message, "Write endpoints, or resolution DNS.")
        elif resolution == "NONE" and endpoints:
            message = "With resolution NONE endpoints are not used, and Istio refuses them."
            yield Mistake(item, at, message, "Write resolution STATIC or DNS.")
        elif resolution in {"DNS", "DNS_ROUND_ROBIN"}:
            yield from _unresolvable(item, bool(endpoints))
        if resolution == "STATIC":
            for index, endpoint in endpoints:
                address = values.text(endpoint, "address")
                if address and not address.startswith("unix://") and not is_address(address):
                    message = f"'{address}' is no IP address, which resolution STATIC needs."
                    path = ("spec", "endpoints", index, "address")
                    yield Mistake(item, path, message, "Write an IP address, or resolution DNS.")
        yield from _endpoint_ports(item)
        yield from _addresses(item)


def _unresolvable(item: Object, endpoints: bool) -> Iterator[Mistake]:
    for index, host in enumerate(values.items(item.dig("spec", "hosts"))):
        if isinstance(host, str) and host.startswith("*") and not endpoints:
            message = f"'{host}' cannot be looked up in DNS, since it is a wildcard."
            hint = "Name the hosts, give endpoints, or write resolution NONE."
            yield Mistake(item, ("spec", "hosts", index), message, hint)


def _addresses(item: Object) -> Iterator[Mistake]:
    for index, address in enumerate(values.items(item.dig("spec", "addresses"))):
        if not isinstance(address, str):
            continue
        try:
            ipaddress.ip_network(address, strict=False)
        except ValueError:
            message = f"'{address}' is neither an IP address nor a range."
            yield Mistake(item, ("spec", "addresses", index), message, "Write it as 10.0.0.1 or 10.0.0.0/24.")
    ports = {values.text(port, "protocol").upper() for _, port in item.mappings("spec", "ports")}
    hosts = item.strings("spec", "hosts")
    opaque = {"TCP", "MONGO", "MYSQL", "REDIS"}
    if len(hosts) > 1 and ports & opaque and (item.text("spec", "resolution") or "NONE") != "NONE":
        message = "Hosts of a TCP port cannot be told from each other, so Istio refuses several in one ServiceEntry."
        yield Mistake(item, ("spec", "hosts"), message, "Write one ServiceEntry a host.")


def _endpoint_ports(item: Object) -> Iterator[Mistake]:
    names = {values.text(port, "name") for _, port in item.mappings("spec", "ports")}
    for index, endpoint in item.mappings("spec", "endpoints"):
        for name in values.mapping(endpoint, "ports"):
            if name not in names:
                message = f"The endpoint names a port '{name}' that the ServiceEntry does not have."
                hint = did_you_mean(name, names) or f"It has {', '.join(sorted(names))}."
                yield Mistake(item, ("spec", "endpoints", index, "ports", name), message, hint)


@rule("references/service-entry-twice")
def service_entry_twice(cluster: Cluster) -> Iterator[Mistake]:
    """Find a host that two ServiceEntries declare on one port."""
    seen: dict[tuple[str, int], list[Object]] = defaultdict(list)
    for item in cluster.of("ServiceEntry", NETWORKING):
        numbers = [values.integer(port, "number") for _, port in item.mappings("spec", "ports")]
        for index, host in enumerate(values.items(item.dig("spec", "hosts"))):
            if not isinstance(host, str):
                continue
            others = {id(one): one for number in numbers if number is not None for one in seen[host, number]}
            other = next(iter(others.values()), None)
            if other is item:
                message = f"The ServiceEntry names the host '{host}' twice."
                yield Mistake(item, ("spec", "hosts", index), message, "Remove one.")
            elif other is not None:
                message = (
                    f"ServiceEntry '{other.name}' of namespace '{other.namespace}' declares '{host}' on the same port."
                )
                same = other.namespace == item.namespace
                severity = Severity.ERROR if same else Severity.WARNING
                yield Mistake(item, ("spec", "hosts", index), message, "Let one declare the host.", severity)
            for number in numbers:
                if number is not None:
                    seen[host, number].append(item)
