"""HorizontalPodAutoscalers and ScaledObjects: ranges, targets and behaviour that can work."""

from collections.abc import Iterator, Mapping

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.manifests.workload import TEMPLATES, Workload
from generator.rules.reliability.defaults import defaulted
from generator.rules.rule import Mistake, rule

_HPA = ("HorizontalPodAutoscaler", "autoscaling")
_KEDA = ("ScaledObject", "keda.sh")
_Given = Mapping[str, frozenset[str]]


def _ranges(cluster: Cluster) -> Iterator[tuple[Object, str, str, int | None, int | None]]:
    """Yield (scaler, name of its minimum, name of its maximum, both numbers)."""
    for item in cluster.of(*_HPA):
        names = "minReplicas", "maxReplicas"
        yield item, *names, item.integer("spec", names[0]), item.integer("spec", names[1])
    for item in (*cluster.of(*_KEDA), *cluster.of("ScaledJob", "keda.sh")):
        names = "minReplicaCount", "maxReplicaCount"
        yield item, *names, item.integer("spec", names[0]), item.integer("spec", names[1])


@rule("reliability/scaler-range")
def scaler_range(cluster: Cluster) -> Iterator[Mistake]:
    """Find a range that is empty or that the API server refuses."""
    for item, low, high, least, most in _ranges(cluster):
        default = 0 if item.group == "keda.sh" else 1
        limit = 100 if most is None and item.group == "keda.sh" else most
        if limit is not None and (default if least is None else least) > limit:
            at = low if least is not None else high
            yield Mistake(
                item, ("spec", at), f"{low} {least} is above {high} {limit}.", f"Raise {high} or lower {low}."
            )
        elif most is not None and most < 1:
            yield Mistake(item, ("spec", high), f"{high} {most} leaves no pod.", "Set 1 at least.")
        elif least is not None and least < 0:
            yield Mistake(item, ("spec", low), f"{low} {least} is below 0.", "Set 0 at least.")
        elif item.kind == _HPA[0] and least == 0 and not _scales_from_zero(item):
            message = "minReplicas 0 needs a metric of type Object or External: at zero pods there is none to measure."
            yield Mistake(item, ("spec", low), message, "Set minReplicas to 1 at least.")
        idle = item.integer("spec", "idleReplicaCount")
        if idle is not None and idle >= (least or 0):
            message = f"idleReplicaCount {idle} is not below minReplicaCount {least or 0}, as KEDA demands."
            yield Mistake(
                item, ("spec", "idleReplicaCount"), message, "Set idleReplicaCount to 0, or raise the minimum."
            )


def _scales_from_zero(item: Object) -> bool:
    return any(values.text(metric, "type") in {"Object", "External"} for _, metric in item.mappings("spec", "metrics"))


@rule("reliability/scaler-fixed", Severity.INFO)
def scaler_fixed(cluster: Cluster) -> Iterator[Mistake]:
    """Find a scaler that has nothing to decide."""
    for item, low, high, least, most in _ranges(cluster):
        if most is not None and most == (least if least is not None else 1) and item.kind != "ScaledJob":
            if most == 1:
                message = f"{high} 1 leaves no room to scale: load beyond one pod is never met."
                yield Mistake(item, ("spec", high), message, f"Raise {high}.", Severity.WARNING)
            elif most > 1:
                message = f"{low} and {high} are both {most}, so nothing is ever scaled."
                yield Mistake(item, ("spec", high), message, f"Raise {high}, or remove the scaler and set replicas.")


