"""Kafka (Strimzi): replication that survives the loss of a broker, and topics that the brokers can hold."""

from collections.abc import Iterator, Mapping

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.rule import Mistake, rule

_GROUP = "kafka.strimzi.io"
_CONFIG = ("spec", "kafka", "config")
_FACTORS = (
    "default.replication.factor",
    "offsets.topic.replication.factor",
    "transaction.state.log.replication.factor",
    "share.coordinator.state.topic.replication.factor",
)
_PAIRS = (
    ("min.insync.replicas", "default.replication.factor"),
    ("transaction.state.log.min.isr", "transaction.state.log.replication.factor"),
    ("share.coordinator.state.topic.min.isr", "share.coordinator.state.topic.replication.factor"),
)
# Kafka's own defaults, which hold when the configuration says nothing.
_DEFAULTS = {
    "default.replication.factor": 1,
    "min.insync.replicas": 1,
    "offsets.topic.replication.factor": 3,
    "transaction.state.log.min.isr": 2,
    "transaction.state.log.replication.factor": 3,
}


def brokers(cluster: Cluster, kafka: Object) -> int | None:
    """Return how many brokers a Kafka has, its pools together; None when nothing in the tree says so."""
    counts = [
        pool.integer("spec", "replicas")
        for pool in cluster.of("KafkaNodePool", _GROUP)
        if pool.namespace == kafka.namespace
        and pool.labels.get("strimzi.io/cluster") == kafka.name
        and "broker" in pool.strings("spec", "roles")
    ]
    if counts:
        return sum(count for count in counts if count is not None) if None not in counts else None
    return kafka.integer("spec", "kafka", "replicas")


def _setting(config: Mapping[str, values.Value], name: str) -> int | None:
    value = config.get(name)
    if isinstance(value, str) and value.isdecimal():
        return int(value[:9])
    return values.integer(value)


@rule("reliability/kafka-replication")
def kafka_replication(cluster: Cluster) -> Iterator[Mistake]:
    """Find replication factors that the brokers or the minimum of in-sync replicas do not allow."""
    for item in cluster.of("Kafka", _GROUP):
        config, count = item.mapping(*_CONFIG), brokers(cluster, item)
        for name in _FACTORS:
            factor = _setting(config, name)
            if factor is not None and count and factor > count:
                message = f"{name} {factor} is more than the {count} brokers: such topics cannot be made."
                yield Mistake(item, (*_CONFIG, name), message, f"Lower it to {count}, or add brokers.")
            elif factor is not None and factor < 1:
                yield Mistake(item, (*_CONFIG, name), f"{name} {factor} is below 1.", "Set 3.")
            elif factor == 1 and (count or 0) > 1:
                message = f"{name} 1: the loss of one broker loses data."
                yield Mistake(item, (*_CONFIG, name), message, "Set 3.", Severity.WARNING)
        for least, factor_name in _PAIRS:
            wanted, factor = _setting(config, least), _setting(config, factor_name)
            if wanted is None or (factor is None and factor_name not in _DEFAULTS):
                continue
            factor = _DEFAULTS[factor_name] if factor is None else factor
            yield from _in_sync(item, (*_CONFIG, least), (least, wanted), (factor_name, factor))


def _in_sync(item: Object, path: values.Path, least: tuple[str, int], factor: tuple[str, int]) -> Iterator[Mistake]:
    if least[1] > factor[1]:
        message = f"{least[0]} {least[1]} is above {factor[0]} {factor[1]}: no write with acks=all ever succeeds."
        yield Mistake(item, path, message, f"Set {least[0]} below {factor[0]}.")
    elif least[1] == factor[1] and factor[1] > 1:
        message = f"{least[0]} and {factor[0]} are both {least[1]}: the loss of any broker stops writes."
        yield Mistake(item, path, message, f"Set {least[0]} to {least[1] - 1}.", Severity.WARNING)
    elif least[1] < 1:
        yield Mistake(item, path, f"{least[0]} {least[1]} is below 1.", "Set 2.")


@rule("reliability/kafka-topic")
def kafka_topic(cluster: Cluster) -> Iterator[Mistake]:
    """Find topics that their brokers cannot hold or that nobody can write to."""
    for item in cluster.of("KafkaTopic", _GROUP):
        kafka = cluster.get(_GROUP, "Kafka", item.namespace, item.labels.get("strimzi.io/cluster", ""))
        count = brokers(cluster, kafka) if kafka else None
        replicas, partitions = item.integer("spec", "replicas"), item.integer("spec", "partitions")
        if replicas is not None and count and replicas > count:
            message = f"{replicas} replicas are more than the {count} brokers of Kafka/{kafka.name if kafka else ''}."
            yield Mistake(item, ("spec", "replicas"), message, f"Lower it to {count}, or add brokers.")
        elif replicas == 1 and (count or 0) > 1:
            message = "1 replica: the loss of one broker loses the topic."
            yield Mistake(item, ("spec", "replicas"), message, "Set 3.", Severity.WARNING)
        for name, number in (("partitions", partitions), ("replicas", replicas)):
            if number is not None and number < 1 and number != -1:
                yield Mistake(item, ("spec", name), f"{name} {number} is below 1.", "Set 1 at least.")
        config = item.mapping("spec", "config")
        path: values.Path = ("spec", "config", "min.insync.replicas")
        least = _setting(config, "min.insync.replicas")
        if least is None and kafka is not None:
            least, path = _setting(kafka.mapping(*_CONFIG), "min.insync.replicas"), ("spec", "replicas")
        if least is not None and replicas is not None and replicas > 0:
            yield from _in_sync(item, path, ("min.insync.replicas", least), ("replicas", replicas))
        for name in ("retention.ms", "retention.bytes"):
            keep = _setting(config, name)
            if keep is not None and (keep < -1 or keep == 0):
                message = f"{name} {keep} keeps nothing."
                yield Mistake(item, ("spec", "config", name), message, "Set it above 0, or -1 for no bound.")


@rule("reliability/kafka-pools")
def kafka_pools(cluster: Cluster) -> Iterator[Mistake]:
    """Find Kafkas without brokers or controllers, and pools of nobody."""
    for item in cluster.of("Kafka", _GROUP):
        pools = [
            pool
            for pool in cluster.of("KafkaNodePool", _GROUP)
            if pool.namespace == item.namespace and pool.labels.get("strimzi.io/cluster") == item.name
        ]
        for role in ("broker", "controller") if pools and "zookeeper" not in item.mapping("spec") else ():
            if not any(
                role in pool.strings("spec", "roles") and pool.integer("spec", "replicas") != 0 for pool in pools
            ):
                message = f"none of the {len(pools)} node pools has the role {role}: Strimzi makes no cluster."
                yield Mistake(item, ("spec", "kafka"), message, f"Give a pool the role {role}.")
        count = brokers(cluster, item)
        if count is not None and count > 2 and not item.mapping("spec", "kafka", "rack"):
            message = f"{count} brokers without rack: all replicas of a partition may lie in one zone."
            hint = "Set rack.topologyKey: topology.kubernetes.io/zone."
            yield Mistake(item, ("spec", "kafka"), message, hint, Severity.WARNING)
