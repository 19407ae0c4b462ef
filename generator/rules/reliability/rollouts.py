"""Argo Rollouts: strategies that the controller refuses or that wait for a person."""

from collections.abc import Iterator

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.reliability.amounts import seconds
from generator.rules.rule import Mistake, rule

_CANARY = ("spec", "strategy", "canary")
_GREEN = ("spec", "strategy", "blueGreen")


@rule("reliability/rollout-invalid")
def rollout_invalid(cluster: Cluster) -> Iterator[Mistake]:
    """Find Rollouts that the controller marks as InvalidSpec."""
    for item in cluster.of("Rollout", "argoproj.io"):
        strategy = item.mapping("spec", "strategy")
        known = [name for name in ("canary", "blueGreen") if name in strategy]
        if len(known) != 1:
            what = "both canary and blueGreen are set" if known else "neither canary nor blueGreen is set"
            yield Mistake(item, ("spec", "strategy"), f"{what}: the controller stops.", "Set one of the two.")
            continue
        if "blueGreen" in strategy and not item.text(*_GREEN, "activeService"):
            message = "blueGreen has no activeService to switch."
            yield Mistake(item, _GREEN, message, "Name the Service that clients use.")
        yield from _steps(item)


def _steps(item: Object) -> Iterator[Mistake]:
    reached = -1
    for index, step in item.mappings(*_CANARY, "steps"):
        path = (*_CANARY, "steps", index)
        weight = values.integer(step, "setWeight")
        if len(step) != 1:
            yield Mistake(item, path, f"a step of {len(step)} actions; it has to be one.", "Write a step for each.")
        if weight is None:
            yield from _pause(item, path, values.dig(step, "pause", "duration"))
            continue
        most = item.integer(*_CANARY, "trafficRouting", "maxTrafficWeight") or 100
        if not 0 <= weight <= most:
            yield Mistake(item, (*path, "setWeight"), f"a weight of {weight} is not within 0 to {most}.", "Mend it.")
        elif weight < reached:
            message = f"the weight falls from {reached} to {weight}: requests go back to the old version."
            yield Mistake(item, (*path, "setWeight"), message, "Let the weights rise.", Severity.WARNING)
        reached = weight


def _pause(item: Object, path: values.Path, duration: values.Value) -> Iterator[Mistake]:
    bad_text = isinstance(duration, str) and not duration.isdecimal() and seconds(duration) is None
    if bad_text or (isinstance(duration, int) and duration < 0):
        message = f"'{duration}' is no duration: the controller stops."
        yield Mistake(item, (*path, "pause", "duration"), message, "Write seconds, or 10m.")


@rule("reliability/rollout-waits", Severity.INFO)
def rollout_waits(cluster: Cluster) -> Iterator[Mistake]:
    """Find Rollouts that go on only when a person says so."""
    for item in cluster.of("Rollout", "argoproj.io"):
        for index, step in item.mappings(*_CANARY, "steps"):
            if "pause" in step and values.dig(step, "pause", "duration") is None:
                message = "a pause without duration lasts until somebody promotes the rollout."
                yield Mistake(item, (*_CANARY, "steps", index), message, "Set a duration, or name who promotes.")
        if item.dig(*_GREEN, "autoPromotionEnabled") is False:
            message = "autoPromotionEnabled: false leaves the old version active until somebody promotes the new one."
            yield Mistake(item, (*_GREEN, "autoPromotionEnabled"), message, "Let an analysis decide, or name who does.")
        canary = item.mapping(*_CANARY)
        if canary.get("trafficRouting") and not canary.get("steps"):
            message = "canary has traffic routing but no steps, so all requests move at once."
            yield Mistake(item, _CANARY, message, "Write steps with setWeight and pause.", Severity.WARNING)
