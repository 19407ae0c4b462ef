"""Gateway API routes: the Gateways that they attach to and the backends that they send to."""

from collections.abc import Iterator, Mapping
from typing import Any

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.manifests.selectors import selects
from generator.rules.references.istio_registry import overlap
from generator.rules.rule import Mistake, rule

GROUP = "gateway.networking.k8s.io"
ROUTES: Mapping[str, frozenset[str]] = {
    "HTTPRoute": frozenset({"HTTP", "HTTPS"}),
    "GRPCRoute": frozenset({"HTTP", "HTTPS"}),
    "TLSRoute": frozenset({"TLS"}),
    "TCPRoute": frozenset({"TCP", "TLS"}),
    "UDPRoute": frozenset({"UDP"}),
}
"""Kind of a route → protocols of the listeners that it can attach to."""


def _routes(cluster: Cluster) -> Iterator[Object]:
    for kind in ROUTES:
        yield from cluster.of(kind, GROUP)


@rule("references/route-parent")
def route_parent(cluster: Cluster) -> Iterator[Mistake]:
    """Find routes whose Gateway is not there or does not take them."""
    for item in _routes(cluster):
        for index, parent in item.mappings("spec", "parentRefs"):
            kind = values.text(parent, "kind") or "Gateway"
            group = parent.get("group", GROUP)
            where = values.text(parent, "namespace") or item.namespace
            name = values.text(parent, "name")
            path: values.Path = ("spec", "parentRefs", index)
            if kind == "Service":
                if not cluster.exists("", "Service", where, name):
                    hint = did_you_mean(name, cluster.names("", "Service", where)) or "Name a Service that is there."
                    message = f"There is no Service '{name}' in namespace '{where}'."
                    yield Mistake(item, (*path, "name"), message, hint)
            elif kind == "Gateway" and group == GROUP:
                yield from _gateway(cluster, item, path, parent, where)


def _gateway(
    cluster: Cluster, item: Object, path: values.Path, parent: Mapping[str, Any], where: str
) -> Iterator[Mistake]:
    name = values.text(parent, "name")
    gateway = cluster.get(GROUP, "Gateway", where, name) or cluster.get(GROUP, "Gateway", "", name)
    if gateway is None:
        known = cluster.of("Gateway", GROUP)
        same = next((other for other in known if other.name == name), None)
        near = did_you_mean(name, cluster.names(GROUP, "Gateway", where))
        hint = f"It is in namespace '{same.namespace}': write it." if same is not None else near
        if not cluster.unseen(where, name):
            certain = bool(known) or where == item.namespace
            message = f"There is no Gateway '{name}' in namespace '{where}'."
            severity = None if certain else Severity.WARNING
            yield Mistake(item, (*path, "name"), message, hint or "Name a Gateway that is there.", severity)
        return
    listeners = [listener for _, listener in gateway.mappings("spec", "listeners")]
    section, port = values.text(parent, "sectionName"), values.integer(parent, "port")
    if section:
        names = {values.text(listener, "name") for listener in listeners}
        listeners = [listener for listener in listeners if values.text(listener, "name") == section]
        if not listeners and not cluster.of("XListenerSet"):
            hint = did_you_mean(section, names) or f"It has {', '.join(sorted(names))}."
            yield Mistake(item, (*path, "sectionName"), f"Gateway '{name}' has no listener '{section}'.", hint)
            return
    if port is not None and not any(values.integer(listener, "port") == port for listener in listeners):
        yield Mistake(item, (*path, "port"), f"Gateway '{name}' does not listen on {port}.", "Name a listener's port.")
        return
    yield from _listeners(cluster, item, path, gateway, listeners)


def _listeners(
    cluster: Cluster, item: Object, path: values.Path, gateway: Object, listeners: list[Mapping[str, Any]]
) -> Iterator[Mistake]:
    if not listeners:
        return
    spoken = [one for one in listeners if _takes(one, item.kind)]
    open_to = [one for one in spoken if _allowed(cluster, one, gateway, item)]
    hostnames = item.strings("spec", "hostnames")
    if not spoken:
        message = f"No listener of Gateway '{gateway.name}' takes a {item.kind}."
        yield Mistake(item, path, message, "Attach the route to a listener of its protocol.")
    elif not open_to:
        message = f"Gateway '{gateway.name}' takes no routes from namespace '{item.namespace}'."
        yield Mistake(item, path, message, "Let allowedRoutes.namespaces of the listener permit it.")
    else:
        for index, host in enumerate(hostnames):
            served = [values.text(one, "hostname") for one in open_to]
            if all(one and not overlap(one, host) for one in served):
                shown = ", ".join(sorted(set(served)))
                message = f"No listener of Gateway '{gateway.name}' serves '{host}'; they serve {shown}."
                hint = did_you_mean(host, served) or "Add a listener for the host, or correct it."
                yield Mistake(item, ("spec", "hostnames", index), message, hint)


