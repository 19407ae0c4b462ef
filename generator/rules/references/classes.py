"""Classes that pods name: PriorityClass and RuntimeClass."""

from collections.abc import Iterator

from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.rules.references.lookup import Reference, provided, table_references
from generator.rules.rule import Mistake, rule

_PRIORITIES = frozenset({"system-cluster-critical", "system-node-critical"})
_RUNTIMES = frozenset({"gvisor", "kata", "kata-qemu", "kata-clh", "kata-fc", "nvidia", "runsc"})
_CUSTOM = {
    ("postgresql.cnpg.io", "Cluster"): ("spec.priorityClassName",),
    ("monitoring.coreos.com", "Prometheus"): ("spec.priorityClassName",),
    ("monitoring.coreos.com", "Alertmanager"): ("spec.priorityClassName",),
    ("kafka.strimzi.io", "Kafka"): ("spec.kafka.template.pod.priorityClassName",),
    ("kafka.strimzi.io", "KafkaNodePool"): ("spec.template.pod.priorityClassName",),
    ("kafka.strimzi.io", "KafkaConnect"): ("spec.template.pod.priorityClassName",),
}


@rule("references/priority-class-missing")
def priority_class_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Find pods of a PriorityClass that is not there: they are refused."""
    for pod in cluster.templates():
        name = values.text(pod.spec, "priorityClassName")
        reference = Reference(pod.object, (*pod.spec_path, "priorityClassName"), "", name)
        yield from provided(cluster, reference, "scheduling.k8s.io", "PriorityClass", _PRIORITIES)
    for reference in table_references(cluster, _CUSTOM):
        plain = Reference(reference.object, reference.path, "", reference.name)
        yield from provided(cluster, plain, "scheduling.k8s.io", "PriorityClass", _PRIORITIES)


@rule("references/runtime-class-missing")
def runtime_class_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Find pods of a RuntimeClass that is not there: they are refused."""
    for pod in cluster.templates():
        name = values.text(pod.spec, "runtimeClassName")
        reference = Reference(pod.object, (*pod.spec_path, "runtimeClassName"), "", name)
        yield from provided(cluster, reference, "node.k8s.io", "RuntimeClass", _RUNTIMES)
