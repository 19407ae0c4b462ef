"""The objectives of a service as rules of Prometheus: what is recorded, what alerts, what has to be there for them."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from generator.base.scalars import decimal_text
from generator.derive.alerts import AlertRule
from generator.derive.burn import (
    BURNS,
    Indicator,
    RecordingRule,
    burn_alerts,
    long_ratios,
    rates,
    remaining,
    short_ratios,
)
from generator.spec.model import Service
from generator.spec.objectives import PERCENTILES

_REQUESTS = "http_requests_total"
_DURATION = "http_request_duration_seconds"
_BY = "sum by (namespace, service)"


@dataclass(frozen=True, slots=True)
class ObjectiveRules:
    """Rules of a service's objectives: `recordings` each evaluation, `long` seldom, as they read days of samples."""

    recordings: tuple[RecordingRule, ...]
    long: tuple[RecordingRule, ...]
    alerts: tuple[AlertRule, ...]


def measured(service: Service) -> bool:
    """Say whether the service has objectives that something measures."""
    objectives = service.objectives
    return service.metrics_port is not None and (objectives.budget is not None or bool(objectives.latency))


def objective_rules(service: Service) -> ObjectiveRules:
    """Return the rules of a service's objectives; none where it has none."""
    if not measured(service):
        return ObjectiveRules((), (), ())
    errors, slow = _errors(service), [_slow(service, name) for name in service.objectives.latency]
    budget = service.objectives.budget
    recordings = [*(rates(errors) if budget is not None else [_requests(service)])]
    long: list[RecordingRule] = []
    if budget is not None:
        recordings += short_ratios(errors)
        long += [*long_ratios(errors), remaining(errors, "service:slo_budget:remaining", budget)]
    for indicator in slow:
        found = [rule for rule in rates(indicator) if rule not in recordings]
        recordings += [*found, *short_ratios(indicator)]
        long += long_ratios(indicator)
    recordings += [*_quantiles(service), *_targets(service)]
    return ObjectiveRules(tuple(recordings), tuple(long), tuple(_alerts(service, errors, slow)))


def bucket_bounds(service: Service) -> tuple[Decimal, ...]:
    """Return the bounds, in seconds, that have to be buckets of the service's histogram of durations."""
    return tuple(sorted({Decimal(bound).scaleb(-3) for bound in service.objectives.latency.values()}))


def _selected(service: Service) -> str:
    return f'namespace="{service.namespace}", service="{service.name}"'


def _rate(metric: str, selected: str, window: str) -> str:
    return f"{_BY} (rate({metric}{{{selected}}}[{window}]))"


def _requests(service: Service) -> RecordingRule:
    return RecordingRule("service:http_requests:rate5m", _rate(_REQUESTS, _selected(service), "5m"))


def _errors(service: Service) -> Indicator:
    selected = _selected(service)

    def total(window: str) -> str:
        return _rate(_REQUESTS, selected, window)

    def bad(window: str) -> str:
        # A service that has not failed yet has no series of failures: none is a share of 0.
        failed = _rate(_REQUESTS, f'{selected}, status=~"5.."', window)
        return f"{failed}\n  or 0 * {total(window)}"

    return Indicator("service:http_errors", "service:http_requests", bad, total, selected)


def _slow(service: Service, percentile: str) -> Indicator:
    """Count requests that took longer than a bound: all that were timed, less those in the buckets up to it."""
    selected = _selected(service)
    le = bucket_matcher(Decimal(service.objectives.latency[percentile]).scaleb(-3))

    def total(window: str) -> str:
        return _rate(f"{_DURATION}_count", selected, window)

    def bad(window: str) -> str:
        return f"{total(window)}\n  - {_rate(f'{_DURATION}_bucket', f'{selected}, {le}', window)}"

    return Indicator(f"service:http_slow_{percentile}", "service:http_timed", bad, total, selected)


