"""Hosts, ports and subsets that VirtualServices, DestinationRules and Sidecars name are there."""

from collections.abc import Iterator, Mapping

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.references.istio_registry import (
    NETWORKING,
    Backend,
    Missing,
    Port,
    Registry,
    covers,
    destinations,
    full_name,
    gateways_of,
    is_delegate,
)
from generator.rules.rule import Mistake, rule


@rule("references/istio-host-unknown")
def istio_host_unknown(cluster: Cluster) -> Iterator[Mistake]:
    """Find where a destination, a DestinationRule's host or a VirtualService's own host leads nowhere."""
    registry = Registry(cluster)
    for item in cluster.of("VirtualService", NETWORKING):
        for path, destination in destinations(item):
            yield from _host(registry, item, (*path, "host"), values.text(destination, "host"))
        if "mesh" in gateways_of(item):
            yield from _own_hosts(registry, item)
    for item in cluster.of("DestinationRule", NETWORKING):
        for mistake in _host(registry, item, ("spec", "host"), item.text("spec", "host")):
            # A rule for an outside host without a ServiceEntry has no effect, but breaks nothing.
            certain = ".svc." in full_name(item.text("spec", "host"), "x") or mistake.hint.startswith("Did you mean")
            severity = mistake.severity if certain else Severity.WARNING
            yield Mistake(item, mistake.path, mistake.message, mistake.hint, severity)


def _host(registry: Registry, item: Object, path: values.Path, host: str) -> Iterator[Mistake]:
    if not host or "*" in host or "{" in host:
        return
    found = registry.find(host, item.namespace)
    if isinstance(found, Missing):
        yield Mistake(item, path, found.message, found.hint, found.severity)


def _own_hosts(registry: Registry, item: Object) -> Iterator[Mistake]:
    """Yield the hosts of a VirtualService that sidecars will never be asked for."""
    own = set()
    for _, destination in destinations(item):
        own.add(full_name(values.text(destination, "host"), item.namespace))
    for index, host in enumerate(values.items(item.dig("spec", "hosts"))):
        if not isinstance(host, str):
            continue
        if host == "*" and not is_delegate(item):
            message = "The host '*' is refused for the gateway 'mesh', which a VirtualService without gateways means."
            yield Mistake(item, ("spec", "hosts", index), message, "Name the hosts, or the gateway.")
        elif "*" not in host and full_name(host, item.namespace) not in own:
            # A name of the cluster must be a Service; any other name may be resolved by somebody's DNS.
            inside = "." not in host or ".svc." in host
            for mistake in _host(registry, item, ("spec", "hosts", index), host):
                certain = inside or mistake.hint.startswith("Did you mean")
                severity = mistake.severity if certain else Severity.WARNING
                yield Mistake(item, mistake.path, mistake.message, mistake.hint, severity)


@rule("references/istio-port-unknown")
def istio_port_unknown(cluster: Cluster) -> Iterator[Mistake]:
    """Find where a destination, a match or a port's own settings name a port that the host lacks."""
    registry = Registry(cluster)
    for item in cluster.of("VirtualService", NETWORKING):
        for path, destination in destinations(item):
            found = registry.find(values.text(destination, "host"), item.namespace)
            if isinstance(found, Backend) and found.ports is not None:
                yield from _destination_port(item, path, destination, found)
        yield from _matched_ports(registry, item)
    for item in cluster.of("DestinationRule", NETWORKING):
        found = registry.find(item.text("spec", "host"), item.namespace)
        if isinstance(found, Backend) and found.ports is not None:
            for path, settings in _port_settings(item):
                number = values.integer(settings, "port", "number")
                if number is not None:
                    yield from _port(item, (*path, "port", "number"), number, found)


def _destination_port(
    item: Object, path: values.Path, destination: Mapping[str, values.Value], found: Backend
) -> Iterator[Mistake]:
    number = values.integer(destination, "port", "number")
    if number is not None:
        yield from _port(item, (*path, "port", "number"), number, found)
    elif "port" not in destination and len({port.number for port in found.ports or ()}) > 1:
        message = f"'{found.name}' has several ports ({_numbers(found.ports)}), and the destination names none."
        yield Mistake(item, (*path, "host"), message, "Name the port.")


def _port(item: Object, path: values.Path, number: int, found: Backend) -> Iterator[Mistake]:
    if number not in {port.number for port in found.ports or ()}:
        message = f"'{found.name}' has no port {number}; it has {_numbers(found.ports)}."
        yield Mistake(item, path, message, "Name a port of the Service, not of its containers.")


def _numbers(ports: tuple[Port, ...] | None) -> str:
    return ", ".join(str(number) for number in sorted({port.number for port in ports or ()}))


def _matched_ports(registry: Registry, item: Object) -> Iterator[Mistake]:
    if gateways_of(item) != ("mesh",):
        return
    known: set[int] = set()
    for host in item.strings("spec", "hosts"):
        found = registry.find(host, item.namespace)
        if isinstance(found, Missing) or found.ports is None:
            return
        known |= {port.number for port in found.ports}
    for section in ("http", "tls", "tcp"):
        for index, route in item.mappings("spec", section):
            for position, match in values.mappings(route, "match"):
                number = values.integer(match, "port")
                if number is not None and known and number not in known:
                    path = ("spec", section, index, "match", position, "port")
                    shown = ", ".join(map(str, sorted(known)))
                    message = f"No host of the VirtualService has port {number}; they have {shown}."
                    yield Mistake(item, path, message, "Match a port of the Service.")


def _port_settings(item: Object) -> Iterator[tuple[values.Path, Mapping[str, values.Value]]]:
    policies: list[values.Path] = [("spec", "trafficPolicy")]
    policies += [("spec", "subsets", index, "trafficPolicy") for index, _ in item.mappings("spec", "subsets")]
    for at in policies:
        for index, settings in item.mappings(*at, "portLevelSettings"):
            yield (*at, "portLevelSettings", index), settings


