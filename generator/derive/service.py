"""What the objects around one service in one region say: every number and every list, decided here."""

from collections.abc import Mapping
from dataclasses import replace

from generator.base.scalars import duration_text
from generator.derive.alerts import alert_rules, explained
from generator.derive.graph import CallGraph
from generator.derive.naming import (
    address_of,
    common_labels,
    host_of,
    runbook_of,
    secret_of,
    selector,
    version_label,
)
from generator.derive.objectives import measured, objective_rules
from generator.derive.region import storage_class_name
from generator.derive.rollout import rollout_view
from generator.derive.scaling import scaling_view
from generator.derive.traffic import (
    GATEWAY_RETRIES,
    caller_peers,
    caller_principals,
    egress_flows,
    gateway_peer,
    gateway_principal,
    prometheus_peer,
    routes,
    sidecar_hosts,
)
from generator.derive.views import (
    ImageView,
    IngressView,
    MeshView,
    MonitoringView,
    NetworkView,
    PodView,
    ServiceView,
    VolumeView,
)
from generator.spec.model import Monitoring, Platform, Region, Resources, Service
from generator.spec.variable_checks import address_variable, secret_variable

# The startup probe asks every five seconds; how often it may fail follows from the longest start.
STARTUP_PERIOD = 5
# Seconds that a process has to stop even when nobody waits for an answer: Kubernetes' own default of a grace period.
SHORTEST_STOP = 30


def service_view(platform: Platform, region: Region, graph: CallGraph, service: Service) -> ServiceView:
    """Return what the templates of a service see in a region."""
    labels = common_labels(platform, service.name)
    everywhere = _everywhere(platform, service.name)
    mesh = _mesh(platform, region, graph, service) if graph.in_mesh(service) else None
    rollout = rollout_view(service, platform.monitoring)
    return ServiceView(
        name=service.name,
        namespace=service.namespace,
        workload="Rollout" if rollout else service.workload,
        workload_version="argoproj.io/v1alpha1" if rollout else "apps/v1",
        strategy=service.rollout.strategy,
        rollout=rollout,
        labels=labels,
        selector=selector(service.name),
        port=service.service_port,
        http_port=service.http_port,
        metrics_port=service.metrics_port,
        config=_config(platform, region, graph, service),
        pod=_pod(platform, region, graph, service),
        scaling=scaling_view(platform, graph, service),
        network=_network(platform, graph, service),
        mesh=mesh,
        monitoring=_monitoring(platform, platform.monitoring, service, labels) if platform.monitoring else None,
        in_mesh=mesh is not None,
        exposed=mesh is not None and mesh.ingress is not None,
        scraped=service.metrics_port is not None and platform.monitoring is not None,
        alerting=bool(service.alerts) and platform.monitoring is not None,
        recommended=service.recommendations,
        exposable=platform.gateway is not None and any(found.paths for found in everywhere),
        scrapable=platform.monitoring is not None and any(found.metrics_port is not None for found in everywhere),
        alertable=platform.monitoring is not None and any(found.alerts for found in everywhere),
        recommendable=any(found.recommendations for found in everywhere),
        prioritized=any(found.priority for found in everywhere),
        runbook=runbook_of(platform, service.name),
        measured=platform.monitoring is not None and measured(service),
        measurable=platform.monitoring is not None and any(map(measured, everywhere)),
    )