def bucket_matcher(bound: Decimal) -> str:
    """Return the matcher of a bucket by its bound in seconds: Prometheus 3 writes a whole one as 1.0, others as 1."""
    text = decimal_text(bound)
    return f'le=~"{text}|{text}.0"' if "." not in text else f'le="{text}"'


def _quantiles(service: Service) -> Iterator[RecordingRule]:
    selected = _selected(service)
    for name in service.objectives.latency:
        by = f"sum by (namespace, service, le) (rate({_DURATION}_bucket{{{selected}}}[5m]))"
        share = decimal_text(PERCENTILES[name])
        yield RecordingRule(f"service:{_DURATION}:{name}_5m", f"histogram_quantile({share}, {by})")


def _targets(service: Service) -> Iterator[RecordingRule]:
    """Yield the objectives themselves as metrics, for dashboards to draw beside what is measured."""
    objectives = service.objectives
    labels = {"namespace": service.namespace, "service": service.name}
    if objectives.availability is not None:
        yield RecordingRule(
            "service:slo_availability:target", f"vector({decimal_text(objectives.availability)})", labels
        )
    if objectives.budget is not None:
        yield RecordingRule("service:slo_errors:budget", f"vector({decimal_text(objectives.budget)})", labels)
    for name, bound in objectives.latency.items():
        seconds = decimal_text(Decimal(bound).scaleb(-3))
        yield RecordingRule(f"service:slo_latency_{name}_seconds:target", f"vector({seconds})", labels)


def _alerts(service: Service, errors: Indicator, slow: list[Indicator]) -> Iterator[AlertRule]:
    objectives = service.objectives
    if objectives.budget is not None:
        yield from burn_alerts(
            errors,
            "ErrorBudget",
            objectives.budget,
            "critical",
            f"{service.name} uses up its error budget",
            f"to {service.name} failed",
        )
    for (name, bound), indicator in zip(objectives.latency.items(), slow, strict=True):
        seconds = decimal_text(Decimal(bound).scaleb(-3))
        yield from burn_alerts(
            indicator,
            f"Latency{name.upper()}Budget",
            1 - PERCENTILES[name],
            "high",
            f"{service.name} answers slower than {name} {seconds} s allows, and uses up what is left",
            f"to {service.name} took longer than {seconds} s",
        )
        if BURNS[0].factor * (1 - PERCENTILES[name]) >= 1:
            yield _exceeded(service, name, seconds, indicator)
    yield _missing(service)


def _exceeded(service: Service, name: str, seconds: str, indicator: Indicator) -> AlertRule:
    """Return the alert on a percentile of so few answers that no share of slow ones burns its budget fast."""
    return AlertRule(
        name=f"Latency{name.upper()}Exceeded",
        expression=f"{indicator.ratio('1h')} > {decimal_text(1 - PERCENTILES[name])}",
        hold="15m",
        severity="warning",
        summary=f"{service.name} answers slower than {name} {seconds} s allows",
        description=f"{{{{ $value | humanizePercentage }}}} of the requests to {service.name} took longer than "
        f"{seconds} s within 1h.",
    )


def _missing(service: Service) -> AlertRule:
    """Return the alert on what all others need: without it they would be silent whatever happens."""
    selected = _selected(service)
    needed = [f"absent({_REQUESTS}{{{selected}}})"] if service.objectives.budget is not None else []
    needed += [f"absent({_DURATION}_bucket{{{selected}, {bucket_matcher(bound)}}})" for bound in bucket_bounds(service)]
    return AlertRule(
        name="ObjectiveMetricsMissing",
        expression="\nor ".join(needed),
        hold="15m",
        severity="warning",
        summary=f"Nobody measures the objectives of {service.name}",
        description=f"{service.name} exports no {_REQUESTS}, or no bucket of {_DURATION} for each bound of its "
        "objectives{{ with $labels.le }} (le {{ . }}){{ end }}: its other alerts stay silent.",
    )
