"""How a new version of a service takes over: shares of requests, and what is measured of it, for Argo Rollouts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from generator.base.scalars import decimal_text, duration_text
from generator.spec.measured import window_of
from generator.spec.model import Monitoring, Service
from generator.spec.objectives import PERCENTILES
from generator.spec.rollout import Analysis, Rollout

# A new version that uses up its error budget this many times too fast would page: two hours take a fiftieth of 30 days'
# (https://sre.google/workbook/alerting-on-slos/, chapter 5).
FAST_BURN = Decimal("14.4")
# The largest share of errors where nothing is asked of a service.
DEFAULT_ERRORS = Decimal("0.01")
# Replicas on which a version is tried before it is scaled up: one may lose its node.
TRIED = 2
# Argo Rollouts' own delay, which mesh and nodes need to learn who answers now.
SCALE_DOWN_DELAY = 30
# Seconds that a step may take: Kubernetes' default, and longer where starts are slow. A node may have to come first.
PROGRESS_DEADLINE, NODE_START = 600, 300
# The arguments by which an analysis is told which pods are new, and which of the version before, in the notation of
# Argo Rollouts.
NEW_PODS, STABLE_PODS = "{{args.hash}}", "{{args.stable}}"
# What the version before does may be exceeded by so much: two samples of the same are never quite alike.
NO_WORSE = Decimal("1.1")
# Seconds before a blueGreen takes over that are looked at for what the version before did: it gets no requests after.
BEFORE = 600


@dataclass(frozen=True, slots=True)
class MeasureView:
    """What Prometheus is asked of the new pods; an answer that meets neither condition decides nothing."""

    name: str
    query: str
    success: str
    failure: str


@dataclass(frozen=True, slots=True)
class RolloutView:
    """What a Rollout says. steps are as Argo Rollouts writes them, lengths of time in seconds or in its notation.

    answers and measures are empty where nobody measures: answers is what is asked of a blueGreen before it takes over,
    measures what is asked of those that have requests. delay comes before the first measurement; count is how many
    measurements a blueGreen is watched for; failures, how many of one kind may fail or find nothing. prometheus is
    where they are made. least are the pods that a version has at least, preview those that a blueGreen is tried on.
    """

    steps: tuple[Mapping[str, object], ...]
    answers: tuple[MeasureView, ...]
    measures: tuple[MeasureView, ...]
    prometheus: str
    delay: str
    interval: str
    count: int
    failures: int
    least: int
    preview: int
    scale_down_delay: int | None
    automatic: bool
    deadline: int


def rollout_view(service: Service, monitoring: Monitoring | None) -> RolloutView | None:
    """Return how Argo Rollouts replaces the pods of a service, None where its Deployment or StatefulSet does."""
    rollout = service.rollout
    if rollout.strategy == "rolling":
        return None
    analysis = rollout.analysis if service.metrics_port is not None else None
    interval = analysis.interval if analysis else 0
    window = window_of(monitoring.interval) if monitoring else 0
    measured = analysis is not None and monitoring is not None
    delay = rollout.scale_down_delay
    return RolloutView(
        steps=tuple(_steps(rollout)),
        answers=(_answers(service),) if measured and rollout.strategy == "blueGreen" else (),
        measures=tuple(_measures(service, analysis, window)) if analysis and measured else (),
        prometheus=monitoring.address if monitoring else "",
        delay=duration_text(window),
        interval=duration_text(interval * 1000),
        count=max(1, (rollout.pause - window // 1000) // interval) if interval else 1,
        failures=analysis.failures if analysis else 0,
        least=min(TRIED, service.scale.min),
        preview=min(TRIED, service.scale.min),
        scale_down_delay=SCALE_DOWN_DELAY if delay is None and rollout.strategy == "canary" else delay,
        automatic=not rollout.manual,
        deadline=max(PROGRESS_DEADLINE, service.start_limit + NODE_START),
    )


def _steps(rollout: Rollout) -> Iterator[Mapping[str, object]]:
    for step in rollout.steps:
        yield {"setWeight": step.weight}
        yield {"pause": {"duration": duration_text(step.pause * 1000)}}
    if rollout.manual:
        # Until somebody promotes it.
        yield {"pause": {}}


def _answers(service: Service) -> MeasureView:
    """Return what shows that each new pod answers: nobody sends them requests yet, but Prometheus scrapes them."""
    return MeasureView(
        name="answers",
        query=f"min(up{{{_pods(service, NEW_PODS)}}})",
        success="len(result) > 0 && result[0] == 1",
        failure="len(result) > 0 && result[0] == 0",
    )


def _measures(service: Service, analysis: Analysis, window: int) -> Iterator[MeasureView]:
    """Yield what is asked of the new pods, where they do worse than the old ones; window in milliseconds."""
    rollout = service.rollout
    before = window + (rollout.pause + BEFORE) * 1000 if rollout.strategy == "blueGreen" else window
    new = _pods(service, NEW_PODS), duration_text(window)
    stable = _pods(service, STABLE_PODS), duration_text(before)
    yield _bounded("errors", _failed(*new), _failed(*stable), _errors(service, analysis))
    latency = analysis.latency or service.objectives.latency
    for name, quantile in PERCENTILES.items():
        if name in latency:
            most = Decimal(latency[name]).scaleb(-3)
            yield _bounded(name, _quantile(quantile, *new), _quantile(quantile, *stable), most)


def _failed(selected: str, window: str) -> str:
    """Return the share of requests that are answered 5xx: 0/0 without requests, which exceeds and keeps no bound."""
    total = f"sum(rate(http_requests_total{{{selected}}}[{window}]))"
    failed = f'sum(rate(http_requests_total{{{selected}, status=~"5.."}}[{window}]))'
    return f"({failed} or 0 * {total}) / {total}"


def _quantile(quantile: Decimal, selected: str, window: str) -> str:
    series = f"http_request_duration_seconds_bucket{{{selected}}}"
    return f"histogram_quantile({decimal_text(quantile)}, sum by (le) (rate({series}[{window}])))"


def _bounded(name: str, new: str, stable: str, most: Decimal) -> MeasureView:
    """Return a measure that is 0 where the new pods do no worse than the old ones, and else what the new ones do.

    Without a bound by the old ones a fix could not take over from what it mends. Old pods that have no requests, or
    none at all, count as faultless; new pods without requests give no number.
    """
    bound = decimal_text(most)
    return MeasureView(
        name=name,
        query=f"{new}\n  > ({decimal_text(NO_WORSE)} * {stable} >= 0 or vector(0))\nor 0 * {new}",
        success=f"len(result) > 0 && result[0] <= {bound}",
        failure=f"len(result) > 0 && result[0] > {bound}",
    )


def _errors(service: Service, analysis: Analysis) -> Decimal:
    if analysis.errors is not None:
        return analysis.errors
    budget = service.objectives.budget
    return DEFAULT_ERRORS if budget is None else min(FAST_BURN * budget, Decimal(1))


def _pods(service: Service, replica_set: str) -> str:
    """Select the series of the pods of a ReplicaSet by its hash: names of pods begin with its name."""
    pods = f"{service.name}-{replica_set}-.+"
    return f'namespace="{service.namespace}", service="{service.name}", pod=~"{pods}"'
