"""Resources of containers: quantities that mean what was meant, requests within limits, nothing left out."""

from collections.abc import Iterator, Mapping
from fractions import Fraction

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.reliability.amounts import quantity
from generator.rules.reliability.defaults import defaulted
from generator.rules.rule import Mistake, rule

_MI = 1024 * 1024
_CORES = 1000  # more than any machine has
_LEAST_MEMORY = _MI  # no container starts in less
_MOST_MEMORY = 32 * 1024 * 1024 * _MI
# Custom resources with a ResourceRequirements of their own.
_ELSEWHERE: Mapping[tuple[str, str], tuple[values.Path, ...]] = {
    ("postgresql.cnpg.io", "Cluster"): (("spec", "resources"),),
    ("kafka.strimzi.io", "Kafka"): (
        ("spec", "kafka", "resources"),
        ("spec", "zookeeper", "resources"),
        ("spec", "entityOperator", "topicOperator", "resources"),
        ("spec", "entityOperator", "userOperator", "resources"),
    ),
    ("kafka.strimzi.io", "KafkaNodePool"): (("spec", "resources"),),
    ("kafka.strimzi.io", "KafkaConnect"): (("spec", "resources"),),
    ("rabbitmq.com", "RabbitmqCluster"): (("spec", "resources"),),
    ("monitoring.coreos.com", "Prometheus"): (("spec", "resources"),),
    ("monitoring.coreos.com", "Alertmanager"): (("spec", "resources"),),
    ("opentelemetry.io", "OpenTelemetryCollector"): (("spec", "resources"),),
}
_Resources = tuple[Object, values.Path, Mapping[str, values.Value]]


def _resources(cluster: Cluster) -> Iterator[_Resources]:
    """Yield (object, path, resources) of everything that asks for resources."""
    for pods in cluster.templates():
        for path, container in pods.containers():
            yield pods.object, (*path, "resources"), values.mapping(container, "resources")
        own = values.mapping(pods.spec, "resources")
        if own:
            yield pods.object, (*pods.spec_path, "resources"), own
    for (group, kind), paths in _ELSEWHERE.items():
        for item in cluster.of(kind, group):
            for path in paths:
                yield item, path, item.mapping(*path)


@rule("reliability/quantity-invalid")
def quantity_invalid(cluster: Cluster) -> Iterator[Mistake]:
    """Find quantities that are none, or that cannot be what was meant."""
    for of, path, resources in _resources(cluster):
        for key in ("requests", "limits"):
            for name, value in values.mapping(resources, key).items():
                for message, hint, severity in judge(name, value):
                    yield Mistake(of, (*path, key, name), message, hint, severity)
    for pods in cluster.templates():
        for index, volume in values.mappings(pods.spec, "volumes"):
            size = values.dig(volume, "emptyDir", "sizeLimit")
            if size is not None:
                for message, hint, severity in judge("ephemeral-storage", size):
                    at = (*pods.spec_path, "volumes", index, "emptyDir", "sizeLimit")
                    yield Mistake(pods.object, at, message, hint, severity)
    for item in (*cluster.of("LimitRange", ""), *cluster.of("ResourceQuota", "")):
        for path, name, value in _hard(item):
            for message, hint, severity in judge(
                name.removeprefix("requests.").removeprefix("limits."), value, many=True
            ):
                yield Mistake(item, path, message, hint, severity)


def _hard(item: Object) -> Iterator[tuple[values.Path, str, values.Value]]:
    for name, value in item.mapping("spec", "hard").items():
        yield ("spec", "hard", name), name, value
    for index, limit in item.mappings("spec", "limits"):
        for key in ("default", "defaultRequest", "max", "min"):
            for name, value in values.mapping(limit, key).items():
                yield ("spec", "limits", index, key, name), name, value


