"""Services without a virtual address or a selector: of StatefulSets, with endpoints by hand, and external names."""

from collections.abc import Iterator, Mapping

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.manifests.selectors import selects_map
from generator.manifests.workload import workload
from generator.rules.references.lookup import Reference, dangling, may_hide
from generator.rules.rule import Mistake, rule


@rule("references/stateful-set-service")
def stateful_set_service(cluster: Cluster) -> Iterator[Mistake]:
    """Find a StatefulSet whose serviceName is no Service that selects its pods: they get no names in DNS."""
    for of in cluster.of("StatefulSet", "apps"):
        name, path = of.text("spec", "serviceName"), ("spec", "serviceName")
        service = cluster.get("", "Service", of.namespace, name)
        if name and service is None:
            # Without peers to find and disks of its own, a StatefulSet can do without the names.
            alone = not of.dig("spec", "volumeClaimTemplates") and not _headless(cluster, of)
            severity = Severity.WARNING if alone and (of.integer("spec", "replicas") or 1) < 2 else None
            yield from dangling(cluster, Reference(of, path, of.namespace, name), "", "Service", severity)
        pod = workload(of, {})
        if service is None or pod is None:
            continue
        selector = service.mapping("spec", "selector")
        if not selector or not selects_map(selector, pod.labels):
            message = f"{service} does not select the pods of {of}: they get no names of their own in DNS."
            others = (item.name for item in cluster.of("Service", "") if item.namespace == of.namespace)
            fitting = [item for item in others if item != name and _selects(cluster, of.namespace, item, pod.labels)]
            hint = did_you_mean(name, fitting) or "Name the headless Service of these pods."
            yield Mistake(of, path, message, hint)
        elif service.text("spec", "clusterIP") != "None":
            message = f"{service} is not headless: the pods of {of} get no names of their own in DNS."
            hint = "Name a Service with clusterIP: None."
            yield Mistake(of, path, message, hint, Severity.WARNING)


def _headless(cluster: Cluster, of: Object) -> bool:
    """Say whether some headless Service selects the pods of a StatefulSet."""
    pod = workload(of, {})
    return pod is not None and any(
        item.namespace == of.namespace
        and item.text("spec", "clusterIP") == "None"
        and _selects(cluster, of.namespace, item.name, pod.labels)
        for item in cluster.of("Service", "")
    )


def _selects(cluster: Cluster, namespace: str, name: str, labels: Mapping[str, str | None]) -> bool:
    service = cluster.get("", "Service", namespace, name)
    selector = service.mapping("spec", "selector") if service is not None else {}
    return bool(selector) and selects_map(selector, labels)


@rule("references/service-no-endpoints", Severity.WARNING)
def service_no_endpoints(cluster: Cluster) -> Iterator[Mistake]:
    """Find a Service without a selector for which the tree has no endpoints either."""
    sliced = {
        (item.namespace, item.labels.get("kubernetes.io/service-name", ""))
        for item in cluster.of("EndpointSlice", "discovery.k8s.io")
    }
    managed = {name for rollout in cluster.of("Rollout", "argoproj.io") for name in _services(rollout.value)}
    for service in cluster.of("Service", ""):
        if service.mapping("spec", "selector") or service.text("spec", "type") == "ExternalName":
            continue
        if cluster.get("", "Endpoints", service.namespace, service.name) is not None:
            continue
        if (service.namespace, service.name) in sliced or service.name in managed:
            continue
        if not may_hide(cluster, service.namespace, (service.name,)):
            message = f"{service} has no selector, and the tree has no endpoints for it."
            yield Mistake(service, ("spec",), message, "Add a selector, or an EndpointSlice with its label.")


def _services(value: object) -> Iterator[str]:
    """Yield every string below a key that ends in "Service": the Services that a Rollout manages."""
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, str) and key.endswith("Service"):
                yield item
            else:
                yield from _services(item)
