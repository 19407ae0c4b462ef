"""What a spec means once it is read, merged and checked: complete, typed, frozen."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

# The forms of the rendered tree, in the order in which they are listed everywhere.
FORMS = ("manifests", "helm", "kustomize")


@dataclass(frozen=True, slots=True)
class Cloud:
    """A cloud: its provider (aws, gcp, azure, other) and storage class → disk type."""

    name: str
    provider: str
    storage: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SecretStore:
    """How External Secrets signs in to a region's secret manager; what the provider does not need is ""."""

    role: str
    project: str
    service_account: str
    vault: str
    tenant: str
    client: str


@dataclass(frozen=True, slots=True)
class Region:
    """One cluster in one cloud. weight is its share of the environment's traffic (0 to 1)."""

    name: str
    cloud: Cloud
    role: str
    weight: Decimal
    location: str
    zones: tuple[str, ...]
    host: str
    registry: str
    cluster: str
    secret_store: SecretStore | None


@dataclass(frozen=True, slots=True)
class Quota:
    """Upper bounds of a namespace: thousandths of a core, bytes, pods."""

    cpu: int
    memory: int
    pods: int


@dataclass(frozen=True, slots=True)
class Namespace:
    """A namespace with its rules."""

    name: str
    pod_security: str
    mesh: bool
    isolated: bool
    quota: Quota | None
    viewers: tuple[str, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mesh:
    """Istio's control plane."""

    namespace: str
    trust_domain: str


@dataclass(frozen=True, slots=True)
class Gateway:
    """The ingress gateway of each region."""

    namespace: str
    labels: Mapping[str, str]
    service_account: str
    certificate: str


@dataclass(frozen=True, slots=True)
class Monitoring:
    """The Prometheus that scrapes: its pods' labels, those by which it finds its objects, interval in its notation."""

    namespace: str
    labels: Mapping[str, str]
    object_labels: Mapping[str, str]
    interval: str


@dataclass(frozen=True, slots=True)
class External:
    """A system outside the platform; originate: the sidecar speaks TLS for the service."""

    name: str
    hosts: tuple[str, ...]
    port: int
    originate: bool


@dataclass(frozen=True, slots=True)
class Secret:
    """A Kubernetes Secret that External Secrets keeps: key → name in the secret manager."""

    name: str
    namespace: str
    type: str
    refresh: str
    keys: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Resources:
    """What one container asks for, as Kubernetes quantities; a limit of "" is none."""

    cpu: str
    memory: str
    cpu_limit: str
    memory_limit: str


@dataclass(frozen=True, slots=True)
class Scale:
    """Replicas in one region; targets in percent of the request (None: no reason to scale); windows in seconds."""

    min: int
    max: int
    cpu: Decimal | None
    memory: Decimal | None
    up_window: int
    down_window: int


@dataclass(frozen=True, slots=True)
class CallPolicy:
    """How a call is made: timeout in milliseconds, attempts after the first."""

    timeout: int
    retries: int


@dataclass(frozen=True, slots=True)
class Volume:
    """A claim per replica of a StatefulSet."""

    name: str
    size: str
    storage_class: str
    path: str


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert on a service: what it watches, above which share, for how long, how severe."""

    name: str
    watches: str
    above: Decimal
    hold: str
    severity: str
    summary: str


@dataclass(frozen=True, slots=True)
class Patch:
    """A JSON Patch on one object; file, line, column and path are where it stands in the spec, for problems."""

    kind: str
    name: str
    operations: tuple[Mapping[str, object], ...]
    file: str
    line: int
    column: int
    path: str


@dataclass(frozen=True, slots=True)
class Service:
    """A service as it is meant in one region.

    delivery is the form (one of FORMS) in which Argo CD delivers it; environment are the variables written on the
    container itself, config those of its ConfigMap; tolerations have Kubernetes' own field names.
    """

    name: str
    description: str
    namespace: str
    workload: str
    repository: str
    tag: str
    digest: str
    pull_policy: str
    resources: Resources
    http_port: int
    metrics_port: int | None
    service_port: int
    startup_path: str
    ready_path: str
    live_path: str
    start_limit: int
    scale: Scale
    max_unavailable: str
    shutdown_delay: int
    shutdown_grace: int | None
    calls: Mapping[str, CallPolicy]
    paths: tuple[str, ...]
    gateway_timeout: int
    volumes: tuple[Volume, ...]
    config: Mapping[str, str]
    environment: Mapping[str, str]
    secrets: Mapping[str, Mapping[str, str]]
    node_selector: Mapping[str, str]
    tolerations: tuple[Mapping[str, object], ...]
    pod_annotations: Mapping[str, str]
    alerts: tuple[Alert, ...]
    delivery: str
    patches: tuple[Patch, ...]


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance of a component other than a service, as it is meant in one region; delivery as a service's."""

    name: str
    component: str
    namespace: str
    delivery: str
    parameters: Mapping[str, object]
    patches: tuple[Patch, ...]


@dataclass(frozen=True, slots=True)
class GitOps:
    """Where Argo CD finds the tree: path is the workspace's folder within the repository, "" its top.

    delivery is the form that Applications point to unless their component has its own; forms are those that are
    rendered for every component besides, in the order of FORMS.
    """

    repository: str
    revision: str
    path: str
    mode: str
    namespace: str
    delivery: str
    forms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Platform:
    """One environment of a platform, resolved. services and instances: region → name → what runs there.

    version, a Semantic Version, is that of the platform's charts.
    suppress is rule id → glob of objects → why their problems are not to be reported.
    """

    name: str
    environment: str
    description: str
    version: str
    kubernetes: str
    users: int | None
    gitops: GitOps
    regions: tuple[Region, ...]
    namespaces: tuple[Namespace, ...]
    mesh: Mesh | None
    gateway: Gateway | None
    monitoring: Monitoring | None
    external: Mapping[str, External]
    secrets: tuple[Secret, ...]
    services: Mapping[str, Mapping[str, Service]]
    instances: Mapping[str, Mapping[str, Instance]]
    suppress: Mapping[str, Mapping[str, str]]
