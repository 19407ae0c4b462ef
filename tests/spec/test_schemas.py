"""The schemas themselves: valid, described with examples that hold, and no property that the code ignores."""

import copy
import dataclasses
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from schema_walk import COMMON, DOCUMENTS, FOLDER, all_properties, holds_properties, resolved

from generator.base.errors import ProblemsError
from generator.deliver.tree import render_tree
from generator.documents.reader import parse, read_source
from generator.documents.schema import Schemas
from generator.spec.load import load
from generator.spec.workspace import Workspace, open_workspace

HERE = Path(__file__).parent
CACHE = HERE.parents[1] / "examples" / "invalid" / "base" / "templates" / "data"
PROPERTIES = all_properties()
Place = tuple[str | int, ...]

# What people are told of a component; no object depends on it.
ABOUT = {"component.yaml.description"}
ORDERS: Place = ("platform", "services", "orders")
CATALOG: Place = ("platform", "services", "catalog")
PATCH: Place = (*ORDERS, "patches", 0)
ROLLOUT: Place = ("platform", "services", "wishes", "rollout")
ALERT: Place = (*ORDERS, "alerts", "Errors")
STORE: Place = ("platform", "components", "store")
SEVERE: Place = ("platform", "incidents", "severities", "severe")
CAPACITY: Place = ("platform", "capacity")
COSTS: Place = ("platform", "tiers", "small", "costs")
MACHINES: Place = (*COSTS, "items", "Nodes", "machines")
ARCHIVE: Place = ("platform", "buckets", "archive")
FAST: Place = ("platform", "clouds", "aws", "storage", "fast")
EDGE: Place = ("platform", "edge")
US, EU, AP = (("platform", "regions", name) for name in ("us-east", "eu-west", "ap-south"))
NEWCOMER = {"newcomer": {"namespace": "shop", "image": {"tag": "1"}}}
QUEUE = {"queue": {"use": "data/cache", "namespace": "shop", "memory": "1Gi"}}
LARGE = {"service": {"size": "large"}}
EXTRA_NAMESPACE: Mapping[str, Any] = {"extra": {}}
MAIL = {"mail": {"hosts": ["mail.example.com"]}}
SUPPRESSED = {"security/image-without-digest": {"Deployment shop/*": "Not yet"}}
EXTRA_SECRET = {"extra": {"namespace": "shop", "keys": {"a": "b"}}}

