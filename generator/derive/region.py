"""What the components of a whole region say: namespaces, mesh, gateway, secrets, storage."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from generator.base.scalars import bytes_text, cpu_text, millicores, size_bytes
from generator.derive.graph import CallGraph
from generator.derive.naming import common_labels
from generator.derive.traffic import Flow, Peer, Route, gateway_flows, routes
from generator.spec.model import Disk, External, Gateway, Mesh, Namespace, Platform, Quota, Region, Secret, Service

# A sidecar asks for this much beside each pod in the mesh (the default of Istio's injection template:
# https://istio.io/latest/docs/reference/config/istio.operator.v1alpha1/, global.proxy.resources).
SIDECAR_CPU, SIDECAR_MEMORY = 100, 128 * 2**20
# A quota is 1.3 times what autoscalers may reach: a rolling update at full scale surges by a quarter.
HEADROOM_NUMERATOR, HEADROOM_DENOMINATOR = 13, 10
GI = 2**30
# The service account that a namespace's SecretStore signs in with.
READER = "external-secrets-reader"

# CSI drivers, how each spells a disk type, and that it encrypts: https://github.com/kubernetes-sigs/aws-ebs-csi-driver,
# https://cloud.google.com/kubernetes-engine/docs/how-to/persistent-volumes/gce-pd-csi-driver (always encrypted),
# https://learn.microsoft.com/azure/aks/azure-csi-disk-storage-provision (always encrypted).
PROVISIONERS: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    "aws": ("ebs.csi.aws.com", "type", {"encrypted": "true"}),
    "gcp": ("pd.csi.storage.gke.io", "type", {}),
    "azure": ("disk.csi.azure.com", "skuName", {}),
}


# How the drivers spell operations and MiB a second, and the unit of the latter, by the same documents
# (Google's: https://cloud.google.com/kubernetes-engine/docs/how-to/persistent-volumes/hyperdisk).
SPEEDS: Mapping[str, tuple[str, str, str]] = {
    "aws": ("iops", "throughput", ""),
    "gcp": ("provisioned-iops-on-create", "provisioned-throughput-on-create", "Mi"),
    "azure": ("DiskIOPSReadWrite", "DiskMBpsReadWrite", ""),
}

# NodeLocal DNSCache listens here on each node; Google's Cloud DNS answers at the metadata server, Azure's LocalDNS at
# addresses of its own (https://kubernetes.io/docs/tasks/administer-cluster/nodelocaldns/,
# https://cloud.google.com/kubernetes-engine/docs/how-to/cloud-dns, https://learn.microsoft.com/azure/aks/localdns-custom).
NODE_LOCAL_DNS = "169.254.20.10/32"
CLOUD_DNS = {"azure": ("169.254.10.10/32", "169.254.10.11/32"), "gcp": ("169.254.169.254/32",)}


@dataclass(frozen=True, slots=True)
class NamespaceView:
    """A namespace as its templates see it. quota: the `hard` of its ResourceQuota, or None."""

    name: str
    labels: Mapping[str, str]
    isolated: bool
    meshed: bool
    quota: Mapping[str, object] | None
    readers: tuple[str, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExternalView:
    """A host outside the platform; routes are given where the sidecar speaks TLS for the caller."""

    name: str
    hosts: tuple[str, ...]
    port: int
    originate: bool
    routes: tuple[Route, ...]


@dataclass(frozen=True, slots=True)
class StoreView:
    """A SecretStore of a namespace: its provider block, and the identity that signs in."""

    namespace: str
    account: str
    provider: Mapping[str, object]
    annotations: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class EntryView:
    """A key of a Secret and its name in the secret manager."""

    name: str
    remote: str


@dataclass(frozen=True, slots=True)
class SecretView:
    """A Secret that External Secrets keeps."""

    name: str
    namespace: str
    type: str
    refresh: str
    entries: tuple[EntryView, ...]


@dataclass(frozen=True, slots=True)
class StorageClassView:
    """A storage class of the region's cloud."""

    name: str
    provisioner: str
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LimitView:
    """How many requests to a service each replica of the gateway lets through; service names its routes there."""

    service: str
    tokens: int
    interval: str
    burst: int