def _takes(listener: Mapping[str, Any], kind: str) -> bool:
    kinds = [values.text(one, "kind") for _, one in values.mappings(listener, "allowedRoutes", "kinds")]
    if kinds:
        return kind in kinds
    protocol = values.text(listener, "protocol")
    return protocol in ROUTES[kind] or "/" in protocol


def _allowed(cluster: Cluster, listener: Mapping[str, Any], gateway: Object, item: Object) -> bool:
    namespaces = values.mapping(listener, "allowedRoutes", "namespaces")
    source = values.text(namespaces, "from") or "Same"
    if source == "Selector":
        declared = cluster.get("", "Namespace", "", item.namespace) is not None
        labels = cluster.namespace_labels(item.namespace)
        return not declared or selects(values.mapping(namespaces, "selector"), labels)
    return source == "All" or (source == "Same" and gateway.namespace == item.namespace)


@rule("references/route-backend")
def route_backend(cluster: Cluster) -> Iterator[Mistake]:
    """Find backends of routes that are not there, lack the port, or lie in a namespace that does not let them in."""
    for item in _routes(cluster):
        for path, backend in backends(item):
            if values.text(backend, "kind") not in {"", "Service"} or backend.get("group"):
                continue
            where = values.text(backend, "namespace") or item.namespace
            name = values.text(backend, "name")
            service = cluster.get("", "Service", where, name) or cluster.get("", "Service", "", name)
            if service is None and not cluster.exists("", "Service", where, name):
                near = did_you_mean(name, cluster.names("", "Service", where))
                others = [one.namespace for one in cluster.of("Service", "") if one.name == name]
                hint = near or (f"It is in namespace '{others[0]}'." if others else "Name a Service that is there.")
                message = f"There is no Service '{name}' in namespace '{where}'."
                yield Mistake(item, (*path, "name"), message, hint)
                continue
            yield from _port(item, path, backend, service)
            if where != item.namespace and not granted(cluster, item, where, "Service", name):
                message = (
                    f"No ReferenceGrant in namespace '{where}' lets a {item.kind} of '{item.namespace}' use Service."
                )
                yield Mistake(item, (*path, "namespace"), message, "Add a ReferenceGrant there.")


def backends(item: Object) -> Iterator[tuple[values.Path, Mapping[str, Any]]]:
    """Yield (path, backend) of a route, those of mirror filters included."""
    for index, entry in item.mappings("spec", "rules"):
        at: values.Path = ("spec", "rules", index)
        for position, backend in values.mappings(entry, "backendRefs"):
            yield (*at, "backendRefs", position), backend
        for position, one in values.mappings(entry, "filters"):
            if values.mapping(one, "requestMirror", "backendRef"):
                path = (*at, "filters", position, "requestMirror", "backendRef")
                yield path, values.mapping(one, "requestMirror", "backendRef")


def _port(item: Object, path: values.Path, backend: Mapping[str, Any], service: Object | None) -> Iterator[Mistake]:
    number = values.integer(backend, "port")
    if number is None:
        if "port" not in backend:
            yield Mistake(item, path, "A Service as a backend needs a port.", "Write the Service's port.")
        return
    ports = [values.integer(port, "port") for _, port in service.mappings("spec", "ports")] if service else []
    if service is not None and ports and number not in ports:
        shown = ", ".join(str(port) for port in ports)
        message = f"Service '{service.name}' has no port {number}; it has {shown}."
        yield Mistake(item, (*path, "port"), message, "Name a port of the Service, not of its containers.")


def granted(cluster: Cluster, item: Object, where: str, kind: str, name: str) -> bool:
    """Say whether a ReferenceGrant in a namespace lets an object of another one refer to a Service or Secret there."""
    for grant in cluster.of("ReferenceGrant", GROUP):
        if grant.namespace != where:
            continue
        sources = [
            values.text(one, "kind") == item.kind and values.text(one, "namespace") == item.namespace
            for _, one in grant.mappings("spec", "from")
        ]
        targets = [
            values.text(one, "kind") == kind and values.text(one, "name") in {"", name}
            for _, one in grant.mappings("spec", "to")
        ]
        if any(sources) and any(targets):
            return True
    return False
