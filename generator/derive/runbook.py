"""What the templates of runbooks see: a platform, its regions and what runs in them, by the names that people type."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlsplit

from generator.derive.instance import InstanceView
from generator.derive.region import RegionView
from generator.derive.views import ServiceView
from generator.spec.model import Platform, Region

# How the hosts of the clouds' own registries end, and what asks them for an image.
_REGISTRIES = ((".amazonaws.com", "ecr"), ("-docker.pkg.dev", "artifact-registry"), (".azurecr.io", "acr"))


@dataclass(frozen=True, slots=True)
class RunbookPlatform:
    """The platform: specs is the folder of its specs, tree that of its rendered tree, both within the workspace.

    application is what the names of Argo CD's Applications begin with, argocd the namespace that they are in; hub says
    whether one Argo CD serves all regions. workspace is the workspace's folder within the repository ("": its top).
    release is the namespace of the platform's Helm releases. prometheus is where Prometheus answers, a URL,
    prometheus_service and prometheus_port its Service in the namespace `monitoring` ("" and 0: not there). writes is
    the region that the edge sends writes to ("": none in particular, or there is no edge).
    """

    name: str
    environment: str
    description: str
    users: int | None
    version: str
    repository: str
    revision: str
    workspace: str
    specs: str
    tree: str
    browse: str
    application: str
    argocd: str
    hub: bool
    forms: tuple[str, ...]
    release: str
    mesh: bool
    gateway: str
    monitoring: str
    prometheus: str
    prometheus_service: str
    prometheus_port: int
    writes: str


@dataclass(frozen=True, slots=True)
class RunbookRegion:
    """A region, and what the page's unit is there: instance, service or view, None where it is none of that kind.

    cluster is the context of kubectl; weight is the share of the traffic in percent. objects are the names of the
    unit's objects there, by kind. registry_kind is ecr, artifact-registry, acr or "" for any other; image is a
    service's within its registry, path the shortest at which the gateway sends it requests ("": none).
    """

    name: str
    cluster: str
    cloud: str
    provider: str
    location: str
    role: str
    weight: Decimal
    drained: bool
    zones: tuple[str, ...]
    host: str
    registry: str
    registry_kind: str
    registry_host: str
    registry_name: str
    account: str
    resource_group: str
    image: str = ""
    path: str = ""
    instance: InstanceView | None = None
    service: ServiceView | None = None
    view: RegionView | None = None
    objects: Mapping[str, tuple[str, ...]] | None = None


@dataclass(frozen=True, slots=True)
class RunbookAlert:
    """An alert of a unit; regions are those in which it is there."""

    name: str
    severity: str
    summary: str
    unit: str
    regions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RunbookUnit:
    """What runs under one name: a service, an instance or a component of each region; page is its file ("": none).

    objects are the names of its objects by kind, of all regions; workload is the kind of a service's pods (Deployment,
    StatefulSet or Rollout), strategy that of a Rollout, scaler the kind of what scales it, each "" where there is none.
    """

    name: str
    namespace: str
    component: str
    description: str
    page: str
    regions: tuple[RunbookRegion, ...]
    objects: Mapping[str, tuple[str, ...]]
    workload: str
    strategy: str
    scaler: str


def runbook_platform(platform: Platform, forms: tuple[str, ...], release: str) -> RunbookPlatform:
    """Return what pages say of the platform itself; forms are those that its tree has."""
    gitops, monitoring = platform.gitops, platform.monitoring
    address = urlsplit(monitoring.address if monitoring else "")
    service, _, namespace = (address.hostname or "").partition(".")
    inside = monitoring is not None and namespace.split(".")[0] == monitoring.namespace
    return RunbookPlatform(
        name=platform.name,
        environment=platform.environment,
        description=platform.description,
        users=platform.users,
        version=platform.version,
        repository=gitops.repository,
        revision=gitops.revision,
        workspace=gitops.path,
        specs=f"environments/{platform.name}",
        tree=f"output/{platform.name}/{platform.environment}",
        browse=gitops.browse,
        application=f"{platform.name}-{platform.environment}",
        argocd=gitops.namespace,
        hub=gitops.mode == "hub",
        forms=forms,
        release=release,
        mesh=platform.mesh is not None,
        gateway=platform.gateway.namespace if platform.gateway else "",
        monitoring=monitoring.namespace if monitoring else "",
        prometheus=monitoring.address if monitoring else "",
        prometheus_service=service if inside else "",
        prometheus_port=(address.port or 80) if inside else 0,
        writes=platform.edge.writes if platform.edge else "",
    )


def runbook_region(region: Region) -> RunbookRegion:
    """Return what pages say of a region, whatever runs there."""
    host = region.registry.partition("/")[0]
    return RunbookRegion(
        name=region.name,
        cluster=region.cluster,
        cloud=region.cloud.name,
        provider=region.cloud.provider,
        location=region.location,
        role=region.role,
        weight=(region.weight * 100).normalize(),
        drained=region.drained,
        zones=region.zones,
        host=region.host,
        registry=region.registry,
        registry_kind=next((kind for end, kind in _REGISTRIES if host.endswith(end)), ""),
        registry_host=host,
        registry_name=host.partition(".")[0],
        account=region.account,
        resource_group=region.resource_group,
    )
