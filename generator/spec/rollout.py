"""How a new version of a service takes over: the `rollout` of a service, read from its merged, checked tree."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from generator.base.scalars import milliseconds, seconds, share
from generator.spec.objectives import PERCENTILES

Tree = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """A share of the requests, in percent, that the new version gets, and the seconds until the next step."""

    weight: int
    pause: int


@dataclass(frozen=True, slots=True)
class Analysis:
    """What the new version may not exceed while it takes over; None or empty: what follows from its objectives.

    errors is the share of requests that it answers 5xx; latency is percentile → longest answer in milliseconds.
    interval are the seconds between two measurements, failures how many of them may fail.
    """

    errors: Decimal | None
    latency: Mapping[str, int]
    interval: int
    failures: int


@dataclass(frozen=True, slots=True)
class Rollout:
    """strategy is rolling, canary or blueGreen; the steps are a canary's, lengths of time are in seconds.

    pause is how long a blueGreen is watched once it has taken over. analysis is None where nobody measures the new
    version. scale_down_delay is how long the old version stays once the new one has taken over, None for what Argo
    Rollouts does by itself. manual: it takes over only when a person says so.
    """

    strategy: str
    steps: tuple[Step, ...]
    pause: int
    analysis: Analysis | None
    scale_down_delay: int | None
    manual: bool


def rollout_of(tree: Tree) -> Rollout:
    """Return the rollout of a service from its merged, checked tree."""
    written = tree["rollout"]
    delay = written.get("scaleDownDelay")
    return Rollout(
        strategy=written["strategy"],
        steps=tuple(_step(step, written["pause"]) for step in written["steps"]),
        pause=seconds(written["pause"]),
        analysis=_analysis(written["analysis"]) if "analysis" in written else None,
        scale_down_delay=None if delay is None else seconds(delay),
        manual=written["promote"] == "manual",
    )


def weight_of(step: str | Tree) -> int:
    """Return the share of a step, written by itself or with its pause, in percent."""
    return int(str(step if isinstance(step, str) else step["weight"]).removesuffix("%"))


def _step(step: str | Tree, pause: str) -> Step:
    return Step(weight_of(step), seconds(pause if isinstance(step, str) else step.get("pause", pause)))


def _analysis(tree: Tree) -> Analysis:
    latency = tree.get("latency", {})
    return Analysis(
        errors=share(tree["errors"]) if "errors" in tree else None,
        latency={name: milliseconds(latency[name]) for name in PERCENTILES if name in latency},
        interval=seconds(tree["interval"]),
        failures=int(tree["failures"]),
    )
