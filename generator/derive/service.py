"""What the objects around one service in one region say: every number and every list, decided here."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from generator.base.scalars import duration_text
from generator.derive.alerts import AlertRule, alert_rules
from generator.derive.graph import CallGraph
from generator.derive.naming import VERSION, common_labels, host_of, selector, version_label
from generator.derive.region import storage_class_name
from generator.derive.traffic import Flow, Route, allowed_principals, egress_flows, ingress_flows, routes, sidecar_hosts
from generator.spec.model import Monitoring, Platform, Region, Resources, Service, Volume
from generator.spec.variable_checks import address_variable

# The startup probe asks every five seconds; how often it may fail follows from the longest start.
STARTUP_PERIOD = 5
# Seconds that a process has to stop even when nobody waits for an answer: Kubernetes' own default of a grace period.
SHORTEST_STOP = 30


@dataclass(frozen=True, slots=True)
class Metric:
    """A resource metric of the autoscaler; target in percent of the request."""

    resource: str
    target: int


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable that is read from a key of a secret."""

    name: str
    secret: str
    key: str


@dataclass(frozen=True, slots=True)
class PodView:
    """The pods of a service; lengths of time in seconds."""

    labels: Mapping[str, str]
    image: str
    resources: Mapping[str, object]
    startup_path: str
    startup_failures: int
    startup_period: int
    ready_path: str
    live_path: str
    delay: int
    grace: int
    volumes: tuple[Volume, ...]
    variables: tuple[Variable, ...]
    config_checksum: str


@dataclass(frozen=True, slots=True)
class ScalingView:
    """How many replicas run, and how many may be away; windows in seconds."""

    replicas: int
    max_replicas: int
    autoscaled: bool
    metrics: tuple[Metric, ...]
    up_window: int
    down_window: int
    max_unavailable: str


@dataclass(frozen=True, slots=True)
class NetworkView:
    """What a NetworkPolicy lets through; isolated: whether the namespace has any."""

    isolated: bool
    ingress: tuple[Flow, ...]
    egress: tuple[Flow, ...]
    external_ports: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class IngressView:
    """What the ingress gateway sends to a service: gateway as <namespace>/<name>."""

    gateway: str
    host: str
    matches: tuple[Mapping[str, str], ...]
    timeout: str


@dataclass(frozen=True, slots=True)
class MeshView:
    """A service inside the mesh; ports as the strings that Istio's maps and lists want."""

    host: str
    principals: tuple[str, ...]
    routes: tuple[Route, ...]
    sidecar_hosts: tuple[str, ...]
    http_port_key: str
    metrics_port_key: str
    ingress: IngressView | None


@dataclass(frozen=True, slots=True)
class MonitoringView:
    """What Prometheus is told of a service: labels by which it finds its objects, rules and the name of their group."""

    labels: Mapping[str, str]
    interval: str
    rules: tuple[AlertRule, ...]
    group: str


@dataclass(frozen=True, slots=True)
class ServiceView:
    """A service in a region as its templates see it. mesh and monitoring are None where the platform has none."""

    name: str
    namespace: str
    workload: str
    labels: Mapping[str, str]
    selector: Mapping[str, str]
    http_port: int
    metrics_port: int | None
    config: Mapping[str, str]
    pod: PodView
    scaling: ScalingView
    network: NetworkView
    mesh: MeshView | None
    monitoring: MonitoringView | None
    scraped: bool


def service_view(platform: Platform, region: Region, graph: CallGraph, service: Service) -> ServiceView:
    """Return what the templates of a service see in a region."""
    labels = common_labels(platform, service.name)
    config = _config(platform, region, graph, service)
    return ServiceView(
        name=service.name,
        namespace=service.namespace,
        workload=service.workload,
        labels=labels,
        selector=selector(service.name),
        http_port=service.http_port,
        metrics_port=service.metrics_port,
        config=config,
        pod=_pod(platform, region, graph, service, config),
        scaling=_scaling(service),
        network=_network(platform, graph, service),
        mesh=_mesh(platform, region, graph, service) if graph.in_mesh(service) else None,
        monitoring=_monitoring(platform.monitoring, service, labels) if platform.monitoring else None,
        scraped=service.metrics_port is not None and platform.monitoring is not None,
    )