# property → where the complete spec says it, and another value: with it other objects, or another README, are rendered.
CHANGES: Mapping[str, tuple[Place, Any]] = {
    "resources.cpu": ((*ORDERS, "resources", "cpu"), "150m"),
    "resources.memory": ((*ORDERS, "resources", "memory"), "300Mi"),
    "resources.limits.cpu": ((*ORDERS, "resources", "limits", "cpu"), "300m"),
    "resources.limits.memory": ((*ORDERS, "resources", "limits", "memory"), "1Gi"),
    "scale.min": ((*ORDERS, "scale", "min"), 3),
    "scale.max": ((*ORDERS, "scale", "max"), 10),
    "scale.cpu": ((*ORDERS, "scale", "cpu"), "60%"),
    "scale.memory": ((*ORDERS, "scale", "memory"), None),
    "scale.requests": ((*CATALOG, "scale", "requests"), "50/m"),
    "scale.latency": ((*CATALOG, "scale", "latency"), "1s"),
    "lag.messages": ((*CATALOG, "scale", "lag", "returns", "messages"), 101),
    "lag.group": ((*CATALOG, "scale", "lag", "returns", "group"), "catalog.returns"),
    "lag.kafka": ((*CATALOG, "scale", "lag", "returns", "kafka"), "copy"),
    "scale.stabilization.up": ((*ORDERS, "scale", "stabilization", "up"), "2m"),
    "scale.stabilization.down": ((*ORDERS, "scale", "stabilization", "down"), "20m"),
    "patch.kind": ((*PATCH, "kind"), "ServiceAccount"),
    "patch.name": ((*PATCH, "name"), "orders-headless"),
    "patch.operations.*.op": ((*PATCH, "operations", 0, "op"), "remove"),
    "patch.operations.*.path": ((*PATCH, "operations", 0, "path"), "/metadata/annotations"),
    "patch.operations.*.value": ((*PATCH, "operations", 0, "value"), {"a": "c"}),
    "callPolicy.timeout": ((*ORDERS, "calls", "catalog", "timeout"), "3s"),
    "callPolicy.retries": ((*ORDERS, "calls", "catalog", "retries"), 2),
    "callPolicy.access": ((*ORDERS, "calls", "store", "access"), "read"),
    "callPolicy.topics": ((*ORDERS, "calls", "store", "topics"), {"returns": "readwrite"}),
    "use.access": (("platform", "components", "copy", "calls", "store", "access"), "write"),
    "use.topics": (("platform", "components", "copy", "calls", "store", "topics"), {"returns": "read"}),
    "component.calls": (("platform", "components", "copy", "calls"), {}),
    "bucket.description": ((*ARCHIVE, "description"), "What is thrown away"),
    "bucket.versioned": ((*ARCHIVE, "versioned"), False),
    "bucket.expire": ((*ARCHIVE, "expire"), "901d"),
    "bucket.noncurrent": ((*ARCHIVE, "noncurrent"), "31d"),
    "bucket.tiers.infrequent": ((*ARCHIVE, "tiers", "infrequent"), "31d"),
    "bucket.tiers.cold": ((*ARCHIVE, "tiers", "cold"), "91d"),
    "bucket.tiers.archive": ((*ARCHIVE, "tiers", "archive"), "181d"),
    "objectives.point": (("platform", "recovery", "point"), "90s"),
    "objectives.time": (("platform", "recovery", "time"), "10m"),
    "latencyObjectives.p50": (("platform", "objectives", "latency", "p50"), "110ms"),
    "latencyObjectives.p90": (("platform", "objectives", "latency", "p90"), None),
    "latencyObjectives.p95": (("platform", "objectives", "latency", "p95"), "310ms"),
    "latencyObjectives.p99": (("platform", "objectives", "latency", "p99"), "410ms"),
    "serviceLevels.availability": (("platform", "objectives", "availability"), "99.95%"),
    "serviceLevels.errors": (("platform", "objectives", "errors"), "0.05%"),
    "serviceLevels.throughput": (("platform", "tiers", "small", "objectives", "throughput"), "300/s"),
    "serviceLevels.processing": (("platform", "objectives", "processing"), "3m"),
    "serviceObjectives.availability": ((*ORDERS, "objectives", "availability"), None),
    "serviceObjectives.errors": ((*ORDERS, "objectives", "errors"), "0.1%"),
    "tier.objectives": (("platform", "tiers", "small", "objectives"), {"processing": "1m"}),
    "environment.objectives": (("live", "objectives"), {"latency": {"p99": "500ms"}}),
    "capacity.requestsPerUser": ((*CAPACITY, "requestsPerUser"), "90/d"),
    "capacity.peak": ((*CAPACITY, "peak"), 5),
    "capacity.requestsPerCore": ((*CAPACITY, "requestsPerCore"), "1/m"),
    "capacity.memoryPerCore": ((*CAPACITY, "memoryPerCore"), "2.5GB"),
    "capacity.storagePerRequest": ((*CAPACITY, "storagePerRequest"), "2KB"),
    "capacity.transferPerRequest": ((*CAPACITY, "transferPerRequest"), "6KB"),
    "capacity.coresPerNode": ((*CAPACITY, "coresPerNode"), 16),
    "capacity.limits.connections": ((*CAPACITY, "limits", "connections"), 10),
    "capacity.limits.requests": ((*CAPACITY, "limits", "requests"), "10/s"),
    "capacity.limits.ingestion": ((*CAPACITY, "limits", "ingestion"), "1KB/h"),
    "capacity.limits.storage": ((*CAPACITY, "limits", "storage"), "1GB"),
    "environment.capacity": (("live", "capacity"), {"peak": 6}),
    "tier.costs": (("platform", "tiers", "small", "costs"), {"items": {"All": {"group": "All", "monthly": 1}}}),
    "costs.stated": ((*COSTS, "stated"), 901),
    "cost.group": ((*COSTS, "items", "Nodes", "group"), "Machines"),
    "cost.configuration": ((*COSTS, "items", "Nodes", "configuration"), "Four of them"),
    "cost.monthly": ((*COSTS, "items", "Nodes", "monthly"), 901.5),
    "cost.note": ((*COSTS, "items", "Nodes", "note"), "Since autumn"),
    "machines.count": ((*MACHINES, "count"), 4),
    "machines.type": ((*MACHINES, "type"), "m8g.large"),
    "machines.cores": ((*MACHINES, "cores"), 4),
    "machines.memory": ((*MACHINES, "memory"), "16Gi"),
    "machines.statedCores": ((*MACHINES, "statedCores"), 8),
    "machines.statedMemory": ((*MACHINES, "statedMemory"), "49GB"),
    "incidents.contact": (("platform", "incidents", "contact"), "desk@example.com"),
    "severity.alerts": ((*SEVERE, "alerts"), ["critical", "high"]),
    "severity.respond": ((*SEVERE, "respond"), "10m"),
    "severity.escalate": ((*SEVERE, "escalate"), "1h"),
    "severity.team": ((*SEVERE, "team"), "others"),
    "severity.channel": ((*SEVERE, "channel"), "#others"),
    "severity.notify": ((*SEVERE, "notify"), ["email"]),
    "environment.incidents": (("live", "incidents"), {"contact": "desk@example.com"}),
    "recovery.point": ((*STORE, "recovery", "point"), "3m"),
    "recovery.time": ((*STORE, "recovery", "time"), "4m"),
    "recovery.because": ((*STORE, "recovery", "because"), "Nobody reads it"),
    "environment.recovery": (("live", "recovery"), {"time": "10m"}),
    "region.account": ((*US, "account"), "444455556666"),
    "region.resourceGroup": ((*AP, "resourceGroup"), "other"),
    "region.identities": ((*US, "identities"), {"store": "arn:aws:iam::111122223333:role/other"}),
    "region.objectStorage.prefix": ((*US, "objectStorage", "prefix"), "other"),
    "region.objectStorage.account": ((*AP, "objectStorage", "account"), "otherlive"),
    "environment.buckets": (("live", "buckets"), {"archive": {"expire": "901d"}}),
    "alert.watches": ((*ALERT, "watches"), "restarts"),
    "alert.above": ((*ALERT, "above"), "2%"),
    "alert.for": ((*ALERT, "for"), "6m"),
    "alert.severity": ((*ALERT, "severity"), "info"),
    "alert.summary": ((*ALERT, "summary"), "Too many errors"),
    "service.description": ((*ORDERS, "description"), "Keeps orders"),
    "service.namespace": (("platform", "services", "catalog", "namespace"), "tools"),
    "service.workload": (("platform", "services", "catalog", "workload"), "StatefulSet"),
    "service.image.repository": ((*ORDERS, "image", "repository"), "order-book"),
    "service.image.tag": ((*ORDERS, "image", "tag"), "3.2.0"),
    "service.image.digest": ((*ORDERS, "image", "digest"), f"sha256:{'0' * 64}"),
    "service.image.pullPolicy": ((*ORDERS, "image", "pullPolicy"), "Always"),
    "service.size": (("platform", "services", "catalog", "size"), "large"),
    "service.ports.http": ((*ORDERS, "ports", "http"), 8001),
    "service.ports.metrics": ((*ORDERS, "ports", "metrics"), 9091),
    "service.ports.service": ((*ORDERS, "ports", "service"), 8080),
    "service.health.startup": ((*ORDERS, "health", "startup"), "/other"),
    "service.health.ready": ((*ORDERS, "health", "ready"), "/other"),
    "service.health.live": ((*ORDERS, "health", "live"), "/other"),
    "service.health.start": ((*ORDERS, "health", "start"), "3m"),
    "service.disruption.maxUnavailable": ((*ORDERS, "disruption", "maxUnavailable"), "50%"),
    "service.shutdown.delay": ((*ORDERS, "shutdown", "delay"), "11s"),
    "service.shutdown.grace": ((*ORDERS, "shutdown", "grace"), "41s"),
    "service.exposes.paths": ((*ORDERS, "exposes", "paths"), ["/orders", "/carts"]),
    "service.exposes.timeout": ((*ORDERS, "exposes", "timeout"), "21s"),
    "service.volumes.*.size": ((*ORDERS, "volumes", "ledger", "size"), "11Gi"),
    "service.volumes.*.class": ((*ORDERS, "volumes", "ledger", "class"), "fast"),
    "service.volumes.*.path": ((*ORDERS, "volumes", "ledger", "path"), "/var/lib/ledger"),
    "service.config": ((*ORDERS, "config"), {"LOG_LEVEL": "debug"}),
    "service.env": ((*ORDERS, "env"), {"WORKERS": "3"}),
    "service.nodeSelector": ((*ORDERS, "nodeSelector"), {"kubernetes.io/arch": "arm64"}),
    "toleration.key": ((*ORDERS, "tolerations", 0, "key"), "reserved"),
    "toleration.operator": ((*ORDERS, "tolerations", 1, "operator"), "Exists"),
    "toleration.value": ((*ORDERS, "tolerations", 0, "value"), "catalog"),
    "toleration.effect": ((*ORDERS, "tolerations", 1, "effect"), "PreferNoSchedule"),
    "toleration.tolerationSeconds": ((*ORDERS, "tolerations", 0, "tolerationSeconds"), 61),
    "service.podAnnotations": ((*ORDERS, "podAnnotations"), {"example.com/team": "ledger"}),
    "service.delivery": (("platform", "services", "catalog", "delivery"), "kustomize"),
    "service.priority": ((*CATALOG, "priority"), "second"),
    "service.recommendations": ((*CATALOG, "recommendations"), False),
    "rollout.strategy": ((*ROLLOUT, "strategy"), "blueGreen"),
    "rollout.steps.*.weight": ((*ROLLOUT, "steps", 0, "weight"), "11%"),
    "rollout.steps.*.pause": ((*ROLLOUT, "steps", 0, "pause"), "8m"),
    "rollout.pause": ((*ROLLOUT, "pause"), "8m"),
    "rollout.analysis.errors": ((*ROLLOUT, "analysis", "errors"), "2%"),
    "rollout.analysis.latency": ((*ROLLOUT, "analysis", "latency"), {"p50": "1s"}),
    "rollout.analysis.interval": ((*ROLLOUT, "analysis", "interval"), "90s"),
    "rollout.analysis.failures": ((*ROLLOUT, "analysis", "failures"), 1),
    "rollout.scaleDownDelay": ((*ROLLOUT, "scaleDownDelay"), "20m"),
    "rollout.promote": ((*ROLLOUT, "promote"), "manual"),
    "service.secrets": ((*ORDERS, "secrets"), {"db": {"DB_USER": "user"}}),
    "component.use": (("platform", "components", "sessions", "use"), "data/queue"),
    "component.namespace": (("platform", "components", "sessions", "namespace"), "tools"),
    "component.delivery": (("platform", "components", "sessions", "delivery"), "manifests"),
    "component.patches": (
        ("platform", "components", "sessions", "patches"),
        [{"kind": "ConfigMap", "operations": [{"op": "add", "path": "/data/a", "value": "b"}]}],
    ),
    "secret.namespace": (("platform", "secrets", "tools", "namespace"), "shop"),
    "secret.type": (("platform", "secrets", "other-tls", "type"), "Opaque"),
    "secret.refresh": (("platform", "secrets", "db", "refresh"), "2h"),
    "secret.keys": (("platform", "secrets", "db", "keys"), {"password": "db-passphrase", "user": "db-user"}),
    "namespace.podSecurity": (("platform", "namespaces", "shop", "podSecurity"), "baseline"),
    "namespace.mesh": (("platform", "namespaces", "plain", "mesh"), True),
    "namespace.isolated": (("platform", "namespaces", "shop", "isolated"), False),
    "namespace.quota.cpu": (("platform", "namespaces", "shop", "quota", "cpu"), "21"),
    "namespace.quota.memory": (("platform", "namespaces", "shop", "quota", "memory"), "41Gi"),
    "namespace.quota.pods": (("platform", "namespaces", "shop", "quota", "pods"), 51),
    "namespace.viewers": (("platform", "namespaces", "shop", "viewers"), ["everybody"]),
    "namespace.operators": (("platform", "namespaces", "shop", "operators"), ["nobody"]),
    "external.hosts": (("platform", "external", "payments", "hosts"), ["pay.example.com"]),
    "external.port": (("platform", "external", "payments", "port"), 8443),
    "external.tls": (("platform", "external", "payments", "tls"), "passthrough"),
    "mesh.namespace": (("platform", "mesh", "namespace"), "plain"),
    "mesh.trustDomain": (("platform", "mesh", "trustDomain"), "example.com"),
    "mesh.topology": (("platform", "mesh", "topology"), "multi-primary"),
    "mesh.tracing.sampling": (("platform", "mesh", "tracing", "sampling"), "0.5%"),
    "mesh.tracing.namespace": (("platform", "mesh", "tracing", "namespace"), "plain"),
    "mesh.tracing.service": (("platform", "mesh", "tracing", "service"), "spans"),
    "mesh.tracing.port": (("platform", "mesh", "tracing", "port"), 4318),
    "mesh.tracing.labels": (("platform", "mesh", "tracing", "labels"), {"app": "spans"}),
    "mesh.tracing.provider": (("platform", "mesh", "tracing", "provider"), "spans"),
    "mesh.accessLog": (("platform", "mesh", "accessLog"), "all"),
    "gateway.namespace": (("platform", "gateway", "namespace"), "plain"),
    "gateway.labels": (("platform", "gateway", "labels"), {"app": "gateway"}),
    "gateway.serviceAccount": (("platform", "gateway", "serviceAccount"), "gateway"),
    "gateway.certificate": (("platform", "gateway", "certificate"), "other-tls"),
    "rateLimit.requests": (("platform", "gateway", "rateLimit", "requests"), "100/m"),
    "rateLimit.burst": ((*ORDERS, "exposes", "rateLimit", "burst"), 21),
    "edge.account": ((*EDGE, "account"), "123e105f4ecef8ad9ca31a8372d0c353"),
    "edge.provider": ((*EDGE, "provider"), "fastly"),
    "edge.zone": ((*EDGE, "zone"), "api.example.com"),
    "edge.plan": ((*EDGE, "plan"), "free"),
    "edge.hosts": ((*EDGE, "hosts"), ["example.com"]),
    "edge.routing.*.continents": ((*EDGE, "routing", "us-east", "continents"), ["EU"]),
    "edge.routing.*.countries": ((*EDGE, "routing", "us-east", "countries"), ["MX"]),
    "edge.writes": ((*EDGE, "writes"), "eu-west"),
    "edge.failover.attempts": ((*EDGE, "failover", "attempts"), 2),
    "edge.failover.timeout": ((*EDGE, "failover", "timeout"), "1s"),
    "edge.failover.unhealthy": ((*EDGE, "failover", "unhealthy"), 2),
    "edge.failover.probe": ((*EDGE, "failover", "probe"), "5m"),
    "edge.sessions.affinity": ((*EDGE, "sessions", "affinity"), "2h"),
    "edge.sessions.settle": ((*EDGE, "sessions", "settle"), "5s"),
    "edge.cache.*.edge": ((*EDGE, "cache", "/orders", "edge"), "6m"),
    "edge.cache.*.browser": ((*EDGE, "cache", "/orders", "browser"), "2m"),
    "edge.cache.*.stale": ((*EDGE, "cache", "/orders", "stale"), "2h"),
    "edge.origins": ((*EDGE, "origins"), ["https://www.example.com"]),
    "edge.headers": ((*EDGE, "headers"), {"X-Own": "somewhere"}),
    "edge.limits.body": ((*EDGE, "limits", "body"), "2Mi"),
    "edge.limits.types": ((*EDGE, "limits", "types"), ["text/plain"]),
    "edge.limits.depth": ((*EDGE, "limits", "depth"), 16),
    "edge.limits.requests": ((*EDGE, "limits", "requests"), "5/s"),
    "edge.kv.cache": ((*EDGE, "kv", "cache"), "2f2ac74b498b48028cb68387c421e279"),
    "edge.kv.sessions": ((*EDGE, "kv", "sessions"), "2f2ac74b498b48028cb68387c421e279"),
    "environment.edge": (("live", "edge"), {"plan": "enterprise"}),
    "monitoring.namespace": (("platform", "monitoring", "namespace"), "plain"),
    "monitoring.labels": (("platform", "monitoring", "labels"), {"app": "prometheus"}),
    "monitoring.objectLabels": (("platform", "monitoring", "objectLabels"), {"release": "other"}),
    "monitoring.address": (("platform", "monitoring", "address"), "http://thanos.monitoring:9090"),
    "monitoring.interval": (("platform", "monitoring", "interval"), "15s"),
    "secretStore.role": ((*US, "secretStore", "role"), "arn:aws:iam::111122223333:role/other"),
    "secretStore.project": ((*EU, "secretStore", "project"), "other-live"),
    "secretStore.serviceAccount": ((*EU, "secretStore", "serviceAccount"), "reader@other-live.iam.gserviceaccount.com"),
    "secretStore.vault": ((*AP, "secretStore", "vault"), "https://other-live.vault.azure.net"),
    "secretStore.tenant": ((*AP, "secretStore", "tenant"), "00000000-2222-3333-4444-555555555555"),
    "secretStore.client": ((*AP, "secretStore", "client"), "00000000-7777-8888-9999-000000000000"),
    "cloud.provider": (("platform", "clouds", "aws", "provider"), "gcp"),
    "disk.type": ((*FAST, "type"), "io2"),
    "disk.iops": ((*FAST, "iops"), 5000),
    "disk.throughput": ((*FAST, "throughput"), 300),
    "region.cloud": ((*US, "cloud"), "metal"),
    "region.role": ((*US, "role"), "tertiary"),
    "region.drained": ((*EU, "drained"), True),
    "region.weight": (("live", "in"), {"us-east": {"region": {"weight": 70}}}),
    "region.location": ((*EU, "location"), "europe-west1"),
    "region.zones": ((*US, "zones"), ["us-east-1a", "us-east-1b"]),
    "region.host": ((*US, "host"), "other.example.com"),
    "region.registry": ((*US, "registry"), "registry.example.com/other"),
    "region.cluster": ((*US, "cluster"), "other"),
    "tier.users": (("platform", "tiers", "small", "users"), 2000),
    "tier.sizes": (("platform", "tiers", "small", "sizes"), {"small": {"cpu": "111m", "memory": "256Mi"}}),
    "tier.defaults": (("platform", "tiers", "small", "defaults"), LARGE),
    "tier.services": (("platform", "tiers", "small", "services"), NEWCOMER),
    "tier.components": (("platform", "tiers", "small", "components"), QUEUE),
    "gitops.repository": (("platform", "gitops", "repository"), "https://git.example.com/other.git"),
    "gitops.revision": (("platform", "gitops", "revision"), "stable"),
    "gitops.path": (("platform", "gitops", "path"), "elsewhere"),
    "gitops.browse": (("platform", "gitops", "browse"), "https://git.example.com/other"),
    "gitops.mode": (("platform", "gitops", "mode"), "per-region"),
    "gitops.namespace": (("platform", "gitops", "namespace"), "delivery"),
    "gitops.delivery": (("platform", "gitops", "delivery"), "kustomize"),
    "gitops.forms": (("platform", "gitops", "forms"), ["kustomize"]),
    "environment.tier": (("live", "tier"), "large"),
    "environment.regions": (("live", "regions"), ["us-east", "eu-west"]),
    "environment.description": (("live", "description"), "Somewhere else"),
    "environment.version": (("live", "version"), "1.5.0"),
    "environment.kubernetes": (("live", "kubernetes"), "1.35"),
    "environment.gitops": (("live", "gitops"), {"revision": "live"}),
    "environment.sizes": (("live", "sizes"), {"small": {"cpu": "123m"}}),
    "environment.namespaces": (("live", "namespaces"), EXTRA_NAMESPACE),
    "environment.mesh": (("live", "mesh"), {"trustDomain": "live.example.com"}),
    "environment.gateway": (("live", "gateway"), {"serviceAccount": "live"}),
    "environment.monitoring": (("live", "monitoring"), None),
    "environment.secrets": (("live", "secrets"), EXTRA_SECRET),
    "environment.external": (("live", "external"), MAIL),
    "environment.defaults": (("live", "defaults"), LARGE),
    "environment.services": (("live", "services"), NEWCOMER),
    "environment.components": (("live", "components"), QUEUE),
    "environment.in": (("live", "in"), {"us-east": {"services": {"orders": None}}}),
    "environment.in.*.region": (("live", "in"), {"us-east": {"region": {"host": "live.example.com"}}}),
    "environment.in.*.defaults": (("live", "in"), {"us-east": {"defaults": LARGE}}),
    "environment.in.*.services": (("live", "in"), {"us-east": {"services": NEWCOMER}}),
    "environment.in.*.components": (("live", "in"), {"us-east": {"components": QUEUE}}),
    "platform.name": (("platform", "name"), "other"),
    "platform.description": (("platform", "description"), "Everything twice"),
    "platform.version": (("platform", "version"), "2.0.0-rc.1"),
    "platform.kubernetes": (("platform", "kubernetes"), "1.35"),
    "platform.suppress": (("platform", "suppress"), SUPPRESSED),
    "environment.suppress": (("live", "suppress"), SUPPRESSED),
    "platform.namespaces": (("platform", "namespaces", "extra"), {}),
    "platform.external": (("platform", "external", "mail"), {"hosts": ["mail.example.com"]}),
    "platform.defaults": (("platform", "defaults", "service", "scale"), {"max": 22}),
}
# Of these the alternative contradicts the rest of the spec, and the answer is a problem: read they are all the same.
# A mesh has one topology so far.
REFUSED = {"cloud.provider", "disk.type", "edge.provider", "gateway.namespace", "mesh.topology"}
# What is declared in a layer has to be read from that layer, whatever is inside.
LAYERS = ("environment.", "tier.", "component.patches")
OTHER_DOCUMENTS = ("component.yaml.", "workspace.")
READ_BY_TESTS = ("traceability.", "compliance.")  # by tests/talai, which has its own negative controls


