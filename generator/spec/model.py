"""What a spec means once it is read, merged and checked: complete, typed, frozen."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from generator.spec.capacity import Capacity
from generator.spec.costs import Tier
from generator.spec.edge import Edge
from generator.spec.incidents import Incidents
from generator.spec.mesh import RateLimit, Tracing
from generator.spec.objectives import Objectives
from generator.spec.rollout import Rollout

# The forms of the rendered tree, in the order in which they are listed everywhere.
FORMS = ("manifests", "helm", "kustomize")


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk type of a provider, and the speed that is bought apart from its size (None: what the type gives).

    iops are operations a second of each volume, throughput its MiB a second.
    """

    type: str
    iops: int | None = None
    throughput: int | None = None


@dataclass(frozen=True, slots=True)
class Cloud:
    """A cloud: its provider (aws, gcp, azure, other) and storage class → disk."""

    name: str
    provider: str
    storage: Mapping[str, Disk]


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
    """One cluster in one cloud. weight is its share of the environment's traffic (0 to 1).

    drained says that it is to get no traffic from outside. account is what the cloud bills ("": not said); identities
    are those that have a name of their own. bucket_prefix stands before the names of buckets, storage_account is the
    one of Azure.
    """

    name: str
    cloud: Cloud
    role: str
    weight: Decimal
    drained: bool
    location: str
    zones: tuple[str, ...]
    host: str
    registry: str
    cluster: str
    secret_store: SecretStore | None
    account: str
    resource_group: str
    identities: Mapping[str, str]
    bucket_prefix: str
    storage_account: str


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
    """Istio's control plane; topology is region: one mesh per region.

    access_log says which requests proxies log (errors, all); "" is what the mesh configuration says.
    """

    namespace: str
    trust_domain: str
    topology: str
    tracing: Tracing | None
    access_log: str


@dataclass(frozen=True, slots=True)
class Gateway:
    """The ingress gateway of each region."""

    namespace: str
    labels: Mapping[str, str]
    service_account: str
    certificate: str
    rate_limit: RateLimit | None


@dataclass(frozen=True, slots=True)
class Monitoring:
    """The Prometheus that scrapes: its pods' labels, those by which it finds its objects, interval in its notation.

    address is where it answers queries, a URL without a slash at the end.
    """

    namespace: str
    labels: Mapping[str, str]
    object_labels: Mapping[str, str]
    interval: str
    address: str


@dataclass(frozen=True, slots=True)
class External:
    """A system outside the platform; originate: the sidecar speaks TLS for the service."""

    name: str
    hosts: tuple[str, ...]
    port: int
    originate: bool


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket of object storage in each region. Lengths of time in days.

    expire: how long objects stay (None: for ever); tiers: class (infrequent, cold, archive) → age at which they move.
    """

    name: str
    description: str
    versioned: bool
    expire: int | None
    noncurrent: int
    tiers: Mapping[str, int]


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
class Lag:
    """Messages of a topic of the instance `kafka` that may wait for each replica until a consumer group reads them."""

    messages: int
    group: str
    kafka: str


@dataclass(frozen=True, slots=True)
class Scale:
    """Replicas in one region; targets as shares of the request (None: no reason to scale); windows in seconds.

    requests are what one replica answers in a second, latency is the 99th percentile of an answer in milliseconds, lag
    is by topic.
    """

    min: int
    max: int
    cpu: Decimal | None
    memory: Decimal | None
    requests: Decimal | None
    latency: int | None
    lag: Mapping[str, Lag]
    up_window: int
    down_window: int


@dataclass(frozen=True, slots=True)
class CallPolicy:
    """How a call is made: timeout in milliseconds, attempts after the first."""

    timeout: int
    retries: int


@dataclass(frozen=True, slots=True)
class Use:
    """What a caller does with a component instance: access is read or write, topics each read, write or readwrite."""

    access: str
    topics: Mapping[str, str]


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
    container itself, config those of its ConfigMap; tolerations have Kubernetes' own field names. calls are of services
    and externals, uses of component instances. priority is a PriorityClass ("": the cluster's default), recommendations
    whether somebody says what its pods need.
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
    rollout: Rollout
    priority: str
    recommendations: bool
    max_unavailable: str
    shutdown_delay: int
    shutdown_grace: int | None
    calls: Mapping[str, CallPolicy]
    uses: Mapping[str, Use]
    paths: tuple[str, ...]
    gateway_timeout: int
    rate_limit: RateLimit | None
    volumes: tuple[Volume, ...]
    config: Mapping[str, str]
    environment: Mapping[str, str]
    secrets: Mapping[str, Mapping[str, str]]
    node_selector: Mapping[str, str]
    tolerations: tuple[Mapping[str, object], ...]
    pod_annotations: Mapping[str, str]
    alerts: tuple[Alert, ...]
    objectives: Objectives
    delivery: str
    patches: tuple[Patch, ...]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A port of pods, found by their labels, that the callers of an instance reach."""

    port: int
    pods: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance of a component other than a service, as it is meant in one region; delivery as a service's.

    selector are the labels of its pods. address is where callers find it, {client} standing for their name; "" and no
    endpoints where nothing can call it. secret is the one beside each caller to sign in with, "" for none. uses are the
    other instances that it connects to, externals the names of the externals.
    """

    name: str
    component: str
    namespace: str
    delivery: str
    selector: Mapping[str, str]
    address: str
    endpoints: tuple[Endpoint, ...]
    secret: str
    secret_keys: tuple[str, ...]
    uses: Mapping[str, Use]
    externals: tuple[str, ...]
    parameters: Mapping[str, object]
    patches: tuple[Patch, ...]


@dataclass(frozen=True, slots=True)
class GitOps:
    """Where Argo CD finds the tree: path is the workspace's folder within the repository, "" its top.

    browse is where people read that folder, a URL without a slash at the end ("": not said).
    delivery is the form that Applications point to unless their component has its own; forms are those that are
    rendered for every component besides, in the order of FORMS.
    """

    repository: str
    revision: str
    path: str
    browse: str
    mode: str
    namespace: str
    delivery: str
    forms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Recovery:
    """What every store has to keep, in milliseconds: point is how much may be lost, time how long it may be away."""

    point: int
    time: int


@dataclass(frozen=True, slots=True)
class Platform:
    """One environment of a platform, resolved. services and instances: region → name → what runs there.

    version, a Semantic Version, is that of the platform's charts.
    tier is the name of the one that it runs at ("" for none), tiers are all that the platform has, smallest first.
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
    edge: Edge | None
    monitoring: Monitoring | None
    external: Mapping[str, External]
    buckets: Mapping[str, Bucket]
    recovery: Recovery | None
    incidents: Incidents | None
    objectives: Objectives
    capacity: Capacity | None
    tier: str
    tiers: tuple[Tier, ...]
    secrets: tuple[Secret, ...]
    services: Mapping[str, Mapping[str, Service]]
    instances: Mapping[str, Mapping[str, Instance]]
    suppress: Mapping[str, Mapping[str, str]]
