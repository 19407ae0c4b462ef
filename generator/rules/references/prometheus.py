"""Which Prometheus reads which rules and monitors, and where it sends alerts."""

from collections.abc import Iterator

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.manifests.selectors import selects
from generator.rules.references.lookup import Reference, dangling
from generator.rules.rule import Mistake, rule

GROUP = "monitoring.coreos.com"
# kind → (field of its selector, of the selector of its namespaces, who reads it)
_READERS = {
    "ServiceMonitor": ("serviceMonitor", ("Prometheus", "PrometheusAgent")),
    "PodMonitor": ("podMonitor", ("Prometheus", "PrometheusAgent")),
    "Probe": ("probe", ("Prometheus", "PrometheusAgent")),
    "ScrapeConfig": ("scrapeConfig", ("Prometheus", "PrometheusAgent")),
    "PrometheusRule": ("rule", ("Prometheus", "ThanosRuler")),
    "AlertmanagerConfig": ("alertmanagerConfig", ("Alertmanager",)),
}


@rule("references/monitor-not-selected")
def monitor_not_selected(cluster: Cluster) -> Iterator[Mistake]:
    """Find rules and monitors that no Prometheus in the tree selects."""
    for kind, (field, kinds) in _READERS.items():
        readers = [item for reader in kinds for item in cluster.of(reader, GROUP)]
        if not any(item.kind in {"Prometheus", "PrometheusAgent", "Alertmanager"} for item in readers):
            continue
        for of in cluster.of(kind, GROUP):
            if not any(_reads(cluster, reader, field, of) for reader in readers):
                wanted = readers[0].mapping("spec", f"{field}Selector", "matchLabels")
                shown = ", ".join(f"{key}={value}" for key, value in wanted.items())
                message = f"{readers[0]} does not select {of}: it is never read."
                hint = f"Add the labels {shown}." if shown else f"Correct {field}Selector or {field}NamespaceSelector."
                # A chart may bring another Prometheus.
                severity = Severity.WARNING if cluster.releases else None
                yield Mistake(of, ("metadata", "labels"), message, hint, severity)


def _reads(cluster: Cluster, reader: Object, field: str, of: Object) -> bool:
    # The one that an Alertmanager names is its whole configuration.
    named = reader.text("spec", "alertmanagerConfiguration", "name") if field == "alertmanagerConfig" else ""
    if named == of.name and reader.namespace == of.namespace:
        return True
    selector = reader.dig("spec", f"{field}Selector")
    namespaces = reader.dig("spec", f"{field}NamespaceSelector")
    if not isinstance(selector, dict) or not selects(selector, of.labels):
        return False
    if not isinstance(namespaces, dict):
        return of.namespace == reader.namespace
    return selects(namespaces, cluster.namespace_labels(of.namespace))


@rule("references/alertmanager-missing")
def alertmanager_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Find a Prometheus that sends its alerts to a Service that is not there."""
    for of in cluster.of("Prometheus", GROUP):
        for index, item in of.mappings("spec", "alerting", "alertmanagers"):
            path: values.Path = ("spec", "alerting", "alertmanagers", index)
            namespace, name = values.text(item, "namespace") or of.namespace, values.text(item, "name")
            yield from dangling(cluster, Reference(of, (*path, "name"), namespace, name), "", "Service")
            service = cluster.get("", "Service", namespace, name)
            port = item.get("port")
            if service is not None and isinstance(port, (int, str)):
                known = [
                    (values.text(entry, "name"), entry.get("port")) for _, entry in service.mappings("spec", "ports")
                ]
                if not any(port in pair for pair in known):
                    shown = ", ".join(f"{entry} {number}".strip() for entry, number in known)
                    yield Mistake(of, (*path, "port"), f"{service} has no port {port!r}.", f"Its ports: {shown}.")
