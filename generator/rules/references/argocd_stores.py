"""Data stores in waves: a service that starts before its database waits for what its own wave keeps from coming."""

from collections.abc import Iterator

from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.clusters import Repository
from generator.manifests.object import Object
from generator.manifests.workload import Workload
from generator.rules.references.argocd_waves import before_what_they_need
from generator.rules.references.hosts import service_hosts
from generator.rules.references.pod_references import pod_references
from generator.rules.references.services import backends
from generator.rules.rule import Mistake, repository_rule

# Images of stores, by the last part of their name; `bitnami/postgresql` and `postgres` are the same thing.
_IMAGES = frozenset({
    "cassandra", "clickhouse-server", "cockroach", "couchdb", "elasticsearch", "etcd", "influxdb", "kafka", "mariadb",
    "memcached", "minio", "mongo", "mongodb", "mysql", "nats", "neo4j", "opensearch", "percona-server", "postgis",
    "postgres", "postgresql", "rabbitmq", "redis", "redis-stack-server", "scylla", "timescaledb", "valkey",
    "zookeeper",
})  # fmt: skip
_GROUPS = (
    "postgresql.cnpg.io", "kafka.strimzi.io", "elasticsearch.k8s.elastic.co", "rabbitmq.com", "acid.zalan.do",
    "redis.redis.opstreelabs.in", "psmdb.percona.com", "pxc.percona.com", "pgv2.percona.com", "k8s.mariadb.com",
    "opensearch.opster.io", "clickhouse.altinity.com", "minio.min.io",
)  # fmt: skip


@repository_rule("references/store-wave")
def store_wave(repository: Repository) -> Iterator[Mistake]:
    """Find services whose wave comes before that of the data store that they connect to."""
    yield from before_what_they_need(repository, _stores)


def _stores(cluster: Cluster) -> Iterator[tuple[Object, Object]]:
    """Yield (workload, the object that makes the store it has the address of); stores among themselves left out."""
    if not any(_is_store(pod) for pod in cluster.workloads()):
        return
    configured: dict[tuple[str, str], list[Object]] = {}
    for reference in pod_references(cluster, "ConfigMap"):
        configured.setdefault((reference.namespace, reference.name), []).append(reference.object)
    own = {id(pod.object): pod for pod in cluster.templates()}
    for host in service_hosts(cluster):
        store = _store(cluster, host.namespace, host.service)
        if store is None:
            continue
        readers = [host.object] if id(host.object) in own else []
        if host.object.kind == "ConfigMap" and not host.object.group:
            readers = configured.get((host.object.namespace, host.object.name), [])
        for reader in readers:
            if reader is not store and not _is_store(own[id(reader)]) and reader.kind not in {"CronJob", "DaemonSet"}:
                yield reader, store


def _store(cluster: Cluster, namespace: str, name: str) -> Object | None:
    """Return what makes the pods of a store behind a Service, or None when it is no store."""
    service = cluster.get("", "Service", namespace, name)
    if service is not None:
        return next((pod.object for pod in backends(cluster, service) if _is_store(pod)), None)
    made = cluster.made("", "Service", namespace, name)
    return made.by if made is not None and made.by is not None and made.by.group in _GROUPS else None


def _is_store(pod: Workload) -> bool:
    if not pod.complete:
        return pod.object.group in _GROUPS
    images = [values.text(container, "image") for path, container in pod.containers() if "containers" in path]
    return any(image.partition("@")[0].rpartition("/")[2].partition(":")[0] in _IMAGES for image in images)
