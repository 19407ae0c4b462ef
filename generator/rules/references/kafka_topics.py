"""Topics that the rights of Kafka users speak of."""

from collections import defaultdict
from collections.abc import Iterator

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.rules.rule import Mistake, rule

_GROUP = "kafka.strimzi.io"
_LABEL = "strimzi.io/cluster"


@rule("references/kafka-topic-unknown", Severity.WARNING)
def kafka_topic_unknown(cluster: Cluster) -> Iterator[Mistake]:
    """Find rights to a topic that no KafkaTopic declares, where a Kafka's topics are declared."""
    topics: dict[tuple[str, str], set[str]] = defaultdict(set)
    for of in cluster.of("KafkaTopic", _GROUP):
        topics[of.namespace, of.labels.get(_LABEL, "")].add(of.text("spec", "topicName") or of.name)
    if cluster.of("KafkaMirrorMaker2", _GROUP):
        return  # which makes topics named after their source
    for of in cluster.of("KafkaUser", _GROUP):
        known = topics.get((of.namespace, of.labels.get(_LABEL, "")))
        for index, acl in of.mappings("spec", "authorization", "acls") if known else ():
            name = values.text(acl, "resource", "name")
            operations = {*values.strings(acl, "operations"), values.text(acl, "operation")}
            if values.text(acl, "resource", "type") != "topic" or name in {"", "*", *(known or ())}:
                continue
            literal = values.text(acl, "resource", "patternType") in {"", "literal"}
            if not literal or name.startswith("_") or operations & {"Create", "All"}:
                continue
            hint = did_you_mean(name, known or ()) or "Declare it as a KafkaTopic."
            path = ("spec", "authorization", "acls", index, "resource", "name")
            yield Mistake(of, path, f"No KafkaTopic declares the topic '{name}'.", hint)
