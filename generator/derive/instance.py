"""What the templates of a component instance see: its parameters as a region means them, and who is around it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from generator.base.scalars import milliseconds, share, size_bytes
from generator.components.catalogue import Catalogue, Component
from generator.derive.cloud import BucketView, bucket_view, identity_view
from generator.derive.graph import CallGraph
from generator.derive.naming import address_of, common_labels, runbook_of, selector
from generator.derive.platform_objectives import RegionObjectives, region_objectives
from generator.derive.region import storage_class_name
from generator.derive.traffic import Flow, Peer, served_flows
from generator.spec.incidents import Severity
from generator.spec.instance_checks import EXTERNAL_SECRETS
from generator.spec.layers import Path
from generator.spec.model import Gateway, Instance, Mesh, Monitoring, Platform, Region, Use
from generator.spec.typed import AMOUNTS, LENGTHS, replace_words


@dataclass(frozen=True, slots=True)
class ClientView:
    """Who calls an instance: pods of a namespace, what they may do, and with which topics."""

    name: str
    namespace: str
    selector: Mapping[str, str]
    service: bool
    access: str
    topics: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class MonitoringFacts:
    """What Prometheus is told of an instance: labels of its objects, and how often it scrapes.

    The labels by which Prometheus selects objects are among `labels`; charts, whose objects have common labels already,
    take them alone from `object_labels`.
    """

    labels: Mapping[str, str]
    object_labels: Mapping[str, str]
    interval: str


@dataclass(frozen=True, slots=True)
class PeerRegion:
    """The same instance in another region, with the parameters that it has there."""

    name: str
    host: str
    drained: bool
    provider: str
    location: str
    role: str
    zones: tuple[str, ...]
    parameters: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class InstanceView:
    """A component instance in a region as its templates see it.

    parameters have typed words replaced (`x-as` in the component's schema). egress are the flows to other instances,
    external_ports those of the externals that it calls; addresses: callee → where this instance finds it. prometheus
    are the pods that scrape it, monitoring what their objects say; None where nothing watches; mesh and gateway are
    those sections of the platform, None where it has none. peers are the other regions that have it, regions the names
    of all; buckets are all of the region's. secret_store is the SecretStore of each namespace, "" where there is none.
    runbook is the address of its page among the runbooks, "" where nobody says where that is; severities are those of
    incidents, gravest first; objectives are what the platform has to keep in the region, as rules.
    """

    name: str
    namespace: str
    labels: Mapping[str, str]
    selector: Mapping[str, str]
    parameters: Mapping[str, object]
    isolated: bool
    clients: tuple[ClientView, ...]
    egress: tuple[Flow, ...]
    external_ports: tuple[int, ...]
    addresses: Mapping[str, str]
    prometheus: Peer | None
    monitoring: MonitoringFacts | None
    mesh: Mesh | None
    gateway: Gateway | None
    peers: tuple[PeerRegion, ...]
    regions: tuple[str, ...]
    buckets: tuple[BucketView, ...]
    secret_store: str
    runbook: str
    severities: tuple[Severity, ...]
    objectives: RegionObjectives


def instance_view(
    platform: Platform, region: Region, catalogue: Catalogue, graph: CallGraph, instance: Instance
) -> InstanceView:
    """Return what the templates of an instance see in a region."""
    component = catalogue.components[instance.component]
    labels = common_labels(platform, instance.name)
    monitoring = platform.monitoring
    isolated = {namespace.name for namespace in platform.namespaces if namespace.isolated}
    return InstanceView(
        name=instance.name,
        namespace=instance.namespace,
        labels=labels,
        selector=instance.selector,
        parameters=parameters_of(platform, region, component, instance),
        isolated=instance.namespace in isolated,
        clients=_clients(platform, region, instance),
        egress=served_flows(graph, instance.uses),
        external_ports=tuple(sorted({platform.external[name].port for name in instance.externals})),
        addresses={callee: address_of(graph.instances[callee], instance.name) for callee in instance.uses},
        prometheus=Peer(monitoring.namespace, monitoring.labels) if monitoring else None,
        monitoring=_monitoring(monitoring, labels) if monitoring else None,
        mesh=platform.mesh,
        gateway=platform.gateway,
        peers=tuple(_peers(platform, region, component, instance)),
        regions=tuple(found.name for found in platform.regions if instance.name in platform.instances[found.name]),
        buckets=tuple(bucket_view(bucket, region) for bucket in platform.buckets.values()),
        secret_store=platform.name if region.secret_store else "",
        runbook=runbook_of(platform, instance.name),
        severities=platform.incidents.severities if platform.incidents else (),
        objectives=region_objectives(platform, region, runbook_of(platform, instance.name)),
    )


def _monitoring(monitoring: Monitoring, labels: Mapping[str, str]) -> MonitoringFacts:
    selected = monitoring.object_labels
    return MonitoringFacts(labels={**labels, **selected}, object_labels=selected, interval=monitoring.interval)


def parameters_of(platform: Platform, region: Region, component: Component, instance: Instance) -> dict[str, object]:
    """Return an instance's parameters with each typed word as its templates want it."""

    def meant(kind: str, word: object, _path: Path) -> object:
        text = str(word)
        if kind in LENGTHS:
            return milliseconds(text) // LENGTHS[kind]
        if kind in AMOUNTS:
            return size_bytes(text) // AMOUNTS[kind]
        if kind == "percent":
            return int(share(text) * 100)
        if kind == "storageClass":
            return storage_class_name(platform, region, text)
        if kind in ("bucket", "lastingBucket"):
            return bucket_view(platform.buckets[text], region)
        return identity_view(platform, region, text) if kind == "identity" else text

    return replace_words(component.schema, instance.parameters, meant)


def secret_namespaces(platform: Platform, region: Region, catalogue: Catalogue) -> frozenset[str]:
    """Return the namespaces in which instances of a region may make ExternalSecrets: their own and their callers'."""
    found: set[str] = set()
    for instance in platform.instances[region.name].values():
        if EXTERNAL_SECRETS in catalogue.components[instance.component].kinds:
            clients = _clients(platform, region, instance)
            found |= {instance.namespace, *(client.namespace for client in clients)}
    return frozenset(found - {""})


def _clients(platform: Platform, region: Region, instance: Instance) -> tuple[ClientView, ...]:
    found = [
        _client(service.name, service.namespace, selector(service.name), service.uses[instance.name], service=True)
        for service in platform.services[region.name].values()
        if instance.name in service.uses
    ]
    found += [
        _client(
            caller.name,
            caller.namespace,
            caller.selector,
            caller.uses[instance.name],
            service=False,
        )
        for caller in platform.instances[region.name].values()
        if instance.name in caller.uses
    ]
    return tuple(sorted(found, key=lambda client: client.name))


def _client(name: str, namespace: str, pods: Mapping[str, str], use: Use, *, service: bool) -> ClientView:
    return ClientView(name, namespace, pods, service, use.access, use.topics)


def _peers(platform: Platform, region: Region, component: Component, instance: Instance) -> Iterable[PeerRegion]:
    for other in platform.regions:
        found = platform.instances[other.name].get(instance.name)
        if other is not region and found is not None and found.component == instance.component:
            yield PeerRegion(
                name=other.name,
                host=other.host,
                drained=other.drained,
                provider=other.cloud.provider,
                location=other.location,
                role=other.role,
                zones=other.zones,
                parameters=parameters_of(platform, other, component, found),
            )
