"""Members that vote: an odd number, and more than one."""

from collections import defaultdict
from collections.abc import Iterator

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.rule import Mistake, rule

_COUNTS: tuple[tuple[str, str, values.Path, str], ...] = (
    ("kafka.strimzi.io", "Kafka", ("spec", "zookeeper", "replicas"), "ZooKeeper nodes"),
    ("rabbitmq.com", "RabbitmqCluster", ("spec", "replicas"), "RabbitMQ nodes"),
    ("redis.redis.opstreelabs.in", "RedisSentinel", ("spec", "clusterSize"), "sentinels"),
    ("zookeeper.pravega.io", "ZookeeperCluster", ("spec", "replicas"), "ZooKeeper nodes"),
)


@rule("reliability/quorum", Severity.WARNING)
def quorum(cluster: Cluster) -> Iterator[Mistake]:
    """Find even numbers of voting members, and single ones."""
    for group, kind, path, what in _COUNTS:
        for item in cluster.of(kind, group):
            count = item.integer(*path)
            if count is not None:
                yield from _judge(item, path, count, what)
    for item in cluster.of("Elasticsearch", "elasticsearch.k8s.elastic.co"):
        sets = [(index, entry) for index, entry in item.mappings("spec", "nodeSets") if _votes(entry)]
        counts = [values.integer(entry, "count") or 0 for _, entry in sets]
        if sets:
            path = ("spec", "nodeSets", sets[0][0], "count")
            yield from _judge(item, path, sum(counts), "master-eligible nodes")
        elif item.mappings("spec", "nodeSets"):
            message = "no node set may become master: the cluster never forms."
            yield Mistake(item, ("spec", "nodeSets"), message, "Give a set the role master.", Severity.ERROR)
    pools: dict[tuple[str, str], list[Object]] = defaultdict(list)
    for item in cluster.of("KafkaNodePool", "kafka.strimzi.io"):
        if "controller" in item.strings("spec", "roles"):
            pools[item.namespace, item.labels.get("strimzi.io/cluster", "")].append(item)
    for found in pools.values():
        total = sum(item.integer("spec", "replicas") or 0 for item in found)
        yield from _judge(found[0], ("spec", "replicas"), total, "Kafka controllers")


def _votes(node_set: values.Value) -> bool:
    config = values.mapping(node_set, "config")
    roles = config.get("node.roles", values.dig(config, "node", "roles"))
    old = config.get("node.master", values.dig(config, "node", "master"))
    return "master" in roles if isinstance(roles, list) else old is not False


def _judge(item: Object, path: values.Path, count: int, what: str) -> Iterator[Mistake]:
    if count == 1:
        message = f"one of the {what} only: its loss is an outage."
        yield Mistake(item, path, message, "Run 3.")
    elif count > 0 and count % 2 == 0:
        message = f"{count} {what}: a majority is {count // 2 + 1}, so the last one adds no safety"
        message += ", and neither half may go on alone." if count == 2 else "."
        yield Mistake(item, path, message, f"Run {count + 1}, or {count - 1}.")
