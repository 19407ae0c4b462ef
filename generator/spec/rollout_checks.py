"""Checks of how a new version of a service takes over: what its strategy needs, and times that fit each other."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from generator.base.problem import Problem
from generator.base.scalars import duration_text, milliseconds
from generator.spec.layers import Path, latest, problem_at
from generator.spec.measured import window_of
from generator.spec.rollout import weight_of
from generator.spec.subject import Subject

Tree = Mapping[str, Any]

# Two versions that run beside each other for longer are no rollout. In milliseconds.
WEEK = 7 * 24 * 3_600_000


def rollout_problems(service: Subject) -> Iterator[Problem]:
    """Yield what keeps a service from being rolled out as it says."""
    rollout = service.tree["rollout"]
    if rollout["strategy"] == "rolling":
        return
    yield from _workload(service)
    yield from _too_long(service)
    if rollout["strategy"] == "canary":
        yield from _mesh(service)
        yield from _weights(service)
    if "analysis" in rollout:
        yield from _measured(service)
        yield from _too_short(service)


def _workload(service: Subject) -> Iterator[Problem]:
    if service.tree["workload"] == "StatefulSet":
        strategy = service.tree["rollout"]["strategy"]
        yield problem_at(
            service.layers, latest(service.layers, ("rollout", "strategy"), ("workload",)), "spec/rollout",
            f"a StatefulSet's replicas are replaced one by one: it knows no {strategy}.",
            "Write rollout: {strategy: rolling} on the service, or set workload to Deployment.",
        )  # fmt: skip


def _mesh(service: Subject) -> Iterator[Problem]:
    scope, tree = service.scope, service.tree
    if str(tree.get("namespace")) not in scope.namespaces:
        return  # that has been reported
    meshed = scope.documents.value("mesh") is not None and scope.namespaces[str(tree["namespace"])].get("mesh")
    if not meshed:
        yield problem_at(
            service.layers, ("rollout", "strategy"), "spec/rollout",
            f"the mesh divides a canary's requests, and '{service.name}' is outside the mesh.",
            "Set mesh: true on its namespace, or choose blueGreen or rolling.",
        )  # fmt: skip


def _weights(service: Subject) -> Iterator[Problem]:
    steps = service.tree["rollout"]["steps"]
    for index, step in enumerate(steps):
        if isinstance(step, Mapping) and "weight" not in step:
            yield problem_at(
                service.layers, ("rollout", "steps", index), "spec/required", "'weight' is missing.",
                "Add the share of the requests that the new version gets: 10%.",
            )  # fmt: skip
            return
    weights = [weight_of(step) for step in steps]
    for index, weight in enumerate(weights):
        if not 0 < weight < 100:
            yield problem_at(
                service.layers, ("rollout", "steps", index), "spec/rollout",
                f"{weight}% is no step of a canary.", "Choose a share from 1% to 99%: 100% follows the last step.",
            )  # fmt: skip
    for index, (before, weight) in enumerate(pairwise(weights), start=1):
        if weight <= before:
            yield problem_at(
                service.layers, ("rollout", "steps", index), "spec/rollout",
                f"{weight}% is not more than the {before}% of the step before it.", "Let the shares rise.",
            )  # fmt: skip


def _too_long(service: Subject) -> Iterator[Problem]:
    rollout = service.tree["rollout"]
    times: list[tuple[Path, str]] = [
        (("rollout", key), rollout[key]) for key in ("pause", "scaleDownDelay") if key in rollout
    ]
    times += [
        (("rollout", "steps", index, "pause"), step["pause"])
        for index, step in enumerate(rollout["steps"])
        if isinstance(step, Mapping) and "pause" in step
    ]
    for path, length in times:
        if milliseconds(length) > WEEK:
            yield problem_at(
                service.layers, path, "spec/duration", f"{length} is longer than a week.",
                "Lower it to 7d, or let a person decide: promote: manual.",
            )  # fmt: skip


def _measured(service: Subject) -> Iterator[Problem]:
    documents = service.scope.documents
    said: tuple[str, str] | None = None
    place: Path = ("rollout", "strategy")
    if documents.value("monitoring") is None:
        # Where an environment takes monitoring away, what is written for the others stays as it is.
        if documents.platform.tree.get("monitoring") is None:
            said = (
                "nothing measures the new version: the platform has no monitoring.",
                "Add `monitoring: {}`, or write rollout: {analysis: null}: its probes alone decide then.",
            )
    elif "metrics" not in service.tree["ports"]:
        said = (
            f"nothing measures the new version: '{service.name}' has no metrics port.",
            "Add ports.metrics, or write rollout: {analysis: null}: its probes alone decide then.",
        )
    if said:
        yield problem_at(service.layers, place, "spec/rollout", *said)


def _too_short(service: Subject) -> Iterator[Problem]:
    """Yield a problem where the new version has taken over before enough measurements can fail."""
    rollout = service.tree["rollout"]
    monitoring = service.scope.documents.section("monitoring")
    window = window_of(str(monitoring.get("interval", "30s")))
    analysis = rollout["analysis"]
    needed = window + int(analysis["failures"]) * milliseconds(analysis["interval"])
    canary = rollout["strategy"] == "canary"
    steps = rollout["steps"] if canary else ()
    pauses: list[tuple[Path, str]] = [
        (("rollout", "steps", index, "pause"), step["pause"])
        for index, step in enumerate(steps)
        if isinstance(step, Mapping) and "pause" in step
    ]
    if len(pauses) < len(steps) or not canary:
        pauses.append((("rollout", "pause"), rollout["pause"]))
    for path, pause in pauses:
        if milliseconds(pause) < needed:
            yield problem_at(
                service.layers, latest(service.layers, path, ("rollout", "analysis")), "spec/rollout",
                f"{pause} are over before {int(analysis['failures']) + 1} measurements can fail: "
                f"that takes {duration_text(needed)}.",
                "Lengthen the pause, or lower analysis.failures or analysis.interval.",
            )  # fmt: skip
    delay = rollout.get("scaleDownDelay")
    if not canary and delay is not None and milliseconds(delay) < milliseconds(rollout["pause"]):
        yield problem_at(
            service.layers, latest(service.layers, ("rollout", "scaleDownDelay"), ("rollout", "pause")), "spec/rollout",
            f"the old version leaves after {delay}, while the new one is still watched for {rollout['pause']}.",
            "Raise scaleDownDelay above pause, or leave it out: the old version then stays until the watch is over.",
        )  # fmt: skip
