"""What the templates of a service see: records that say what was decided, in the units that the objects want."""

from collections.abc import Mapping
from dataclasses import dataclass

from generator.derive.alerts import AlertRule
from generator.derive.objectives import ObjectiveRules
from generator.derive.rollout import RolloutView
from generator.derive.scaling import ScalingView
from generator.derive.traffic import Flow, Peer, Route


@dataclass(frozen=True, slots=True)
class ImageView:
    """What the container runs: repository with its registry; tag or digest may be "", not both.

    version is what the version label says where the tag is no label's value as it stands, "" where it is; versioned
    says whether any region needs one.
    """

    repository: str
    tag: str
    digest: str
    version: str
    versioned: bool
    pull_policy: str


@dataclass(frozen=True, slots=True)
class VolumeView:
    """What each replica of a StatefulSet claims, with the cluster's name of the storage class."""

    size: str
    storage_class: str
    mount_path: str


@dataclass(frozen=True, slots=True)
class PodView:
    """The pods of a service; lengths of time in seconds, env and tolerations as Kubernetes writes them.

    priority is a PriorityClass, "" for the cluster's default.
    """

    image: ImageView
    resources: Mapping[str, object]
    startup_path: str
    startup_failures: int
    startup_period: int
    ready_path: str
    live_path: str
    delay: int
    grace: int
    volumes: Mapping[str, VolumeView]
    env: tuple[Mapping[str, object], ...]
    annotations: Mapping[str, str]
    node_selector: Mapping[str, str]
    tolerations: tuple[Mapping[str, object], ...]
    priority: str


@dataclass(frozen=True, slots=True)
class NetworkView:
    """What a NetworkPolicy lets through; isolated: whether the namespace has any.

    callers and gateway connect to the port for requests, prometheus to that of the metrics; None where it doesn't.
    """

    isolated: bool
    callers: tuple[Peer, ...]
    gateway: Peer | None
    prometheus: Peer | None
    egress: tuple[Flow, ...]
    external_ports: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class IngressView:
    """What the ingress gateway sends to a service: gateway as <namespace>/<name>, principal its workload identity.

    retries are what is safe to send again, as Istio writes it.
    """

    gateway: str
    principal: str
    host: str
    matches: tuple[Mapping[str, str], ...]
    timeout: str
    retries: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class MeshView:
    """A service inside the mesh; principals are its callers', ingress is None where the gateway sends it nothing."""

    host: str
    principals: tuple[str, ...]
    routes: tuple[Route, ...]
    sidecar_hosts: tuple[str, ...]
    ingress: IngressView | None


@dataclass(frozen=True, slots=True)
class MonitoringView:
    """What Prometheus is told of a service: labels by which it finds its objects, rules and the name of their group.

    objectives are the rules of its objectives.
    """

    labels: Mapping[str, str]
    interval: str
    rules: tuple[AlertRule, ...]
    group: str
    objectives: ObjectiveRules


@dataclass(frozen=True, slots=True)
class ServiceView:
    """A service in a region as its templates see it. mesh and monitoring are None where the platform has none.

    http_port and metrics_port are the container's; port is the Service's, at which it is called. in_mesh, exposed,
    scraped and alerting say whether it has a sidecar, requests from the gateway, metrics and alerts; exposable,
    scrapable and alertable, whether it has them in any region: a chart, which is of all, has switches for no others.
    workload and workload_version are the kind that makes its pods and its API version; strategy is how a new version
    takes over (rolling, canary, blueGreen), rollout what a Rollout says of it, None where it is rolling.
    recommended says whether somebody says what its pods need; recommendable and prioritized, whether in any region
    somebody does and its pods have a PriorityClass. runbook is the address of its page among the runbooks, "" for none.
    measured says whether there are rules of its objectives; measurable, whether in any region.
    """

    name: str
    namespace: str
    workload: str
    workload_version: str
    strategy: str
    rollout: RolloutView | None
    labels: Mapping[str, str]
    selector: Mapping[str, str]
    port: int
    http_port: int
    metrics_port: int | None
    config: Mapping[str, str]
    pod: PodView
    scaling: ScalingView
    network: NetworkView
    mesh: MeshView | None
    monitoring: MonitoringView | None
    in_mesh: bool
    exposed: bool
    scraped: bool
    alerting: bool
    recommended: bool
    exposable: bool
    scrapable: bool
    alertable: bool
    recommendable: bool
    prioritized: bool
    runbook: str
    measured: bool
    measurable: bool