def document_files() -> dict[str, dict[str, Any]]:
    return {
        name: yaml.safe_load((HERE / "complete" / f"{name}.yaml").read_text("utf-8")) for name in ("platform", "live")
    }


def build(root: Path, documents: dict[str, dict[str, Any]]) -> Path:
    folder = root / "environments" / str(documents["platform"]["name"])
    folder.mkdir(parents=True)
    for name, tree in documents.items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(tree, sort_keys=False), "utf-8")
    shutil.copytree(HERE / "complete" / "templates" / "data", root / "templates" / "data")
    for copy_of_cache in ("cache", "queue"):
        shutil.copytree(CACHE / "cache", root / "templates" / "data" / copy_of_cache)
    queue = root / "templates" / "data" / "queue" / "manifests" / "configmap.yaml.j2"
    queue.write_text(queue.read_text("utf-8").replace("  memory:", "  length:"), "utf-8")
    return root


def rendered(root: Path, workspace: Workspace | None = None) -> dict[str, bytes]:
    opened = dataclasses.replace(workspace, root=root) if workspace else open_workspace(root)
    (name,) = (path.name for path in (root / "environments").iterdir() if path.is_dir())
    tree = render_tree(load(opened, name, "live"), opened.catalogue)
    manifests = {document.path: document.content for document in tree.manifests}
    return manifests | {file.path: file.content for file in tree.files}


