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

# The startup probe asks every five seconds; how often it may fail follows from the longest start.
STARTUP_PERIOD = 5


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
class ServiceView:
    """A service in a region as its templates see it. Lists are sorted; durations are as the API writes them."""

    name: str
    namespace: str
    description: str
    workload: str
    labels: Mapping[str, str]
    selector: Mapping[str, str]
    pod_labels: Mapping[str, str]
    monitoring_labels: Mapping[str, str]
    image: str
    resources: Mapping[str, object]
    http_port: int
    metrics_port: int | None
    startup_path: str
    startup_failures: int
    startup_period: int
    ready_path: str
    live_path: str
    replicas: int
    max_replicas: int
    autoscaled: bool
    metrics: tuple[Metric, ...]
    up_window: int
    down_window: int
    max_unavailable: str
    delay: int
    grace: int
    volumes: tuple[Volume, ...]
    config: Mapping[str, str]
    config_checksum: str
    variables: tuple[Variable, ...]
    isolated: bool
    ingress: tuple[Flow, ...]
    egress: tuple[Flow, ...]
    external_ports: tuple[int, ...]
    meshed: bool
    host: str
    principals: tuple[str, ...]
    routes: tuple[Route, ...]
    sidecar_hosts: tuple[str, ...]
    http_port_key: str
    metrics_port_key: str
    scraped: bool
    uri_matches: tuple[Mapping[str, str], ...]
    gateway: str
    public_host: str
    gateway_timeout: str
    monitoring: Monitoring | None
    rules: tuple[AlertRule, ...]
    rule_group: str


def service_view(platform: Platform, region: Region, graph: CallGraph, service: Service) -> ServiceView:
    """Return what the templates of a service see in a region."""
    scale = service.scale
    labels = common_labels(platform, service.name)
    config = _config(platform, region, graph, service)
    meshed = graph.in_mesh(service)
    gateway = platform.gateway if service.paths else None
    return ServiceView(
        name=service.name,
        namespace=service.namespace,
        description=service.description,
        workload=service.workload,
        labels=labels,
        selector=selector(service.name),
        pod_labels={**labels, VERSION: version_label(service)},
        monitoring_labels={**labels, **(platform.monitoring.object_labels if platform.monitoring else {})},
        image=_image(region, service),
        resources=resources(service.resources),
        http_port=service.http_port,
        metrics_port=service.metrics_port,
        startup_path=service.startup_path,
        startup_failures=-(-service.start_limit // STARTUP_PERIOD),
        startup_period=STARTUP_PERIOD,
        ready_path=service.ready_path,
        live_path=service.live_path,
        replicas=scale.min,
        max_replicas=scale.max,
        autoscaled=scale.max > scale.min,
        metrics=tuple(
            Metric(resource, int(target * 100))
            for resource, target in (("cpu", scale.cpu), ("memory", scale.memory))
            if target is not None
        ),
        up_window=scale.up_window,
        down_window=scale.down_window,
        max_unavailable=service.max_unavailable,
        delay=service.shutdown_delay,
        grace=service.shutdown_grace,
        volumes=tuple(
            replace(volume, storage_class=storage_class_name(platform, region, volume.storage_class))
            for volume in service.volumes
        ),
        config=config,
        config_checksum=_checksum(config),
        variables=tuple(
            Variable(variable, secret, key)
            for variable, secret, key in sorted(
                (variable, secret, key) for secret, keys in service.secrets.items() for variable, key in keys.items()
            )
        ),
        isolated=any(namespace.isolated for namespace in platform.namespaces if namespace.name == service.namespace),
        ingress=ingress_flows(platform, graph, service),
        egress=egress_flows(graph, service),
        external_ports=tuple(
            sorted({platform.external[callee].port for callee in service.calls if callee in platform.external})
        ),
        meshed=meshed,
        host=host_of(service),
        principals=allowed_principals(platform, graph, service),
        routes=routes(graph.callers.get(service.name, ())),
        sidecar_hosts=sidecar_hosts(platform, graph, service),
        http_port_key=str(service.http_port),
        metrics_port_key=str(service.metrics_port or ""),
        scraped=service.metrics_port is not None and platform.monitoring is not None,
        uri_matches=_uri_matches(service.paths),
        gateway=f"{gateway.namespace}/{platform.name}" if gateway else "",
        public_host=region.host,
        gateway_timeout=duration_text(service.gateway_timeout),
        monitoring=platform.monitoring,
        rules=alert_rules(service) if platform.monitoring else (),
        rule_group=f"{service.name}.rules",
    )


def resources(asked: Resources) -> dict[str, object]:
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
        if callee in graph.services:
            config[f"{callee.upper().replace('-', '_')}_URL"] = f"http://{callee}.{graph.services[callee].namespace}"
    return dict(sorted(config.items()))


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