@rule("reliability/scaler-metric")
def scaler_metric(cluster: Cluster) -> Iterator[Mistake]:
    """Find a metric whose target cannot be computed or reached."""
    given = defaulted(cluster)
    for item in cluster.of(*_HPA):
        target = _target(cluster, item)
        old = item.integer("spec", "targetCPUUtilizationPercentage")
        if old is not None:
            yield from _utilization(item, ("spec", "targetCPUUtilizationPercentage"), old)
            yield from _requested(given, item, ("spec", "targetCPUUtilizationPercentage"), target, "cpu")
        for index, metric in item.mappings("spec", "metrics"):
            for name in ("resource", "containerResource"):
                if name in metric:
                    yield from _resource_metric(given, item, (index, name), values.mapping(metric, name), target)
    for item in cluster.of(*_KEDA):
        target = _target(cluster, item)
        for index, trigger in item.mappings("spec", "triggers"):
            kind, path = values.text(trigger, "type"), ("spec", "triggers", index)
            used = values.text(trigger, "metricType") or values.text(trigger, "metadata", "type") or "Utilization"
            if kind in {"cpu", "memory"} and used == "Utilization":
                number = values.text(trigger, "metadata", "value")
                if number.removeprefix("-").isdecimal():
                    yield from _utilization(item, (*path, "metadata", "value"), int(number[:9]))
                only = values.text(trigger, "metadata", "containerName")
                yield from _requested(given, item, path, target, kind, only)


def _resource_metric(
    given: _Given, item: Object, at: tuple[int, str], metric: Mapping[str, values.Value], target: Workload | None
) -> Iterator[Mistake]:
    path: values.Path = ("spec", "metrics", *at)
    container = values.text(metric, "container")
    aim = values.mapping(metric, "target")
    number = values.integer(aim, "averageUtilization")
    if values.text(aim, "type") == "Utilization":
        if number is None:
            message = "a target of type Utilization has no averageUtilization; the API server refuses it."
            yield Mistake(item, (*path, "target"), message, "Set averageUtilization.")
        else:
            yield from _utilization(item, (*path, "target", "averageUtilization"), number)
        yield from _requested(given, item, path, target, values.text(metric, "name"), container)
    elif values.text(aim, "type") == "AverageValue" and "averageValue" not in aim:
        message = "a target of type AverageValue has no averageValue; the API server refuses it."
        yield Mistake(item, (*path, "target"), message, "Set averageValue.")


def _utilization(item: Object, path: values.Path, number: int) -> Iterator[Mistake]:
    if number <= 0:
        message = f"a target of {number} % can never be reached; the API server refuses it."
        yield Mistake(item, path, message, "Aim at 50 to 80 % of the request.")
    elif number > 100:
        message = f"{number} % of the request: pods are added only when all use more than they asked for."
        yield Mistake(item, path, message, "Aim at 50 to 80 % of the request.", Severity.WARNING)


def _requested(
    given: _Given, item: Object, path: values.Path, target: Workload | None, resource: str, only: str = ""
) -> Iterator[Mistake]:
    """Utilization is a share of what pods request: without a request there is no metric at all."""
    if target is None or resource not in {"cpu", "memory"} or resource in given.get(target.namespace, ()):
        return
    for at, container in target.containers():
        name = values.text(container, "name")
        asked = values.mapping(container, "resources")
        init = "initContainers" in at and container.get("restartPolicy") != "Always"
        if (
            init
            or (only and name != only)
            or any(resource in values.mapping(asked, key) for key in ("requests", "limits"))
        ):
            continue
        message = f"container '{name}' of {target.object.kind}/{target.object.name} requests no {resource}, so there is"
        message += " no utilization to scale by."
        yield Mistake(item, path, message, f"Set resources.requests.{resource} there.")
        return


def _target(cluster: Cluster, item: Object) -> Workload | None:
    reference = item.mapping("spec", "scaleTargetRef")
    kind, name = values.text(reference, "kind") or "Deployment", values.text(reference, "name")
    group = (values.text(reference, "apiVersion") or "apps/v1").rpartition("/")[0]
    found = cluster.get(group, kind, item.namespace, name)
    if found is None or (group, kind) not in TEMPLATES:
        return None
    template = TEMPLATES[group, kind]
    return Workload(found, found.namespace, {}, template) if found.mapping(*template, "spec") else None