@dataclass(frozen=True, slots=True)
class RegionView:
    """Everything that a component of scope `region` may arrange.

    operators are the groups that are on call for some namespace; what they mend is often somewhere else.
    prometheus are the pods that scrape the proxies, None where nothing watches; sampling is the percentage of traces
    that begin at a proxy. limits are those of services that have one of their own at the gateway, and limited says
    whether the gateway limits anything in any region; gateway_flows are those from its pods to services, and
    gateway_isolated says whether policies are needed for them.
    """

    labels: Mapping[str, str]
    namespaces: tuple[NamespaceView, ...]
    operators: tuple[str, ...]
    mesh: Mesh | None
    gateway: Gateway | None
    prometheus: Peer | None
    sampling: float
    limits: tuple[LimitView, ...]
    limited: bool
    gateway_flows: tuple[Flow, ...]
    gateway_isolated: bool
    host: str
    dns_addresses: tuple[str, ...]
    external: tuple[ExternalView, ...]
    stores: tuple[StoreView, ...]
    secrets: tuple[SecretView, ...]
    storage_classes: tuple[StorageClassView, ...]


def region_view(platform: Platform, region: Region, graph: CallGraph, secret_namespaces: Collection[str]) -> RegionView:
    """Return what region components see, with labels of the platform: each puts its own in their place.

    secret_namespaces are those in which component instances make ExternalSecrets.
    """
    services = graph.services.values()
    return RegionView(
        labels=common_labels(platform, platform.name),
        namespaces=tuple(_namespace(platform, namespace, services) for namespace in platform.namespaces),
        operators=tuple(sorted({group for namespace in platform.namespaces for group in namespace.operators})),
        mesh=platform.mesh,
        gateway=platform.gateway,
        prometheus=Peer(monitoring.namespace, monitoring.labels) if (monitoring := platform.monitoring) else None,
        sampling=_sampling(platform.mesh),
        limits=_limits(services),
        limited=_limited(platform),
        gateway_flows=gateway_flows(services),
        gateway_isolated=_gateway_isolated(platform),
        host=region.host,
        dns_addresses=(NODE_LOCAL_DNS, *CLOUD_DNS.get(region.cloud.provider, ())),
        external=tuple(_external(external, graph) for external in platform.external.values()),
        stores=_stores(platform, region, secret_namespaces),
        secrets=tuple(_secret(secret) for secret in platform.secrets),
        storage_classes=_storage_classes(platform, region),
    )


def _sampling(mesh: Mesh | None) -> float:
    """Return what share of traces begins at a proxy, in percent as Istio counts it (0 to 100, two decimals).

    Whole ones are integers: kustomize and Kubernetes write 1 for 1.0.
    """
    percent = mesh.tracing.sampling * 100 if mesh and mesh.tracing else 0
    return int(percent) if percent == int(percent) else float(percent)


def _limits(services: Iterable[Service]) -> tuple[LimitView, ...]:
    return tuple(
        LimitView(service.name, service.rate_limit.tokens, service.rate_limit.interval, service.rate_limit.burst)
        for service in sorted(services, key=lambda service: service.name)
        if service.paths and service.rate_limit
    )


def _limited(platform: Platform) -> bool:
    """Say whether the gateway limits requests in any region: of all, or to some service."""
    everywhere = (service for found in platform.services.values() for service in found.values())
    own = any(service.rate_limit and service.paths for service in everywhere)
    return platform.gateway is not None and (platform.gateway.rate_limit is not None or own)


def _gateway_isolated(platform: Platform) -> bool:
    """Say whether the gateway's pods reach, and are reached by, nothing unless a NetworkPolicy lets it through."""
    gateway = platform.gateway
    return any(gateway and found.name == gateway.namespace and found.isolated for found in platform.namespaces)


def present(view: RegionView, needs: Iterable[str]) -> bool:
    """Say whether the sections of the platform that a region component needs are there."""
    there = {
        "mesh": view.mesh is not None,
        "gateway": view.gateway is not None and view.host != "",
        "secrets": bool(view.secrets or view.stores),
        "namespaces": bool(view.namespaces),
        "storage": bool(view.storage_classes),
    }
    return all(there[need] for need in needs)


def _namespace(platform: Platform, namespace: Namespace, services: Iterable[Service]) -> NamespaceView:
    meshed = namespace.mesh and platform.mesh is not None
    labels = common_labels(platform, namespace.name)
    labels |= {f"pod-security.kubernetes.io/{mode}": namespace.pod_security for mode in ("enforce", "warn", "audit")}
    if meshed:
        labels["istio-injection"] = "enabled"
    quota = namespace.quota or _needed(services, namespace)
    return NamespaceView(
        name=namespace.name,
        labels=labels,
        isolated=namespace.isolated,
        meshed=meshed,
        quota=_hard(quota) if quota else None,
        readers=tuple(sorted({*namespace.viewers, *namespace.operators})),
        operators=namespace.operators,
    )