def _pod(platform: Platform, region: Region, graph: CallGraph, service: Service) -> PodView:
    return PodView(
        image=ImageView(
            repository=f"{region.registry}/{service.repository}",
            tag=service.tag,
            digest=service.digest,
            version=_version(service),
            versioned=any(map(_version, _everywhere(platform, service.name))),
            pull_policy=service.pull_policy,
        ),
        resources=_resources(service.resources),
        startup_path=service.startup_path,
        startup_failures=-(-service.start_limit // STARTUP_PERIOD),
        startup_period=STARTUP_PERIOD,
        ready_path=service.ready_path,
        live_path=service.live_path,
        delay=service.shutdown_delay,
        grace=_grace(graph, service),
        volumes={
            volume.name: VolumeView(
                size=volume.size,
                storage_class=storage_class_name(platform, region, volume.storage_class),
                mount_path=volume.path,
            )
            for volume in service.volumes
        },
        env=_env(graph, service),
        annotations=dict(sorted(service.pod_annotations.items())),
        node_selector=service.node_selector,
        tolerations=service.tolerations,
        priority=service.priority,
    )


def _version(service: Service) -> str:
    """Return the version label, "" where it is the tag as it stands."""
    version = version_label(service)
    return "" if version == service.tag else version


def _env(graph: CallGraph, service: Service) -> tuple[Mapping[str, object], ...]:
    """Return the container's `env`, by name: what the spec writes, and what is read from keys of secrets.

    Among these are the secrets that component instances give their callers.
    """
    found: dict[str, Mapping[str, object]] = {
        name: {"name": name, "value": value} for name, value in service.environment.items()
    }
    read = [(secret, name, key) for secret, keys in service.secrets.items() for name, key in keys.items()]
    for callee in service.uses:
        instance = graph.instances[callee]
        secret = secret_of(instance, service.name)
        read += [(secret, secret_variable(callee, key), key) for key in instance.secret_keys]
    for secret, name, key in read:
        found[name] = {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}
    return tuple(found[name] for name in sorted(found))


def _grace(graph: CallGraph, service: Service) -> int:
    """Return how long a replica may take to leave, in seconds: no request that somebody still waits for is cut."""
    if service.shutdown_grace is not None:
        return service.shutdown_grace
    waits = [policy.timeout for _, policy in graph.callers.get(service.name, ())]
    waits += [service.gateway_timeout] if service.paths else []
    return service.shutdown_delay + max([SHORTEST_STOP, *(-(-wait // 1000) for wait in waits)])


def _network(platform: Platform, graph: CallGraph, service: Service) -> NetworkView:
    external = {platform.external[callee].port for callee in service.calls if callee in platform.external}
    return NetworkView(
        isolated=any(namespace.isolated for namespace in platform.namespaces if namespace.name == service.namespace),
        callers=caller_peers(graph, service),
        gateway=gateway_peer(platform, service),
        prometheus=prometheus_peer(platform, service),
        egress=egress_flows(graph, service),
        external_ports=tuple(sorted(external)),
    )


def _mesh(platform: Platform, region: Region, graph: CallGraph, service: Service) -> MeshView:
    ingress = None
    if platform.gateway and service.paths:
        ingress = IngressView(
            gateway=f"{platform.gateway.namespace}/{platform.name}",
            principal=gateway_principal(platform),
            host=region.host,
            matches=_uri_matches(service.paths),
            timeout=duration_text(service.gateway_timeout),
            retries=GATEWAY_RETRIES,
        )
    return MeshView(
        host=host_of(service),
        principals=caller_principals(platform, graph, service),
        routes=routes(graph.callers.get(service.name, ())),
        sidecar_hosts=sidecar_hosts(platform, graph, service),
        ingress=ingress,
    )


def _everywhere(platform: Platform, name: str) -> list[Service]:
    """Return a service as each region has it that has it."""
    return [services[name] for services in platform.services.values() if name in services]


def _monitoring(
    platform: Platform, monitoring: Monitoring, service: Service, labels: Mapping[str, str]
) -> MonitoringView:
    page = runbook_of(platform, service.name)
    objectives = objective_rules(service)
    return MonitoringView(
        labels={**labels, **monitoring.object_labels},
        interval=monitoring.interval,
        rules=explained(alert_rules(service), page),
        group=f"{service.name}.rules",
        objectives=replace(objectives, alerts=explained(objectives.alerts, page)),
    )


def _resources(asked: Resources) -> dict[str, object]:
    """Return a container's `resources` block; a limit that is not set does not appear."""
    limits = {key: value for key, value in (("cpu", asked.cpu_limit), ("memory", asked.memory_limit)) if value}
    requests = {"cpu": asked.cpu, "memory": asked.memory}
    return {"requests": requests, "limits": limits} if limits else {"requests": requests}


def _config(platform: Platform, region: Region, graph: CallGraph, service: Service) -> dict[str, str]:
    """Return the service's environment: where it runs, where its callees are, and what the spec adds."""
    config = dict(service.config)
    config |= {
        "PLATFORM": platform.name,
        "ENVIRONMENT": platform.environment,
        "REGION": region.name,
        "CLOUD": region.cloud.provider,
        "SERVICE": service.name,
    }
    for callee in service.calls:
        config[address_variable(callee)] = _address(platform, graph, callee)
    for callee in service.uses:
        config[address_variable(callee)] = address_of(graph.instances[callee], service.name)
    return dict(sorted(config.items()))


def _address(platform: Platform, graph: CallGraph, callee: str) -> str:
    """Return where a callee is called: over plain HTTP where the sidecar speaks TLS for the caller."""
    if callee in graph.services:
        found = graph.services[callee]
        return f"http://{callee}.{found.namespace}" + ("" if found.service_port == 80 else f":{found.service_port}")
    external = platform.external[callee]
    if external.originate:
        return f"http://{external.hosts[0]}"
    return f"https://{external.hosts[0]}" + ("" if external.port == 443 else f":{external.port}")


def _uri_matches(paths: tuple[str, ...]) -> tuple[Mapping[str, str], ...]:
    """Return matches of whole path segments, longest first: /idea matches /idea and /idea/1, not /ideas."""
    ordered = sorted(paths, key=lambda path: (-len(path), path))
    return tuple(
        match
        for path in ordered
        for match in (({"prefix": "/"},) if path == "/" else ({"exact": path}, {"prefix": f"{path}/"}))
    )