@pytest.fixture(scope="session")
def complete(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, dict[str, bytes]]:
    root = build(tmp_path_factory.mktemp("complete"), document_files())
    return open_workspace(root), rendered(root)


def changed(place: Place, value: object) -> dict[str, dict[str, Any]]:
    documents = copy.deepcopy(document_files())
    inside: Any = documents
    for step in place[:-1]:
        inside = inside[step]
    assert not isinstance(inside, dict) or place[-1] not in inside or inside[place[-1]] != value
    inside[place[-1]] = value
    return documents


def test_the_table_names_every_property_that_is_read_by_itself_and_nothing_else() -> None:
    wanted = {
        name
        for name, schema in PROPERTIES.items()
        if not name.startswith((*OTHER_DOCUMENTS, *READ_BY_TESTS))
        and (name.startswith(LAYERS) or not holds_properties(schema))
    }
    assert wanted - CHANGES.keys() == set()
    assert CHANGES.keys() - PROPERTIES.keys() == set()


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_another_value_of_a_property_renders_something_else(
    name: str, complete: tuple[Workspace, dict[str, bytes]], tmp_path: Path
) -> None:
    workspace, before = complete
    root = build(tmp_path, changed(*CHANGES[name]))
    if name in REFUSED:
        with pytest.raises(ProblemsError) as raised:
            rendered(root, workspace)
        expected = "schema" if name in {"edge.provider", "mesh.topology"} else "spec"
        assert {problem.rule.partition("/")[0] for problem in raised.value.problems} == {expected}
    else:
        assert rendered(root, workspace) != before


