"""LimitRanges and ResourceQuotas: that they agree with themselves, and that the pods of their namespace fit in."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from fractions import Fraction

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.manifests.workload import Workload
from generator.rules.reliability.amounts import quantity
from generator.rules.reliability.defaults import defaulted
from generator.rules.reliability.scale import Scale, scale_of, scalers
from generator.rules.rule import Mistake, rule

_ORDER = (("min", "defaultRequest"), ("defaultRequest", "default"), ("default", "max"), ("min", "default"),
          ("defaultRequest", "max"), ("min", "max"))  # fmt: skip
_COMPUTED = ("requests.cpu", "requests.memory", "limits.cpu", "limits.memory")
_Limit = tuple[Object, Mapping[str, values.Value]]


@rule("reliability/limit-range-invalid")
def limit_range_invalid(cluster: Cluster) -> Iterator[Mistake]:
    """Find LimitRanges whose numbers are out of order; the API server refuses them."""
    for item in cluster.of("LimitRange", ""):
        for index, limit in item.mappings("spec", "limits"):
            told: set[str] = set()
            for low, high in _ORDER:
                most = values.mapping(limit, high)
                for name, value in values.mapping(limit, low).items():
                    least, limited = quantity(value), quantity(most.get(name))
                    if least is not None and limited is not None and least > limited and name not in told:
                        told.add(name)
                        message = f"{low} {name} {value} is above {high} {most[name]}."
                        path = ("spec", "limits", index, low, name)
                        yield Mistake(item, path, message, f"Keep {low} at or below {high}.")


@rule("reliability/outside-limit-range")
def outside_limit_range(cluster: Cluster) -> Iterator[Mistake]:
    """Find containers and claims that a LimitRange of their namespace refuses."""
    ranges: dict[tuple[str, str], list[_Limit]] = defaultdict(list)
    for item in cluster.of("LimitRange", ""):
        for _, limit in item.mappings("spec", "limits"):
            ranges[item.namespace, values.text(limit, "type")].append((item, limit))
    for pods in cluster.templates() if ranges else ():
        for path, container in pods.containers():
            for of in ranges.get((pods.namespace, "Container"), ()):
                resources = values.mapping(container, "resources")
                yield from _outside(pods.object, (*path, "resources"), resources, of)
    for item in cluster.of("PersistentVolumeClaim", ""):
        for of in ranges.get((item.namespace, "PersistentVolumeClaim"), ()):
            path = ("spec", "resources")
            yield from _outside(item, path, item.mapping(*path), of)


def _outside(item: Object, path: values.Path, resources: Mapping[str, values.Value], of: _Limit) -> Iterator[Mistake]:
    owner, limit = of
    most, least = values.mapping(limit, "max"), values.mapping(limit, "min")
    for key in ("limits", "requests"):
        for name, value in values.mapping(resources, key).items():
            number, high, low = quantity(value), quantity(most.get(name)), quantity(least.get(name))
            if number is None:
                continue
            if high is not None and number > high:
                message = f"{key} {name} {value} is above the maximum {most[name]} of LimitRange/{owner.name}: refused."
                yield Mistake(item, (*path, key, name), message, "Lower it, or raise the maximum.")
                return
            if low is not None and number < low:
                message = (
                    f"{key} {name} {value} is below the minimum {least[name]} of LimitRange/{owner.name}: refused."
                )
                yield Mistake(item, (*path, key, name), message, "Raise it, or lower the minimum.")
                return


@rule("reliability/quota-exceeded")
def quota_exceeded(cluster: Cluster) -> Iterator[Mistake]:
    """Find quotas that the pods of their namespace do not fit in."""
    quotas = [item for item in cluster.of("ResourceQuota", "") if not _scoped(item)]
    spaces = {item.namespace for item in quotas}
    ranges = scalers(cluster) if quotas else {}
    least: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    most: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    updated: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for pods in cluster.templates() if quotas else ():
        scale = scale_of(pods, ranges) or (Scale(1, 1) if pods.object.kind in {"Pod", "DaemonSet"} else None)
        if pods.namespace in spaces and scale is not None:
            for name, amount in _used(pods).items():
                least[pods.namespace, name] += amount * scale.least
                most[pods.namespace, name] += amount * scale.most
                both = amount * scale.least if _runs_twice(pods.object) else Fraction(0)
                updated[pods.namespace, name] = max(updated[pods.namespace, name], both)
    for item in quotas:
        for name, value in item.mapping("spec", "hard").items():
            key = name if "." in name or name == "pods" else f"requests.{name}"
            hard, low, high = quantity(value), least[item.namespace, key], most[item.namespace, key]
            if hard is None:
                continue
            when, needed = ("at their fewest", low) if low > hard else ("at their most", high)
            if needed <= hard:
                when, needed = "while a Rollout's two versions run", low + updated[item.namespace, key]
            if needed > hard:
                message = f"the pods of namespace {item.namespace} need {name} {_shown(name, needed)} {when}, and the"
                message += f" quota is {value}."
                severity = None if low > hard else Severity.WARNING
                yield Mistake(item, ("spec", "hard", name), message, "Raise the quota, or ask for less.", severity)


def _runs_twice(item: Object) -> bool:
    """Say whether a Rollout keeps all pods of the old version until the new one has as many."""
    if item.group != "argoproj.io":
        return False
    canary = item.mapping("spec", "strategy", "canary")
    routed = bool(canary.get("trafficRouting")) and canary.get("dynamicStableScale") is not True
    return routed or bool(item.mapping("spec", "strategy", "blueGreen"))


def _scoped(item: Object) -> bool:
    return bool(item.dig("spec", "scopes") or item.dig("spec", "scopeSelector"))


def _used(pods: Workload) -> Mapping[str, Fraction]:
    used: dict[str, Fraction] = defaultdict(Fraction, {"pods": Fraction(1)})
    for path, container in pods.containers():
        if "containers" not in path and container.get("restartPolicy") != "Always":
            continue
        resources = values.mapping(container, "resources")
        for name in ("cpu", "memory", "ephemeral-storage"):
            limit = quantity(values.dig(resources, "limits", name))
            request = quantity(values.dig(resources, "requests", name))
            used[f"requests.{name}"] += (request if request is not None else limit) or 0
            used[f"limits.{name}"] += limit or 0
    return used


def _shown(name: str, number: Fraction) -> str:
    if "memory" in name or "storage" in name:
        return f"{float(number / 1024**3):.4g}Gi"
    return f"{float(number):.4g}"


@rule("reliability/quota-unanswered")
def quota_unanswered(cluster: Cluster) -> Iterator[Mistake]:
    """Find containers that do not say what a quota of their namespace counts; the API server refuses their pods."""
    counted: dict[str, dict[str, Object]] = defaultdict(dict)
    for item in cluster.of("ResourceQuota", ""):
        if not _scoped(item):
            for name in item.mapping("spec", "hard"):
                key = f"requests.{name}" if name in {"cpu", "memory"} else name
                if key in _COMPUTED:
                    counted[item.namespace].setdefault(key, item)
    given = {kind: defaulted(cluster, kind) for kind in ("requests", "limits")} if counted else {}
    for pods in cluster.templates() if counted else ():
        wanted = counted.get(pods.namespace, {})
        for path, container in pods.containers() if wanted else ():
            resources = values.mapping(container, "resources")
            for key, quota in wanted.items():
                kind, _, name = key.partition(".")
                own = values.mapping(resources, kind)
                if kind == "requests":
                    own = {**own, **values.mapping(resources, "limits")}
                if name not in own and name not in given[kind].get(pods.namespace, ()):
                    container_name = values.text(container, "name")
                    message = (
                        f"container '{container_name}' sets no {key}, which ResourceQuota/{quota.name} counts: its"
                    )
                    message += " pods are refused."
                    at = (*path, "resources") if resources else path
                    yield Mistake(pods.object, at, message, f"Set resources.{key}, or a default in a LimitRange.")
                    break
