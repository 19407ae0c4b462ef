"""The objectives of a whole platform in one region: what users see at the gateway, what it carries and costs."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from generator.base.scalars import decimal_text
from generator.derive.alerts import AlertRule, explained
from generator.derive.burn import (
    BUDGET_DAYS,
    Indicator,
    RecordingRule,
    burn_alerts,
    long_ratios,
    rates,
    remaining,
    short_ratios,
)
from generator.derive.capacity import shares_without
from generator.spec.model import Platform, Region
from generator.spec.objectives import PERCENTILES

# The share of what its tier is meant for, above which a region says that the next tier is due.
NEARLY = Decimal("0.8")
MONTH = BUDGET_DAYS * 24 * 3600  # seconds
_REQUESTS = "istio_requests_total"


@dataclass(frozen=True, slots=True)
class RegionObjectives:
    """Rules of a region: `recordings` each evaluation, `long` seldom, as they read days of samples.

    processing is the longest time, in seconds, from an event to what is made of it, "" where nothing is asked; selected
    are the matchers of what is recorded, labels what they match.
    """

    recordings: tuple[RecordingRule, ...]
    long: tuple[RecordingRule, ...]
    alerts: tuple[AlertRule, ...]
    processing: str
    selected: str
    labels: dict[str, str]


def region_objectives(platform: Platform, region: Region, page: str) -> RegionObjectives:
    """Return the rules of a region; page is where its alerts are explained ("": nowhere)."""
    labels = {"platform": platform.name, "environment": platform.environment, "region": region.name}
    selected = ", ".join(f'{name}="{value}"' for name, value in labels.items())
    budget, processing = platform.objectives.budget, platform.objectives.processing
    targets = tuple(_targets(platform, region, labels))
    recordings = targets
    long: tuple[RecordingRule, ...] = ()
    alerts: tuple[AlertRule, ...] = ()
    if platform.gateway is not None:
        seen = _seen(_answered(platform), selected, labels)
        recordings = (*rates(seen), *short_ratios(seen), *_quantiles(platform, labels), *targets)
        recordings += tuple(_per_request(platform, region, seen))
        long = tuple(long_ratios(seen))
        if budget is not None:
            long += (remaining(seen, "platform:slo_budget:remaining", budget),)
        # Whoever checks a drained region is told that it is out of order: nothing to wake anybody for.
        alerts = () if region.drained else explained(_alerts(platform, region, seen), page)
    seconds = decimal_text(Decimal(processing).scaleb(-3)) if processing is not None else ""
    return RegionObjectives(recordings, long, alerts, seconds, selected, labels)


def traffic_share(platform: Platform, region: Region) -> Decimal:
    """Return the region's share of the traffic (0 to 1), that of drained regions divided among the others."""
    share = shares_without(platform.regions, "").get(region.name, Fraction(0))
    return Decimal(share.numerator) / Decimal(share.denominator)


def _at(platform: Platform) -> str:
    """Return the matchers of what the ingress gateway says of the requests that it took."""
    return f'reporter="source", source_workload_namespace="{platform.gateway.namespace if platform.gateway else ""}"'


def _answered(platform: Platform) -> str:
    """Return the matchers of requests that were meant for a service, answered or not.

    The rest the gateway answers itself: probes of the region's health, refusals, paths that nobody serves. templates/
    traffic/mesh-alerts counts the same.
    """
    return f'{_at(platform)}, destination_service_name!="unknown"'


def _seen(at: str, selected: str, labels: dict[str, str]) -> Indicator:
    """Count requests at the ingress gateway: those to services that no replica answered, too."""

    def total(window: str) -> str:
        return f"sum(rate({_REQUESTS}{{{at}}}[{window}]))"

    def bad(window: str) -> str:
        return f'sum(rate({_REQUESTS}{{{at}, response_code=~"5.."}}[{window}]))\n  or 0 * {total(window)}'

    return Indicator("platform:http_errors", "platform:http_requests", bad, total, selected, labels)