def test_a_spec_without_a_change_renders_the_same(complete: tuple[Workspace, dict[str, bytes]], tmp_path: Path) -> None:
    workspace, before = complete
    assert rendered(build(tmp_path, document_files()), workspace) == before


COMPONENT: Mapping[str, Any] = {
    "description": "A thing in each region",
    "scope": "region",
    "wave": 20,
    "needs": ["mesh"],
    "kinds": ["ConfigMap"],
    "requires": [{"what": "A thing operator", "with": "mesh", "by": "data/unused"}],
}
COMPONENT_CHANGES: Mapping[str, Mapping[str, Any]] = {
    "component.yaml.scope": {"scope": "instance"},
    "component.yaml.wave": {"wave": 21},
    "component.yaml.kinds": {"kinds": ["ConfigMap", "batch/CronJob"]},
    "component.yaml.clusterKinds": {"clusterKinds": ["node.k8s.io/RuntimeClass"]},
    "component.yaml.needs": {"needs": ["storage", "gateway"]},
    "component.yaml.requires.*.what": {"requires": [{"what": "Another operator", "with": "mesh"}]},
    "component.yaml.requires.*.with": {"requires": [{"what": "A thing operator", "with": "monitoring"}]},
    "component.yaml.requires.*.kind": {
        "requires": [{"what": "A thing operator", "with": "mesh", "by": "data/unused", "kind": "batch/CronJob"}]
    },
    "component.yaml.requires.*.by": {"requires": [{"what": "A thing operator", "with": "mesh", "by": "data/cache"}]},
}
# Of instances and operators: tests/derive/test_instances.py and test_event_scaling.py, tests/deliver/test_operators.py
# and test_recovery_section.py; templates/traffic/certificates/examples.
OF_INSTANCES = {
    "component.yaml.pods",
    "component.yaml.recovery.by",
    "component.yaml.recovery.point",
    "component.yaml.serves.address",
    "component.yaml.serves.endpoints.*.pods",
    "component.yaml.serves.secret.keys",
    "component.yaml.serves.secret.name",
    "component.yaml.serves.endpoints.*.port",
    "component.yaml.chart.groups",
    "component.yaml.chart.name",
    "component.yaml.chart.namespaces",
    "component.yaml.chart.repository",
    "component.yaml.chart.version",
    "component.yaml.clouds",
    "component.yaml.tlsSecret",
}