def _needed(services: Iterable[Service], namespace: Namespace) -> Quota | None:
    """Return what the services of a namespace may grow to, with headroom; None when no service lives there."""
    inside = [service for service in services if service.namespace == namespace.name]
    if not inside:
        return None
    sidecar_cpu, sidecar_memory = (SIDECAR_CPU, SIDECAR_MEMORY) if namespace.mesh else (0, 0)
    cpu = sum(s.scale.max * (millicores(s.resources.cpu) + sidecar_cpu) for s in inside)
    memory = sum(s.scale.max * (size_bytes(s.resources.memory) + sidecar_memory) for s in inside)
    pods = sum(service.scale.max for service in inside)
    return Quota(_roomy(cpu, 1000), _roomy(memory, GI), _roomy(pods, 1))


def _roomy(number: int, step: int) -> int:
    """Return a number with headroom, rounded up to a whole step."""
    return -(-number * HEADROOM_NUMERATOR // (HEADROOM_DENOMINATOR * step)) * step


def _hard(quota: Quota) -> dict[str, object]:
    return {
        "requests.cpu": cpu_text(quota.cpu),
        "requests.memory": bytes_text(quota.memory),
        "pods": str(quota.pods),
    }


def _external(external: External, graph: CallGraph) -> ExternalView:
    found = routes(graph.callers.get(external.name, ())) if external.originate else ()
    return ExternalView(external.name, external.hosts, external.port, external.originate, found)


def _stores(platform: Platform, region: Region, others: Collection[str]) -> tuple[StoreView, ...]:
    if region.secret_store is None:
        return ()
    provider, annotations = _provider(region)
    namespaces = sorted({*others, *(secret.namespace for secret in platform.secrets)})
    return tuple(StoreView(namespace, READER, provider, annotations) for namespace in namespaces)


def _secret(secret: Secret) -> SecretView:
    entries = tuple(EntryView(name, remote) for name, remote in secret.keys.items())
    return SecretView(secret.name, secret.namespace, secret.type, secret.refresh, entries)


def _provider(region: Region) -> tuple[Mapping[str, object], Mapping[str, str]]:
    """Return a SecretStore's provider block and the annotations of the service account that signs in.

    Field names: https://external-secrets.io/latest/provider/aws-secrets-manager/, .../google-secrets-manager/,
    .../azure-key-vault/ (workload identity in each: no key is stored anywhere).
    """
    store = region.secret_store
    if store is None:
        raise ValueError(region.name)
    account = {"name": READER}
    if region.cloud.provider == "aws":
        return (
            {
                "aws": {
                    "service": "SecretsManager",
                    "region": region.location,
                    "auth": {"jwt": {"serviceAccountRef": account}},
                }
            },
            {"eks.amazonaws.com/role-arn": store.role},
        )
    if region.cloud.provider == "gcp":
        # Location and name of the cluster come from its metadata server.
        return (
            {"gcpsm": {"projectID": store.project, "auth": {"workloadIdentity": {"serviceAccountRef": account}}}},
            {"iam.gke.io/gcp-service-account": store.service_account},
        )
    return (
        {"azurekv": {"vaultUrl": store.vault, "authType": "WorkloadIdentity", "serviceAccountRef": account}},
        {"azure.workload.identity/client-id": store.client, "azure.workload.identity/tenant-id": store.tenant},
    )


def _storage_classes(platform: Platform, region: Region) -> tuple[StorageClassView, ...]:
    if region.cloud.provider not in PROVISIONERS:
        return ()
    provisioner, spelling, always = PROVISIONERS[region.cloud.provider]
    return tuple(
        StorageClassView(
            name=storage_class_name(platform, region, name),
            provisioner=provisioner,
            parameters={spelling: disk.type, **always, **_speed(region.cloud.provider, disk)},
        )
        for name, disk in region.cloud.storage.items()
    )


def _speed(provider: str, disk: Disk) -> dict[str, str]:
    """Return the parameters of a storage class that buy speed, as the provider's driver spells them."""
    iops, throughput, unit = SPEEDS[provider]
    bought = {iops: disk.iops, throughput: disk.throughput}
    return {key: f"{value}{unit if key == throughput else ''}" for key, value in bought.items() if value is not None}


def storage_class_name(platform: Platform, region: Region, name: str) -> str:
    """Return the cluster's name of a storage class: our own where we render it, the cluster's where we don't."""
    rendered = region.cloud.provider in PROVISIONERS
    return f"{platform.name}-{name}" if rendered else region.cloud.storage[name].type
