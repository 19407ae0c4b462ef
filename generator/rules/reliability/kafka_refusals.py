"""Kafka (Strimzi): topics, users and listeners that nobody carries out, or that Strimzi refuses."""

from collections.abc import Iterator

from generator.base.nearest import did_you_mean
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.references.lookup import is_near
from generator.rules.rule import Mistake, rule

_GROUP = "kafka.strimzi.io"
_LABEL = "strimzi.io/cluster"
_OPERATORS = {"KafkaTopic": "topicOperator", "KafkaUser": "userOperator"}
# https://kafka.apache.org/documentation/#topicconfigs
_NUMBERS = (
    "delete.retention.ms", "file.delete.delay.ms", "flush.messages", "flush.ms", "index.interval.bytes",
    "max.compaction.lag.ms", "max.message.bytes", "message.timestamp.after.max.ms", "message.timestamp.before.max.ms",
    "min.cleanable.dirty.ratio", "min.compaction.lag.ms", "min.insync.replicas", "retention.bytes", "retention.ms",
    "segment.bytes", "segment.index.bytes", "segment.jitter.ms", "segment.ms", "local.retention.bytes",
    "local.retention.ms",
)  # fmt: skip
_WORDS = {
    "cleanup.policy": ("delete", "compact", "compact,delete", "delete,compact", "delete, compact", "compact, delete"),
    "compression.type": ("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"),
    "message.timestamp.type": ("CreateTime", "LogAppendTime"),
    "unclean.leader.election.enable": ("true", "false"),
    "preallocate": ("true", "false"),
}
_SETTINGS = (*_NUMBERS, *_WORDS)


@rule("reliability/kafka-topic-setting")
def kafka_topic_setting(cluster: Cluster) -> Iterator[Mistake]:
    """Find settings of a topic that Kafka refuses, and two KafkaTopics for one topic."""
    seen: dict[tuple[str, str, str], Object] = {}
    for of in cluster.of("KafkaTopic", _GROUP):
        yield from _settings(of)
        name = of.text("spec", "topicName") or of.name
        first = seen.setdefault((of.namespace, of.labels.get(_LABEL, ""), name), of)
        if first is not of:
            message = f"{first} manages the topic '{name}' too: the operator takes up one of them only."
            path = ("spec", "topicName") if of.text("spec", "topicName") else ("metadata", "name")
            yield Mistake(of, path, message, "Remove one of the two.")


def _settings(of: Object) -> Iterator[Mistake]:
    for written_key, value in of.mapping("spec", "config").items():
        key = str(written_key)
        path = ("spec", "config", key)
        written = str(value).lower() if isinstance(value, bool) else str(value)
        if key not in _SETTINGS and is_near(key, _SETTINGS):
            yield Mistake(of, path, f"A topic has no setting '{key}'.", did_you_mean(key, _SETTINGS))
        elif key in _WORDS and isinstance(value, str | bool) and written not in _WORDS[key]:
            hint = did_you_mean(written, _WORDS[key]) or f"Write one of {', '.join(_WORDS[key][:6])}."
            yield Mistake(of, path, f"'{written}' is no value of {key}.", hint)
        elif key in _NUMBERS and isinstance(value, str) and not _is_number(value):
            yield Mistake(of, path, f"'{value}' is no number, as {key} wants.", "Write the number without a unit.")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


@rule("reliability/kafka-operator-missing")
def kafka_operator_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Find topics and users of a Kafka whose entity operator does not carry them out."""
    kafkas = {(of.namespace, of.name): of for of in cluster.of("Kafka", _GROUP)}
    for kind, operator in _OPERATORS.items():
        for of in cluster.of(kind, _GROUP):
            name = of.labels.get(_LABEL, "")
            mine = kafkas.get((of.namespace, name))
            if mine is not None and not isinstance(mine.dig("spec", "entityOperator", operator), dict):
                message = f"{mine} runs no {operator}: nobody carries out {of}."
                yield Mistake(of, ("metadata", "labels", _LABEL), message, f"Add spec.entityOperator.{operator}: {{}}.")
            owners = [kafka for (_, other), kafka in kafkas.items() if other == name]
            watched = {kafka.text("spec", "entityOperator", operator, "watchedNamespace") for kafka in owners}
            if mine is None and owners and of.namespace not in watched:
                message = f"The {operator} of {owners[0]} watches its own namespace, not '{of.namespace}'."
                hint = f"Move it to namespace '{owners[0].namespace}', or set watchedNamespace."
                yield Mistake(of, ("metadata", "namespace"), message, hint)


@rule("reliability/kafka-access-refused")
def kafka_access_refused(cluster: Cluster) -> Iterator[Mistake]:
    """Find log-ins and rights that a Kafka does not know: users that cannot log in or are refused."""
    kafkas = {(of.namespace, of.name): of for of in cluster.of("Kafka", _GROUP)}
    for of in cluster.of("Kafka", _GROUP):
        for index, listener in of.mappings("spec", "kafka", "listeners"):
            if values.text(listener, "authentication", "type") == "tls" and listener.get("tls") is False:
                path = ("spec", "kafka", "listeners", index, "tls")
                yield Mistake(of, path, "A log-in by certificate needs TLS on the listener.", "Write tls: true.")
    for of in cluster.of("KafkaUser", _GROUP):
        kafka = kafkas.get((of.namespace, of.labels.get(_LABEL, "")))
        if kafka is None:
            continue
        if of.mapping("spec", "authorization") and kafka.dig("spec", "kafka", "authorization") is None:
            message = f"{kafka} has no authorization, so the operator refuses the user's rights."
            yield Mistake(of, ("spec", "authorization"), message, "Add spec.kafka.authorization to the Kafka.")
        kind = of.text("spec", "authentication", "type").removesuffix("-external")
        offered = {
            values.text(listener, "authentication", "type")
            for _, listener in kafka.mappings("spec", "kafka", "listeners")
        }
        if kind in {"tls", "scram-sha-512"} and offered and kind not in offered and "custom" not in offered:
            message = f"No listener of {kafka} takes a log-in of type {kind}."
            yield Mistake(of, ("spec", "authentication", "type"), message, "Use the log-in of a listener.")
