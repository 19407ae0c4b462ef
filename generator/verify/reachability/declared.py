"""Which connections a spec declares: its calls, and the flows that the platform needs to run it."""

from collections.abc import Iterator, Mapping

from generator.manifests.cluster import Cluster
from generator.spec.model import Instance, Platform, Service
from generator.verify.reachability.endpoint import Connection, Endpoint

DNS, CONTROL_PLANE, GATEWAY, PROMETHEUS, INTERNET = "cluster DNS", "istiod", "ingress gateway", "Prometheus", "internet"
TRACES = "collector of traces"
_DNS_PORT, _DISCOVERY_PORT = 53, 15012
# Where a proxy answers with its metrics (https://istio.io/latest/docs/ops/deployment/application-requirements/#ports-used-by-istio).
PROXY_METRICS = 15020
_OUTSIDE, _METADATA = "203.0.113.7", "169.254.169.254"  # an address of documentation, and the clouds' metadata server


def declared(platform: Platform, region: str) -> frozenset[Connection]:
    """Return the connections of a region's services that the spec asks for."""
    return frozenset(_declared(platform, region))


def _declared(platform: Platform, region: str) -> Iterator[Connection]:
    services = platform.services[region]
    in_mesh = meshed(platform)
    for service in services.values():
        yield Connection(service.name, DNS, _DNS_PORT)
        if service.namespace in in_mesh:
            yield Connection(service.name, CONTROL_PLANE, _DISCOVERY_PORT)
            yield from _traces(platform, region, service.name)
        for callee in service.calls:
            if callee in services:
                yield Connection(service.name, callee, services[callee].http_port)
            else:
                yield Connection(service.name, INTERNET, platform.external[callee].port)
        for callee in service.uses:
            instance = platform.instances[region][callee]
            for endpoint in instance.endpoints:
                yield Connection(service.name, _name(instance, endpoint.pods), endpoint.port)
        if service.paths and platform.gateway:
            yield Connection(GATEWAY, service.name, service.http_port)
        if platform.monitoring:
            yield from _scraped(platform, region, service)


def _scraped(platform: Platform, region: str, service: Service) -> Iterator[Connection]:
    """Yield what Prometheus asks of a service's pods, under each name that it has: the service, and its proxy."""
    ports = [service.metrics_port] if service.metrics_port else []
    ports += [PROXY_METRICS] if service.namespace in meshed(platform) else []
    for scraper in _scrapers(platform, region):
        yield from (Connection(scraper, service.name, port) for port in ports)


def _scrapers(platform: Platform, region: str) -> Iterator[str]:
    """Yield the names of Prometheus: its own, and that of the instance of a component that it may be."""
    monitoring = platform.monitoring
    if monitoring is not None:
        yield PROMETHEUS
        for found in instances(platform, region):
            if found.namespace == monitoring.namespace and monitoring.labels.items() <= found.labels.items():
                yield found.name


def _traces(platform: Platform, region: str, caller: str) -> Iterator[Connection]:
    """Yield the connections by which a sidecar sends its spans, also to pods that are an instance's as well."""
    tracing = platform.mesh.tracing if platform.mesh else None
    if tracing is None:
        return
    yield Connection(caller, TRACES, tracing.port)
    for instance in platform.instances[region].values():
        for endpoint in instance.endpoints:
            labels = {**instance.selector, **endpoint.pods}
            if instance.namespace == tracing.namespace and tracing.labels.items() <= labels.items():
                yield Connection(caller, _name(instance, endpoint.pods), tracing.port)


def services_in(cluster: Cluster, platform: Platform, region: str) -> Mapping[str, Endpoint]:
    """Return the region's services as their rendered workloads show them; one without a workload is not there."""
    workloads = {(item.namespace, item.object.name): item for item in cluster.workloads() if item.complete}
    found = {}
    for service in platform.services[region].values():
        workload = workloads.get((service.namespace, service.name))
        if workload is not None:
            ports = {number: name for name, number, _ in workload.ports()}
            account = str(workload.spec.get("serviceAccountName", "default"))
            principal = _principal(platform, service.namespace, account)
            found[service.name] = Endpoint(service.name, service.namespace, workload.labels, ports, principal)
    return found


def others(platform: Platform) -> list[Endpoint]:
    """Return who else there is: the platform's own pods, and strangers that nobody may talk to or hear from.

    A stranger has no ports of its own: it is tried on those that its caller may open anywhere.
    """
    found = [
        Endpoint(DNS, "kube-system", {"k8s-app": "kube-dns"}, {_DNS_PORT: "dns-tcp"}),
        Endpoint("a pod of kube-system", "kube-system", {}),
        Endpoint(
            INTERNET, "", {}, dict.fromkeys((80, *(e.port for e in platform.external.values())), ""), "", _OUTSIDE
        ),
        Endpoint("the cloud's metadata server", "", {}, {80: "", 443: ""}, "", _METADATA),
        Endpoint("a pod of another namespace", "default", {}, {}, _principal(platform, "default", "default")),
    ]
    for namespace in platform.namespaces:
        principal = _principal(platform, namespace.name, "default")
        found.append(Endpoint(f"a stranger in {namespace.name}", namespace.name, {}, {}, principal))
    if platform.mesh:
        ports_of_istiod = {_DISCOVERY_PORT: "https-dns", 8080: "http-debug"}
        found.append(Endpoint(CONTROL_PLANE, platform.mesh.namespace, {"app": "istiod"}, ports_of_istiod))
        if platform.mesh.tracing:
            tracing = platform.mesh.tracing
            found.append(Endpoint(TRACES, tracing.namespace, dict(tracing.labels), {tracing.port: ""}))
    if platform.gateway:
        gateway = platform.gateway
        principal = _principal(platform, gateway.namespace, gateway.service_account, always=True)
        found.append(Endpoint(GATEWAY, gateway.namespace, dict(gateway.labels), {}, principal))
    if platform.monitoring:
        found.append(Endpoint(PROMETHEUS, platform.monitoring.namespace, dict(platform.monitoring.labels)))
    return found


def instances(platform: Platform, region: str) -> list[Endpoint]:
    """Return the pods of component instances that callers reach, those of operators among them.

    What a pod is found by and what its instance says of all its pods are both taken for its labels.
    """
    found: dict[str, Endpoint] = {}
    for instance in platform.instances[region].values():
        for endpoint in instance.endpoints:
            name = _name(instance, endpoint.pods)
            ports = {**(found[name].ports if name in found else {}), endpoint.port: ""}
            found[name] = Endpoint(name, instance.namespace, {**instance.selector, **endpoint.pods}, ports)
    return list(found.values())


def _name(instance: Instance, pods: Mapping[str, str]) -> str:
    return f"{instance.name} ({', '.join(f'{key}={value}' for key, value in sorted(pods.items()))})"


def isolated(platform: Platform) -> frozenset[str]:
    """Return the namespaces in which nothing is reachable unless a NetworkPolicy says so."""
    return frozenset(namespace.name for namespace in platform.namespaces if namespace.isolated)


def meshed(platform: Platform) -> frozenset[str]:
    """Return the namespaces whose pods have a sidecar."""
    return frozenset(namespace.name for namespace in platform.namespaces if namespace.mesh and platform.mesh)


def _principal(platform: Platform, namespace: str, account: str, *, always: bool = False) -> str:
    if platform.mesh is None or not (always or namespace in meshed(platform)):
        return ""
    return f"{platform.mesh.trust_domain}/ns/{namespace}/sa/{account}"