def _pod(platform: Platform, region: Region, graph: CallGraph, service: Service, config: Mapping[str, str]) -> PodView:
    variables = sorted(
        (variable, secret, key) for secret, keys in service.secrets.items() for variable, key in keys.items()
    )
    return PodView(
        labels={**common_labels(platform, service.name), VERSION: version_label(service)},
        image=_image(region, service),
        resources=_resources(service.resources),
        startup_path=service.startup_path,
        startup_failures=-(-service.start_limit // STARTUP_PERIOD),
        startup_period=STARTUP_PERIOD,
        ready_path=service.ready_path,
        live_path=service.live_path,
        delay=service.shutdown_delay,
        grace=_grace(graph, service),
        volumes=tuple(
            replace(volume, storage_class=storage_class_name(platform, region, volume.storage_class))
            for volume in service.volumes
        ),
        variables=tuple(Variable(variable, secret, key) for variable, secret, key in variables),
        config_checksum=_checksum(config),
    )


def _grace(graph: CallGraph, service: Service) -> int:
    """Return how long a replica may take to leave, in seconds: no request that somebody still waits for is cut."""
    if service.shutdown_grace is not None:
        return service.shutdown_grace
    waits = [policy.timeout for _, policy in graph.callers.get(service.name, ())]
    waits += [service.gateway_timeout] if service.paths else []
    return service.shutdown_delay + max([SHORTEST_STOP, *(-(-wait // 1000) for wait in waits)])


def _scaling(service: Service) -> ScalingView:
    scale = service.scale
    targets = (("cpu", scale.cpu), ("memory", scale.memory))
    return ScalingView(
        replicas=scale.min,
        max_replicas=scale.max,
        autoscaled=scale.max > scale.min,
        metrics=tuple(Metric(resource, int(share * 100)) for resource, share in targets if share is not None),
        up_window=scale.up_window,
        down_window=scale.down_window,
        max_unavailable=service.max_unavailable,
    )


def _network(platform: Platform, graph: CallGraph, service: Service) -> NetworkView:
    external = {platform.external[callee].port for callee in service.calls if callee in platform.external}
    return NetworkView(
        isolated=any(namespace.isolated for namespace in platform.namespaces if namespace.name == service.namespace),
        ingress=ingress_flows(platform, graph, service),
        egress=egress_flows(graph, service),
        external_ports=tuple(sorted(external)),
    )


def _mesh(platform: Platform, region: Region, graph: CallGraph, service: Service) -> MeshView:
    ingress = None
    if platform.gateway and service.paths:
        ingress = IngressView(
            gateway=f"{platform.gateway.namespace}/{platform.name}",
            host=region.host,
            matches=_uri_matches(service.paths),
            timeout=duration_text(service.gateway_timeout),
        )
    return MeshView(
        host=host_of(service),
        principals=allowed_principals(platform, graph, service),
        routes=routes(graph.callers.get(service.name, ())),
        sidecar_hosts=sidecar_hosts(platform, graph, service),
        http_port_key=str(service.http_port),
        metrics_port_key=str(service.metrics_port or ""),
        ingress=ingress,
    )


def _monitoring(monitoring: Monitoring, service: Service, labels: Mapping[str, str]) -> MonitoringView:
    return MonitoringView(
        labels={**labels, **monitoring.object_labels},
        interval=monitoring.interval,
        rules=alert_rules(service),
        group=f"{service.name}.rules",
    )


def _resources(asked: Resources) -> dict[str, object]:
    """Return a container's `resources` block; a limit that is not set does not appear."""
    limits = {key: value for key, value in (("cpu", asked.cpu_limit), ("memory", asked.memory_limit)) if value}
    requests = {"cpu": asked.cpu, "memory": asked.memory}
    return {"requests": requests, "limits": limits} if limits else {"requests": requests}


def _image(region: Region, service: Service) -> str:
    """Return the whole image reference; a digest wins over the tag, which then only tells people the version."""
    tag = f":{service.tag}" if service.tag else ""
    digest = f"@{service.digest}" if service.digest else ""
    return f"{region.registry}/{service.repository}{tag}{digest}"


def _config(platform: Platform, region: Region, graph: CallGraph, service: Service) -> dict[str, str]:
    """Return the service's environment: where it runs, where its callees are, and what the spec adds."""
    config = dict(service.config)
    config |= {
        "PLATFORM": platform.name,
        "ENVIRONMENT": platform.environment,
        "REGION": region.name,
        "CLOUD": region.cloud.provider,
    }
    for callee in service.calls:
        config[address_variable(callee)] = _address(platform, graph, callee)
    return dict(sorted(config.items()))


def _address(platform: Platform, graph: CallGraph, callee: str) -> str:
    """Return where a callee is called: over plain HTTP where the sidecar speaks TLS for the caller."""
    if callee in graph.services:
        return f"http://{callee}.{graph.services[callee].namespace}"
    external = platform.external[callee]
    if external.originate:
        return f"http://{external.hosts[0]}"
    return f"https://{external.hosts[0]}" + ("" if external.port == 443 else f":{external.port}")


def _checksum(config: Mapping[str, str]) -> str:
    """Return a digest of the configuration: as an annotation of the pods it restarts them when that changes."""
    text = "\0".join(f"{key}\0{value}" for key, value in config.items())
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _uri_matches(paths: tuple[str, ...]) -> tuple[Mapping[str, str], ...]:
    """Return matches of whole path segments, longest first: /idea matches /idea and /idea/1, not /ideas."""
    ordered = sorted(paths, key=lambda path: (-len(path), path))
    return tuple(
        match
        for path in ordered
        for match in (({"prefix": "/"},) if path == "/" else ({"exact": path}, {"prefix": f"{path}/"}))
    )