def with_component(root: Path, component: Mapping[str, Any], environment: Mapping[str, Any]) -> dict[str, bytes]:
    documents = document_files()
    documents["live"].update(environment)
    build(root, documents)
    folder = root / "templates" / "own" / "thing"
    (folder / "manifests").mkdir(parents=True)
    (folder / "component.yaml").write_text(yaml.safe_dump(dict(component)), "utf-8")
    manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: thing\n  namespace: shop\n"
    (folder / "manifests" / "configmap.yaml.j2").write_text(manifest, "utf-8")
    return rendered(root)


@pytest.mark.parametrize("name", sorted(COMPONENT_CHANGES))
def test_another_value_of_a_property_of_a_component_renders_something_else(name: str, tmp_path: Path) -> None:
    without = {"monitoring": None, "gateway": None, "edge": None, "services": {"orders": {"exposes": None}}}
    before = with_component(tmp_path / "before", COMPONENT, without)
    after = with_component(tmp_path / "after", {**COMPONENT, **COMPONENT_CHANGES[name]}, without)
    assert after != before


def test_every_property_of_a_component_but_what_people_are_told_is_in_the_table() -> None:
    # Defaults of instances have their test in test_workspace.py, render of the workspace as well.
    wanted = {
        name for name in PROPERTIES if name.startswith(OTHER_DOCUMENTS) and not holds_properties(PROPERTIES[name])
    }
    elsewhere = ABOUT | OF_INSTANCES | {"component.yaml.defaults", "workspace.render"}
    assert wanted == COMPONENT_CHANGES.keys() | elsewhere


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_a_schema_is_one_of_draft_2020_12(name: str) -> None:
    assert DOCUMENTS[name]["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert jsonschema_rs.meta.is_valid(DOCUMENTS[name])
    assert not jsonschema_rs.meta.is_valid({**DOCUMENTS[name], "type": "mapping"})


@pytest.mark.parametrize("name", sorted(PROPERTIES))
def test_a_property_has_a_description_and_examples_that_hold(name: str) -> None:
    whole = resolved(PROPERTIES[name])
    assert str(whole.get("description", "")).strip().endswith((".", "?")), "no description"
    assert whole.get("examples"), "no examples"
    schema: dict[str, Any] = {"$schema": DOCUMENTS["common"]["$schema"], **local(whole), "$defs": local(COMMON)}
    for example in whole["examples"]:
        assert jsonschema_rs.is_valid(schema, example), example


@pytest.mark.parametrize("name", sorted(COMMON))
def test_a_definition_has_a_description_and_examples_that_hold(name: str) -> None:
    assert COMMON[name]["description"].endswith(".")
    for example in COMMON[name].get("examples", ()):
        assert jsonschema_rs.is_valid({"$ref": f"#/$defs/{name}", "$defs": local(COMMON)}, example), example


def local(schema: Any) -> Any:
    """Return a schema whose references point into its own $defs."""
    if isinstance(schema, dict):
        return {
            key: f"#/$defs/{value.rpartition('/')[2]}" if key == "$ref" else local(value)
            for key, value in schema.items()
        }
    return [local(item) for item in schema] if isinstance(schema, list) else schema


def test_an_example_that_does_not_hold_is_noticed() -> None:
    assert not jsonschema_rs.is_valid(local({**COMMON["duration"], "$defs": COMMON}), "30 s")


def test_every_pattern_says_what_is_wrong_and_what_to_do() -> None:
    silent = [place for place, schema in patterns(dict(DOCUMENTS), "") if not {"x-message", "x-hint"} <= schema.keys()]
    assert silent == []


def patterns(schema: Any, place: str) -> Any:
    """Yield every schema with a pattern, and where it stands."""
    if isinstance(schema, dict):
        if isinstance(schema.get("pattern"), str):
            yield place, schema
        for key, value in schema.items():
            yield from patterns(value, f"{place}/{key}")
    elif isinstance(schema, list):
        for index, value in enumerate(schema):
            yield from patterns(value, f"{place}/{index}")


@pytest.mark.parametrize("name", ["platform", "live"])
def test_the_complete_platform_is_valid_by_the_projects_own_validator(name: str) -> None:
    source = read_source(HERE / "complete" / f"{name}.yaml", f"{name}.yaml")
    tree, problems = parse(source)
    schema = "platform" if name == "platform" else "environment"
    assert (problems, Schemas(FOLDER).check(schema, tree, source)) == ((), ())
