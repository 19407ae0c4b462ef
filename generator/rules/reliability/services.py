"""Services that the API server refuses, or that cannot work as their type says."""

import re
from collections.abc import Iterator

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.reliability.names import service_port_name_mistake
from generator.rules.rule import Mistake, rule

_OUTSIDE = frozenset({"LoadBalancer", "NodePort"})
_ADDRESS = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:]*").fullmatch


@rule("reliability/service-invalid")
def service_invalid(cluster: Cluster) -> Iterator[Mistake]:
    """Find Services whose fields do not go together."""
    for item in cluster.of("Service", ""):
        spec = item.mapping("spec")
        kind, address = values.text(spec, "type") or "ClusterIP", values.text(spec, "clusterIP")
        if address == "None" and kind in _OUTSIDE:
            message = f"a {kind} cannot be headless; the API server refuses it."
            yield Mistake(item, ("spec", "clusterIP"), message, "Remove clusterIP.")
        if kind == "ExternalName":
            yield from _external_name(item)
        elif not values.items(spec, "ports") and address != "None":
            yield Mistake(item, ("spec",), "the Service has no ports; the API server refuses it.", "Write its ports.")
        if kind not in _OUTSIDE:
            for name in ("externalTrafficPolicy", "loadBalancerSourceRanges", "healthCheckNodePort"):
                if spec.get(name) and not (name == "externalTrafficPolicy" and spec.get("externalIPs")):
                    message = f"{name} means nothing for a Service of type {kind}; the API server refuses it."
                    yield Mistake(item, ("spec", name), message, f"Remove {name}.")
        timeout = values.integer(spec, "sessionAffinityConfig", "clientIP", "timeoutSeconds")
        path = ("spec", "sessionAffinityConfig", "clientIP", "timeoutSeconds")
        if spec.get("sessionAffinity") in {None, "None"} and spec.get("sessionAffinityConfig"):
            message = "sessionAffinityConfig without sessionAffinity: ClientIP; the API server refuses it."
            yield Mistake(item, ("spec", "sessionAffinityConfig"), message, "Set sessionAffinity: ClientIP.")
        elif timeout is not None and not 1 <= timeout <= 86400:
            message = f"a timeout of {timeout} s is not within 1 to 86400."
            yield Mistake(item, path, message, "Set 10800, which is three hours.")


def _external_name(item: Object) -> Iterator[Mistake]:
    name = item.text("spec", "externalName")
    path = ("spec", "externalName")
    if not name:
        message = "an ExternalName without externalName leads nowhere; the API server refuses it."
        yield Mistake(item, ("spec",), message, "Set externalName.")
    elif _ADDRESS(name):
        message = f"'{name}' is an address, and a DNS alias needs a name: it never resolves."
        yield Mistake(item, path, message, "Use a Service without selector, with an EndpointSlice.")
    elif "://" in name or "/" in name or ":" in name:
        message = f"'{name}' is no host name; the API server refuses it."
        yield Mistake(item, path, message, "Write the host alone, without scheme, port or path.")
    if item.mapping("spec", "selector"):
        message = "the selector of an ExternalName selects nothing: the name is an alias only."
        yield Mistake(item, ("spec", "selector"), message, "Remove it, or the type.", Severity.WARNING)
    if item.text("spec", "clusterIP"):
        message = "an ExternalName has no clusterIP; the API server refuses it."
        yield Mistake(item, ("spec", "clusterIP"), message, "Remove clusterIP.")


@rule("reliability/service-port-invalid")
def service_port_invalid(cluster: Cluster) -> Iterator[Mistake]:
    """Find ports of Services that stand twice, have no name among several, or are none."""
    for item in cluster.of("Service", ""):
        ports = item.mappings("spec", "ports")
        kind = item.text("spec", "type") or "ClusterIP"
        names: set[str] = set()
        numbers: set[tuple[int, str]] = set()
        for index, port in ports:
            path = ("spec", "ports", index)
            name, number = values.text(port, "name"), values.integer(port, "port")
            if not name and len(ports) > 1:
                message = "one of several ports has no name; the API server refuses it."
                yield Mistake(item, path, message, "Give it a name.")
            elif name and name in names:
                message = f"a second port '{name}'; the API server refuses it."
                yield Mistake(item, (*path, "name"), message, "Give it another name.")
            elif name and service_port_name_mistake(name):
                message = f"the port name '{name}' {service_port_name_mistake(name)}."
                yield Mistake(item, (*path, "name"), message, "Use a-z, 0-9 and '-'.")
            names.add(name)
            key = (number or 0, values.text(port, "protocol") or "TCP")
            if number is not None and key in numbers:
                message = f"port {number} ({key[1]}) stands twice; the API server refuses it."
                yield Mistake(item, (*path, "port"), message, "Keep one of them.")
            numbers.add(key)
            for field in ("port", "targetPort"):
                value = values.integer(port, field)
                if value is not None and not 1 <= value <= 65535:
                    yield Mistake(item, (*path, field), f"{value} is no port.", "Ports are 1 to 65535.")
            if port.get("nodePort") and kind not in _OUTSIDE:
                message = f"a Service of type {kind} has no nodePort; the API server refuses it."
                yield Mistake(item, (*path, "nodePort"), message, "Remove it, or set type: NodePort.")


@rule("reliability/node-port")
def node_port(cluster: Cluster) -> Iterator[Mistake]:
    """Find node ports outside the range, or that two Services want."""
    owners: dict[tuple[int, str], Object] = {}
    for item in cluster.of("Service", ""):
        for index, port in item.mappings("spec", "ports"):
            number = values.integer(port, "nodePort")
            if not number or (item.text("spec", "type") or "ClusterIP") not in _OUTSIDE:
                continue
            path = ("spec", "ports", index, "nodePort")
            if not 30000 <= number <= 32767:
                message = f"nodePort {number} is not within 30000 to 32767, the range of node ports."
                yield Mistake(item, path, message, "Choose one within it, or leave it out.")
                continue
            key = (number, values.text(port, "protocol") or "TCP")
            other = owners.setdefault(key, item)
            if other is not item and (other.namespace, other.name) != (item.namespace, item.name):
                message = f"nodePort {number} is taken by Service/{other.name} in {other.namespace}."
                yield Mistake(item, path, message, "Choose another, or leave it out.")