def _quantiles(platform: Platform, labels: dict[str, str]) -> Iterator[RecordingRule]:
    at = _answered(platform)
    for name in platform.objectives.latency:
        by = f"sum by (le) (rate(istio_request_duration_milliseconds_bucket{{{at}}}[5m]))"
        expression = f"histogram_quantile({decimal_text(PERCENTILES[name])}, {by}) / 1000"
        yield RecordingRule(f"platform:http_request_duration_seconds:{name}_5m", expression, labels)


def _targets(platform: Platform, region: Region, labels: dict[str, str]) -> Iterator[RecordingRule]:
    """Yield what the spec says as metrics, for dashboards to draw beside what is measured."""
    objectives, share = platform.objectives, traffic_share(platform, region)
    values: dict[str, Decimal | None] = {
        "platform:slo_availability:target": objectives.availability,
        "platform:slo_errors:budget": objectives.budget,
        **{
            f"platform:slo_latency_{name}_seconds:target": Decimal(bound).scaleb(-3)
            for name, bound in objectives.latency.items()
        },
        "platform:slo_processing_seconds:target": _seconds(objectives.processing),
        "platform:slo_throughput:target": None if objectives.throughput is None else objectives.throughput * share,
        "platform:users:target": None if platform.users is None else Decimal(platform.users) * share,
    }
    cost = monthly_cost(platform)
    values["platform:cost_dollars:monthly"] = cost
    values["platform:cost_region_dollars:monthly"] = None if cost is None else cost * share
    for record, value in values.items():
        if value is not None:
            yield RecordingRule(record, f"vector({decimal_text(value.quantize(Decimal('0.000001')))})", labels)


def monthly_cost(platform: Platform) -> Decimal | None:
    """Return what the items of the environment's tier cost together, USD a month; None without a price list."""
    return next((tier.costs.total for tier in platform.tiers if tier.name == platform.tier and tier.costs), None)


def _seconds(length: int | None) -> Decimal | None:
    return None if length is None else Decimal(length).scaleb(-3)


def _per_request(platform: Platform, region: Region, seen: Indicator) -> Iterator[RecordingRule]:
    """Yield what a request costs, over the requests of an hour; nothing where none comes."""
    if monthly_cost(platform) is not None and not region.drained:
        cost = f"platform:cost_region_dollars:monthly{{{seen.selected}}}"
        expression = f"{cost} / {MONTH}\n  / on () ({seen.total_rate('1h')} > 0)"
        yield RecordingRule("platform:cost_dollars_per_request:ratio_rate1h", expression, seen.labels)


def _alerts(platform: Platform, region: Region, seen: Indicator) -> Iterator[AlertRule]:
    budget, throughput = platform.objectives.budget, platform.objectives.throughput
    if budget is not None:
        summary = f"Users of {platform.name} in {region.name} see errors: the budget goes"
        yield from burn_alerts(
            seen, "GatewayErrorBudget", budget, "critical", summary, f"to {platform.name} in {region.name} failed"
        )
    if throughput is not None:
        limit = decimal_text((throughput * traffic_share(platform, region) * NEARLY).quantize(Decimal("0.0001")))
        yield AlertRule(
            name="ThroughputNearTier",
            expression=f"platform:http_requests:rate5m{{{seen.selected}}} > {limit}",
            hold="30m",
            severity="warning",
            summary=f"{platform.name} in {region.name} comes near what it is meant for",
            description=f"{{{{ $value | humanize }}}} requests a second arrive in {region.name}, more than "
            f"{decimal_text(NEARLY * 100)} % of its share of {decimal_text(throughput)}. {_next(platform)}",
        )
    yield AlertRule(
        name="GatewayMetricsMissing",
        expression=f"absent({_REQUESTS}{{{_at(platform)}}})",
        hold="15m",
        severity="high",
        summary=f"Nobody sees what users of {platform.name} get in {region.name}",
        description=f"Prometheus has no {_REQUESTS} of the gateway in {region.name}: nobody asks it, or it is not "
        "scraped, or gone. The other alerts on it stay silent.",
    )


def _next(platform: Platform) -> str:
    """Return which tier comes after the environment's own."""
    names = [tier.name for tier in platform.tiers]
    later = names[names.index(platform.tier) + 1 :] if platform.tier in names else []
    return f"The next tier is {later[0]}." if later else "There is no larger tier: the plan has to grow."