@rule("references/istio-subset-unknown")
def istio_subset_unknown(cluster: Cluster) -> Iterator[Mistake]:
    """Find where a destination names a subset that no DestinationRule of its host has."""
    registry = Registry(cluster)
    for item in cluster.of("VirtualService", NETWORKING):
        for path, destination in destinations(item):
            wanted = values.text(destination, "subset")
            found = registry.find(values.text(destination, "host"), item.namespace) if wanted else None
            if not isinstance(found, Backend):
                continue
            rules = tuple(registry.destination_rules(found, item.namespace))
            known = {values.text(subset, "name") for one in rules for _, subset in one.mappings("spec", "subsets")}
            if wanted in known:
                continue
            message = f"No DestinationRule of '{found.host}' has a subset '{wanted}'."
            hint = did_you_mean(wanted, known) or "Add the subset to the host's DestinationRule."
            yield Mistake(item, (*path, "subset"), message, hint)


@rule("references/subset-no-pods")
def subset_no_pods(cluster: Cluster) -> Iterator[Mistake]:
    """Find where a subset's labels are on no pod of its Service, so that the subset is empty."""
    registry = Registry(cluster)
    called = {
        values.text(destination, "subset")
        for item in cluster.of("VirtualService", NETWORKING)
        for _, destination in destinations(item)
    }
    for item in cluster.of("DestinationRule", NETWORKING):
        found = registry.find(item.text("spec", "host"), item.namespace)
        if isinstance(found, Missing) or found.object is None or found.object.kind != "Service":
            continue
        selector = values.labels(found.object.value, "spec", "selector")
        if not selector or not cluster.pods_with(found.namespace, selector):
            continue
        for index, subset in item.mappings("spec", "subsets"):
            labels = values.labels(subset, "labels")
            if cluster.pods_with(found.namespace, {**selector, **labels}) or not labels:
                # A label of the subset that contradicts the Service's selector selects no pod of the Service.
                contrary = [key for key, value in labels.items() if selector.get(key, value) != value]
                if not contrary:
                    continue
            shown = ", ".join(f"{key}={value}" for key, value in sorted(labels.items()))
            message = f"No pod of Service '{found.name}' carries the labels of subset ({shown})."
            hint = _near_label(cluster, found.namespace, selector, labels)
            # A subset that no route names may be there for a version to come.
            idle = cluster.of("VirtualService", NETWORKING) and values.text(subset, "name") not in called
            severity = Severity.WARNING if idle else None
            yield Mistake(item, ("spec", "subsets", index, "labels"), message, hint, severity)


def _near_label(cluster: Cluster, namespace: str, selector: Mapping[str, str], labels: Mapping[str, str]) -> str:
    pods = cluster.pods_with(namespace, selector)
    for key, value in labels.items():
        there = sorted({found for pod in pods if (found := pod.labels.get(key))})
        if there and value not in there:
            return f"The pods carry {key}={' or '.join(there)}."
        if not there:
            keys = sorted({known for pod in pods for known in pod.labels})
            return did_you_mean(key, keys) or f"Add the label {key} to the pod template."
    return "Label the pods of one workload so."


@rule("references/sidecar-egress-unknown")
def sidecar_egress_unknown(cluster: Cluster) -> Iterator[Mistake]:
    """Find where a Sidecar's egress host leads to nothing, so that calls to what was meant are refused."""
    registry = Registry(cluster)
    for item in cluster.of("Sidecar", NETWORKING):
        for index, listener in item.mappings("spec", "egress"):
            for position, entry in enumerate(values.items(listener, "hosts")):
                if isinstance(entry, str):
                    yield from _egress(registry, item, ("spec", "egress", index, "hosts", position), entry)


def _egress(registry: Registry, item: Object, path: values.Path, entry: str) -> Iterator[Mistake]:
    where, slash, host = entry.partition("/")
    if not slash:
        yield Mistake(item, path, f"The egress host '{entry}' has no namespace.", f"Write './{entry}' or '*/{entry}'.")
        return
    namespace = item.namespace if where == "." else where
    if where == "~" or host == "*":
        known = registry.cluster.namespaces()
        near = did_you_mean(namespace, known) if namespace not in {*known, "*", "~"} else ""
        if near:
            yield Mistake(item, path, f"There is no namespace '{namespace}'.", near)
        return
    if host.startswith("*"):
        return
    if "." not in host:
        message = f"The egress host '{host}' is no full name, and Istio does not complete it here."
        yield Mistake(item, path, message, f"Write '{where}/{host}.{namespace}.svc.cluster.local'.")
        return
    found = registry.find(host, item.namespace)
    if isinstance(found, Missing):
        severity = found.severity if ".svc." in host or found.hint.startswith("Did") else Severity.WARNING
        yield Mistake(item, path, found.message, found.hint, severity)
    elif namespace != "*" and not _declared_in(registry, found, namespace):
        message = f"'{host}' is in namespace '{found.namespace}', not in '{namespace}'."
        yield Mistake(item, path, message, f"Write '{found.namespace}/{host}'.")


def _declared_in(registry: Registry, found: Backend, namespace: str) -> bool:
    if found.namespace == namespace:
        return True
    # Virtual services are imported by the same list: a host may have one in the namespace named.
    return any(
        covers(full_name(host, other.namespace), found.host)
        for other in registry.cluster.of("VirtualService", NETWORKING)
        if other.namespace == namespace
        for host in other.strings("spec", "hosts")
    ) or any(entry.namespace == namespace for entry in registry.entries.get(found.host, ()))