def judge(name: str, value: values.Value, *, many: bool = False) -> Iterator[tuple[str, str, Severity | None]]:
    """Yield (message, hint, severity) of a quantity; many: of a whole namespace, which has no upper bound."""
    number = quantity(value)
    if number is None:
        if isinstance(value, str | int | float) and not isinstance(value, bool) and "${" not in str(value):
            yield f"'{value}' is no quantity.", _mended(name, str(value)), None
    elif number < 0:
        yield f"{name} {value} is below 0.", "Write what it needs.", None
    elif number and name in {"memory", "ephemeral-storage", "storage"}:
        if str(value).endswith("m"):
            yield f"{name} '{value}' is in thousandths of a byte.", f"Did you mean '{str(value)[:-1]}Mi'?", None
        elif number < _LEAST_MEMORY:
            yield (
                f"{name} '{value}' is {_bytes(number)}: nothing runs in that.",
                f"Did you mean '{_digits(value)}Mi'?",
                None,
            )
        elif number > _MOST_MEMORY and name == "memory" and not many:
            yield f"memory '{value}' is more than any node has.", "Did you mean Mi or Gi?", None
    elif name == "cpu" and number > _CORES and not many:
        yield (
            f"cpu '{value}' is {int(number)} cores, more than any node has.",
            f"Did you mean '{_digits(value)}m'?",
            None,
        )


def _bytes(number: Fraction) -> str:
    return f"{int(number)} bytes"


def _digits(value: values.Value) -> str:
    return str(value).rstrip("kKMGTPEiBbmnu") or "100"


def _mended(name: str, text: str) -> str:
    digits = text.rstrip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ ")
    unit = text[len(digits) :].strip()
    if name == "cpu":
        return f"Did you mean '{digits}m'?" if unit[:1].lower() == "m" else "Write cores (0.5) or millicores (500m)."
    return f"Did you mean '{digits}{unit[:1].upper()}i'?" if unit else "Write a number with Mi or Gi."


@rule("reliability/request-over-limit")
def request_over_limit(cluster: Cluster) -> Iterator[Mistake]:
    """Find requests above their limits; the API server refuses them."""
    for of, path, resources in _resources(cluster):
        limits = values.mapping(resources, "limits")
        for name, value in values.mapping(resources, "requests").items():
            asked, most = quantity(value), quantity(limits.get(name))
            if asked is None or most is None:
                continue
            if asked > most:
                message = f"requests {name} {value} is above its limit {limits[name]}."
                yield Mistake(of, (*path, "requests", name), message, "Raise the limit or lower the request.")
            elif asked != most and ("/" in name or name.startswith("hugepages-")):
                message = f"{name} cannot be overcommitted: request {value} has to be the limit {limits[name]}."
                yield Mistake(of, (*path, "requests", name), message, "Set both to the same number.")


@rule("reliability/resources-missing", Severity.WARNING)
def resources_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Find containers that may take all memory of a node, or of which the scheduler knows nothing."""
    asked, limited = defaulted(cluster), defaulted(cluster, "limits")
    for pods in cluster.templates():
        if values.mapping(pods.spec, "resources"):
            continue
        for path, container in pods.containers():
            if "ephemeralContainers" in path:
                continue
            resources = values.mapping(container, "resources")
            limits = {**values.mapping(resources, "limits"), **dict.fromkeys(limited.get(pods.namespace, ()))}
            requests = {**values.mapping(resources, "requests"), **limits}
            requests |= dict.fromkeys(asked.get(pods.namespace, ()))
            missing = [f"requests.{name}" for name in ("cpu", "memory") if name not in requests]
            missing += ["limits.memory"] if "memory" not in limits else []
            at = (*path, "resources") if resources else path
            if missing:
                message = f"container '{values.text(container, 'name')}' has no {', '.join(missing)}."
                yield Mistake(pods.object, at, message, "Set what it needs; a limit on memory protects its neighbours.")
            for key in ("requests", "limits"):
                for name, value in values.mapping(resources, key).items():
                    if name in {"cpu", "memory"} and quantity(value) == 0:
                        message = f"{key} {name} 0 stands for nothing asked and no bound."
                        yield Mistake(pods.object, (*path, "resources", key, name), message, "Set what it needs.")
