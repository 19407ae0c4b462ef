"""Strimzi and RabbitMQ: topics, users, pools and connectors belong to a cluster that is there."""

from collections.abc import Iterator

from generator.base.nearest import did_you_mean
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.rules.references.lookup import Reference, dangling, table_references
from generator.rules.rule import Mistake, rule

GROUP = "kafka.strimzi.io"
LABEL = "strimzi.io/cluster"
_OWNERS = {
    "KafkaNodePool": "Kafka", "KafkaTopic": "Kafka", "KafkaUser": "Kafka", "KafkaRebalance": "Kafka",
    "KafkaConnector": "KafkaConnect",
}  # fmt: skip
_RABBIT = "rabbitmq.com"
_RABBIT_KINDS = (
    "Binding", "Exchange", "Federation", "OperatorPolicy", "Permission", "Policy", "Queue", "SchemaReplication",
    "Shovel", "SuperStream", "TopicPermission", "User", "Vhost",
)  # fmt: skip


@rule("references/kafka-cluster-missing")
def kafka_cluster_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Find topics, users, node pools and connectors whose label names no cluster of Kafka."""
    for kind, owner in _OWNERS.items():
        for of in cluster.of(kind, GROUP):
            path = ("metadata", "labels", LABEL)
            name = of.labels.get(LABEL, "")
            if not name and of.annotations.get("strimzi.io/rebalance-template") == "true":
                continue  # settings for the rebalancing that a Kafka starts by itself
            if not name:
                message = f"{of} has no label {LABEL}: no operator takes it up."
                yield Mistake(of, path[:2], message, f"Add the label {LABEL} with the name of its {owner}.")
                continue
            namespaces = {item.namespace for item in cluster.of(owner, GROUP) if item.name == name}
            # An operator may watch topics and users in a namespace other than its cluster's.
            if kind in {"KafkaTopic", "KafkaUser"} and namespaces:
                continue
            for mistake in dangling(cluster, Reference(of, path, of.namespace, name), GROUP, owner):
                known = [item.name for item in cluster.of(owner, GROUP)]
                yield Mistake(of, path, mistake.message, did_you_mean(name, known) or mistake.hint)


@rule("references/kafka-without-pools")
def kafka_without_pools(cluster: Cluster) -> Iterator[Mistake]:
    """Find a Kafka without a node pool: it has no brokers."""
    pools = {(item.namespace, item.labels.get(LABEL, "")) for item in cluster.of("KafkaNodePool", GROUP)}
    for of in cluster.of("Kafka", GROUP):
        if (of.namespace, of.name) not in pools and of.integer("spec", "kafka", "replicas") is None:
            message = f"No KafkaNodePool belongs to {of}: it has no brokers."
            yield Mistake(of, ("spec", "kafka"), message, f"Add a KafkaNodePool with the label {LABEL}: {of.name}.")


@rule("references/rabbitmq-cluster-missing")
def rabbitmq_cluster_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Find queues, users and policies of a RabbitmqCluster that is not there."""
    table = {(_RABBIT, kind): ("spec.rabbitmqClusterReference.name@namespace",) for kind in _RABBIT_KINDS}
    for reference in table_references(cluster, table):
        if not values.text(reference.object.value, "spec", "rabbitmqClusterReference", "connectionSecret", "name"):
            yield from dangling(cluster, reference, _RABBIT, "RabbitmqCluster")
    users = {(_RABBIT, kind): ("spec.userReference.name",) for kind in ("Permission", "TopicPermission")}
    for reference in table_references(cluster, users):
        yield from dangling(cluster, reference, _RABBIT, "User")
