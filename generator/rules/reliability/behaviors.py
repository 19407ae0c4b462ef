"""How fast scalers act: the behavior of HorizontalPodAutoscalers, KEDA's own settings, VerticalPodAutoscalers."""

from collections.abc import Iterator

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.reliability.amounts import quantity
from generator.rules.reliability.cron import cron_mistake, unknown_zone
from generator.rules.rule import Mistake, rule

_MEASURED_BY_PODS = frozenset({"cpu", "memory"})


@rule("reliability/scaler-behavior")
def scaler_behavior(cluster: Cluster) -> Iterator[Mistake]:
    """Find windows and policies that the API server refuses, or that switch scaling off."""
    for item in cluster.of("HorizontalPodAutoscaler", "autoscaling"):
        yield from _behavior(item, ("spec", "behavior"))
    for item in cluster.of("ScaledObject", "keda.sh"):
        yield from _behavior(item, ("spec", "advanced", "horizontalPodAutoscalerConfig", "behavior"))


def _behavior(item: Object, base: values.Path) -> Iterator[Mistake]:
    for direction in ("scaleUp", "scaleDown"):
        path = (*base, direction)
        settings = item.mapping(*path)
        window = values.integer(settings, "stabilizationWindowSeconds")
        if window is not None and not 0 <= window <= 3600:
            message = f"a window of {window} s: the API server takes 0 to 3600."
            yield Mistake(item, (*path, "stabilizationWindowSeconds"), message, "Set 3600 at most.")
        if values.text(settings, "selectPolicy") == "Disabled":
            up = direction == "scaleUp"
            message = "pods are never added, whatever the load." if up else "pods are never taken away again."
            severity = Severity.WARNING if up else Severity.INFO
            yield Mistake(item, (*path, "selectPolicy"), message, "Use Max or Min, with policies.", severity)
        elif settings.get("policies") == []:
            message = "no policy is left to scale by; the API server refuses an empty list."
            yield Mistake(item, (*path, "policies"), message, "Write a policy, or leave the key out.")
        for index, policy in values.mappings(settings, "policies"):
            period, amount = values.integer(policy, "periodSeconds"), values.integer(policy, "value")
            if period is not None and not 1 <= period <= 1800:
                message = f"a period of {period} s: the API server takes 1 to 1800."
                yield Mistake(item, (*path, "policies", index, "periodSeconds"), message, "Set 1800 at most.")
            if amount is not None and amount <= 0:
                message = f"a policy of {amount} changes nothing; the API server refuses it."
                yield Mistake(item, (*path, "policies", index, "value"), message, "Set 1 at least.")


@rule("reliability/keda-settings")
def keda_settings(cluster: Cluster) -> Iterator[Mistake]:
    """Find what KEDA refuses in a ScaledObject or never acts on."""
    for item in (*cluster.of("ScaledObject", "keda.sh"), *cluster.of("ScaledJob", "keda.sh")):
        for name, least in (("pollingInterval", 1), ("cooldownPeriod", 0), ("initialCooldownPeriod", 0)):
            number = item.integer("spec", name)
            if number is not None and number < least:
                yield Mistake(item, ("spec", name), f"{name} {number} is below {least}.", f"Set {least} s at least.")
        if item.dig("spec", "triggers") == []:
            yield Mistake(item, ("spec", "triggers"), "no trigger is left to scale by.", "Write a trigger.")
        if item.kind == "ScaledObject":
            yield from _measured_by_pods(item)
            yield from _fallback(item)
        for index, trigger in item.mappings("spec", "triggers"):
            if values.text(trigger, "type") == "cron":
                yield from _cron_trigger(item, ("spec", "triggers", index, "metadata"))


def _measured_by_pods(item: Object) -> Iterator[Mistake]:
    kinds = {values.text(trigger, "type") for _, trigger in item.mappings("spec", "triggers")}
    if kinds and kinds <= _MEASURED_BY_PODS:
        if item.integer("spec", "minReplicaCount") == 0:
            message = (
                "with triggers of cpu and memory only, no pod can start again from zero: there is none to measure."
            )
            yield Mistake(item, ("spec", "minReplicaCount"), message, "Set minReplicaCount to 1 at least.")
        if item.mapping("spec", "fallback"):
            message = "a fallback does nothing for triggers of cpu and memory; KEDA refuses it."
            yield Mistake(item, ("spec", "fallback"), message, "Remove the fallback.")


def _fallback(item: Object) -> Iterator[Mistake]:
    replicas, most = item.integer("spec", "fallback", "replicas"), item.integer("spec", "maxReplicaCount")
    least = item.integer("spec", "minReplicaCount") or 0
    if replicas is None:
        return
    path = ("spec", "fallback", "replicas")
    if replicas > (100 if most is None else most):
        message = f"the fallback of {replicas} replicas is above maxReplicaCount {100 if most is None else most}."
        yield Mistake(item, path, message, "Lower it to the maximum.")
    elif replicas < least:
        message = f"the fallback of {replicas} replicas is below minReplicaCount {least}."
        yield Mistake(item, path, message, "Raise it to the minimum at least.", Severity.WARNING)


def _cron_trigger(item: Object, path: values.Path) -> Iterator[Mistake]:
    start, end = item.text(*path, "start"), item.text(*path, "end")
    for key, expression in (("start", start), ("end", end)):
        wrong = cron_mistake(expression) if expression else ""
        if wrong:
            yield Mistake(item, (*path, key), wrong, "Write five fields: minute hour day month weekday.")
    if start and start == end:
        message = f"start and end are both '{start}', so the trigger is never active."
        yield Mistake(item, (*path, "end"), message, "Set an end after the start.")
    zone = unknown_zone(item.text(*path, "timezone"))
    if zone:
        yield Mistake(item, (*path, "timezone"), *zone)
    wanted, most = item.text(*path, "desiredReplicas"), item.integer("spec", "maxReplicaCount")
    if wanted.isdecimal() and int(wanted[:9]) > (100 if most is None else most):
        message = f"desiredReplicas {wanted} is above maxReplicaCount {100 if most is None else most}."
        yield Mistake(item, (*path, "desiredReplicas"), message, "Raise the maximum, or lower it.")


@rule("reliability/vpa-range")
def vpa_range(cluster: Cluster) -> Iterator[Mistake]:
    """Find a VerticalPodAutoscaler whose least is above its most, or that evicts the only pod."""
    for item in cluster.of("VerticalPodAutoscaler", "autoscaling.k8s.io"):
        for index, policy in item.mappings("spec", "resourcePolicy", "containerPolicies"):
            most = values.mapping(policy, "maxAllowed")
            for name, value in values.mapping(policy, "minAllowed").items():
                low, high = quantity(value), quantity(most.get(name))
                if low is not None and high is not None and low > high:
                    path = ("spec", "resourcePolicy", "containerPolicies", index, "minAllowed", name)
                    message = f"minAllowed {name} {value} is above maxAllowed {most[name]}."
                    yield Mistake(item, path, message, "Swap them, or lower the minimum.")
        kind, target_name = item.text("spec", "targetRef", "kind"), item.text("spec", "targetRef", "name")
        target = cluster.get("apps", kind, item.namespace, target_name)
        mode = item.text("spec", "updatePolicy", "updateMode") or "Auto"
        if target and mode in {"Auto", "Recreate"} and target.integer("spec", "replicas") == 1:
            at = ("spec", "updatePolicy", "updateMode")
            message = (
                f"{kind}/{target_name} has one replica: each new recommendation evicts the only pod, or waits for ever."
            )
            yield Mistake(item, at, message, "Run two replicas, or use updateMode Initial.", Severity.WARNING)
