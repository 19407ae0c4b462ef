"""Checks of what KEDA is asked to scale a service by: requests and latency by Prometheus, lag of topics by Kafka."""

from collections.abc import Iterator, Mapping

from generator.base.problem import Problem
from generator.spec.layers import Path, problem_at
from generator.spec.references import unknown
from generator.spec.scaling import MEASURED, readers
from generator.spec.subject import Subject


def trigger_problems(service: Subject) -> Iterator[Problem]:
    """Yield what keeps KEDA from scaling a service by what its `scale` says."""
    scale = service.tree["scale"]
    for reason in MEASURED:
        if reason in scale:
            yield from _measured(service, reason)
    for topic, lag in scale.get("lag", {}).items():
        yield from _lag(service, topic, lag)


def _measured(service: Subject, reason: str) -> Iterator[Problem]:
    documents = service.scope.documents
    said: tuple[str, str] | None = None
    if documents.value("monitoring") is None:
        # Where an environment takes monitoring away, what is written for the others stays as it is.
        if documents.platform.tree.get("monitoring") is None:
            said = "Prometheus measures it, and the platform has none.", "Add `monitoring: {}`, or remove it here."
    elif "metrics" not in service.tree["ports"]:
        said = f"Prometheus measures it, but '{service.name}' has no metrics port.", "Add ports.metrics, or write null."
    if said:
        yield problem_at(service.layers, ("scale", reason), "spec/scale", *said, key=True)


def _lag(service: Subject, topic: str, lag: Mapping[str, str]) -> Iterator[Problem]:
    path: Path = ("scale", "lag", topic)
    read = readers(service.tree)
    if "messages" not in lag:
        yield problem_at(
            service.layers, path, "spec/required", "'messages' is missing.",
            "Add how many may wait for each replica: 1000.", key=True,
        )  # fmt: skip
    if topic not in read:
        message, hint = unknown("topic", topic, read)
        hint = hint if hint.startswith("Did") else f"Say what has it: calls: {{kafka: {{topics: {{{topic}: read}}}}}}."
        message = f"{message[:-1]} that '{service.name}' reads."
        yield problem_at(service.layers, path, "spec/unknown-topic", message, hint, key=True)
    elif "kafka" in lag and lag["kafka"] not in read[topic]:
        message, hint = unknown("instance", lag["kafka"], read[topic])
        message = f"{message[:-1]} from which '{service.name}' reads '{topic}'."
        yield problem_at(service.layers, (*path, "kafka"), "spec/unknown-callee", message, hint)
    elif "kafka" not in lag and len(read[topic]) > 1:
        yield problem_at(
            service.layers, path, "spec/required", f"'{service.name}' reads it from {' and '.join(read[topic])}.",
            f"Say which one is meant: kafka: {read[topic][0]}.", key=True,
        )  # fmt: skip
