"""ServiceMonitors and PodMonitors: what they select, and the ports that they scrape."""

from collections.abc import Iterator, Mapping

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.manifests.selectors import selects
from generator.manifests.workload import Workload
from generator.rules.references.lookup import is_near, may_hide
from generator.rules.references.services import backends
from generator.rules.rule import Mistake, rule

GROUP = "monitoring.coreos.com"


def namespaces_of(cluster: Cluster, monitor: Object) -> tuple[str, ...]:
    """Return the namespaces in which a ServiceMonitor or PodMonitor looks for its targets."""
    if monitor.dig("spec", "namespaceSelector", "any") is True:
        return cluster.namespaces()
    return tuple(monitor.strings("spec", "namespaceSelector", "matchNames")) or (monitor.namespace,)


@rule("references/monitor-no-target")
def monitor_no_target(cluster: Cluster) -> Iterator[Mistake]:
    """Find a ServiceMonitor that selects no Service, or a PodMonitor that selects no pods."""
    index = _Services(cluster)
    for monitor in cluster.of("ServiceMonitor", GROUP):
        if not index.of(monitor):
            labels = [item.labels for name in namespaces_of(cluster, monitor) for item in index.within(name)]
            yield from _nothing(cluster, monitor, "Service", labels)
    for monitor in cluster.of("PodMonitor", GROUP):
        if not _pods_of(cluster, monitor):
            pods = [pod for name in namespaces_of(cluster, monitor) for pod in cluster.workloads(name)]
            yield from _nothing(cluster, monitor, "pod", [pod.labels for pod in pods])


class _Services:
    """The Services of a cluster by namespace: many monitors look for theirs."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.found: dict[str, list[Object]] = {}
        for item in cluster.of("Service", ""):
            self.found.setdefault(item.namespace, []).append(item)

    def within(self, namespace: str) -> list[Object]:
        return self.found.get(namespace, [])

    def of(self, monitor: Object) -> list[Object]:
        selector = monitor.mapping("spec", "selector")
        names = namespaces_of(self.cluster, monitor)
        return [item for name in names for item in self.within(name) if selects(selector, item.labels)]


def _pods_of(cluster: Cluster, monitor: Object) -> list[Workload]:
    selector = monitor.mapping("spec", "selector")
    return [pod for name in namespaces_of(cluster, monitor) for pod in cluster.selected(name, selector)]


def _nothing(
    cluster: Cluster, monitor: Object, what: str, labels: list[Mapping[str, str | None]] | list[Mapping[str, str]]
) -> Iterator[Mistake]:
    names = namespaces_of(cluster, monitor)
    wanted = values.labels(monitor.value, "spec", "selector", "matchLabels")
    server = cluster.made("", "Service", "default", "kubernetes")
    if (
        what == "Service"
        and "default" in names
        and server
        and selects(monitor.mapping("spec", "selector"), server.labels)
    ):
        return
    if any(may_hide(cluster, name, (monitor.name, *wanted.values())) for name in names):
        return
    known = cluster.namespaces()
    for index, name in enumerate(monitor.strings("spec", "namespaceSelector", "matchNames")):
        if name not in known and is_near(name, known):
            path: values.Path = ("spec", "namespaceSelector", "matchNames", index)
            yield Mistake(monitor, path, f"There is no namespace '{name}'.", did_you_mean(name, known))
            return
    shown = ", ".join(f"'{name}'" for name in names[:3])
    path, hint = ("spec", "selector"), f"Select the labels of the {what}s themselves."
    for key, value in wanted.items():
        near = did_you_mean(value, {item.get(key) or "" for item in labels} - {"", value}) if labels else ""
        if isinstance(value, str) and near and not any(item.get(key) == value for item in labels):
            path, hint = ("spec", "selector", "matchLabels", key), near
    # In a namespace of which the tree holds nothing, others may bring the target.
    made = what == "Service" and any(set(cluster.names("", what, name)) for name in names)
    certain = bool(wanted) and (bool(labels) or made)
    message = f"{monitor} selects no {what} in namespace {shown}: nothing is scraped."
    yield Mistake(monitor, path, message, hint, Severity.ERROR if certain else Severity.WARNING)


@rule("references/monitor-port-unknown")
def monitor_port_unknown(cluster: Cluster) -> Iterator[Mistake]:
    """Find a port to scrape that the selected Services (by name) or pods do not have."""
    index = _Services(cluster)
    for monitor in cluster.of("ServiceMonitor", GROUP):
        services = index.of(monitor)
        for number, endpoint in monitor.mappings("spec", "endpoints") if services else ():
            yield from _endpoint(cluster, monitor, ("spec", "endpoints", number), endpoint, services)
    for monitor in cluster.of("PodMonitor", GROUP):
        pods = _pods_of(cluster, monitor)
        if not pods or not all(pod.complete or pod.operator_ports for pod in pods):
            continue
        ports = [port for pod in pods for port in pod.ports()]
        for number, endpoint in monitor.mappings("spec", "podMetricsEndpoints"):
            yield from _pod_port(monitor, ("spec", "podMetricsEndpoints", number), endpoint, ports, str(pods[0].object))


def _endpoint(
    cluster: Cluster,
    monitor: Object,
    path: values.Path,
    endpoint: Mapping[str, values.Value],
    services: list[Object],
) -> Iterator[Mistake]:
    name = values.text(endpoint, "port")
    names = {values.text(port, "name") for item in services for _, port in item.mappings("spec", "ports")} - {""}
    if name and name not in names:
        shown = ", ".join(f"'{item}'" for item in sorted(names)) or "none has a name"
        message = f"{services[0]} has no port named '{name}'."
        hint = did_you_mean(name, names) or f"A ServiceMonitor names ports of the Service: {shown}."
        yield Mistake(monitor, (*path, "port"), message, hint)
    elif not name and "targetPort" in endpoint:
        pods = [pod for item in services for pod in backends(cluster, item)]
        if pods and all(pod.complete for pod in pods):
            ports = [port for pod in pods for port in pod.ports()]
            plain = {"portNumber" if isinstance(endpoint["targetPort"], int) else "port": endpoint["targetPort"]}
            for mistake in _pod_port(monitor, path, plain, ports, str(pods[0].object)):
                yield Mistake(monitor, (*path, "targetPort"), mistake.message, mistake.hint, mistake.severity)


def _pod_port(
    monitor: Object,
    path: values.Path,
    endpoint: Mapping[str, values.Value],
    ports: list[tuple[str, int, str]],
    where: str,
) -> Iterator[Mistake]:
    name, number = values.text(endpoint, "port"), values.integer(endpoint, "portNumber")
    names = {item for item, _, _ in ports if item}
    if name and name not in names and not name.startswith(("http-envoy", "istio")):
        shown = ", ".join(f"'{item}'" for item in sorted(names)) or "none has a name"
        message = f"No container of {where} has a port named '{name}'."
        yield Mistake(monitor, (*path, "port"), message, did_you_mean(name, names) or f"Their ports: {shown}.")
    elif number is not None and ports and number not in {item for _, item, _ in ports}:
        message = f"No container of {where} declares the port {number}."
        hint = "Declare the port, or scrape one that is declared."
        yield Mistake(monitor, (*path, "portNumber"), message, hint, Severity.WARNING)
