"""plan/objectives: what the platform and each service have to keep, beside those of the other tiers."""

from collections.abc import Iterator, Mapping
from typing import Any

from generator.base.scalars import decimal_text, duration_text
from generator.deliver.markdown import table
from generator.deliver.plan.numbers import number, percent
from generator.derive.burn import BUDGET_DAYS, BURNS
from generator.derive.objectives import bucket_bounds, measured
from generator.spec.model import Platform, Service
from generator.spec.objectives import PERCENTILES, Objectives

_MINUTES = BUDGET_DAYS * 24 * 60
NOTHING = "nothing"


def objectives_data(platform: Platform) -> Mapping[str, Any]:
    """Return the objectives of the platform, of its tiers and of its services, in the first region that has each."""
    return {
        "tier": platform.tier,
        "window_days": BUDGET_DAYS,
        "platform": _data(platform.objectives),
        "tiers": {tier.name: _data(tier.objectives) for tier in platform.tiers},
        "services": {
            name: {
                **_data(service.objectives, platform=False),
                "measured": platform.monitoring is not None and measured(service),
                "buckets_seconds": [number(bound) for bound in bucket_bounds(service)],
            }
            for name, service in sorted(_services(platform).items())
        },
    }


def _data(objectives: Objectives, *, platform: bool = True) -> Mapping[str, Any]:
    shares = {
        "availability": objectives.availability,
        "errors": objectives.errors,
        "error_budget": objectives.budget,
    }
    result: dict[str, Any] = {key: None if value is None else number(value) for key, value in shares.items()}
    result["latency_milliseconds"] = dict(objectives.latency)
    if platform:
        rate = objectives.throughput
        result["throughput_requests_per_second"] = None if rate is None else number(rate)
        result["processing_milliseconds"] = objectives.processing
    return result


def _services(platform: Platform) -> Mapping[str, Service]:
    found: dict[str, Service] = {}
    for region in platform.regions:
        for name, service in platform.services[region.name].items():
            found.setdefault(name, service)
    return found


def target_rows(tiers: Mapping[str, Objectives]) -> list[tuple[str, ...]]:
    """Return the rows of a table of objectives, a column for each of several."""
    asked = [name for name in PERCENTILES if any(name in each.latency for each in tiers.values())]
    return [
        ("availability", *(_percent(each.availability) for each in tiers.values())),
        ("errors at most", *(_percent(each.errors) for each in tiers.values())),
        ("error budget, the stricter of both", *(_percent(each.budget) for each in tiers.values())),
        *(
            (
                f"latency {name}",
                *(duration_text(each.latency[name]) if name in each.latency else NOTHING for each in tiers.values()),
            )
            for name in asked
        ),
        ("throughput, requests a second", *(_rate(each) for each in tiers.values())),
        ("from an event to its result", *(_processing(each) for each in tiers.values())),
    ]


def _percent(share: Any) -> str:
    return NOTHING if share is None else percent(share)


def _rate(objectives: Objectives) -> str:
    return NOTHING if objectives.throughput is None else f"{objectives.throughput.normalize():,f}"


def _processing(objectives: Objectives) -> str:
    return NOTHING if objectives.processing is None else duration_text(objectives.processing)


def objectives_lines(platform: Platform) -> Iterator[str]:
    """Yield the page."""
    yield f"# Objectives of {platform.name} in {platform.environment}"
    yield ""
    yield f"Counted over {BUDGET_DAYS} days. Of availability and errors the stricter is the budget that alerts go by."
    yield ""
    columns = {"this environment": platform.objectives, **{tier.name: tier.objectives for tier in platform.tiers}}
    yield from table(("", *columns), target_rows(columns))
    budget = platform.objectives.budget
    if budget is not None:
        minutes = budget * _MINUTES
        yield f"The budget is {decimal_text(minutes.normalize())} minutes of {BUDGET_DAYS} days in which everything"
        yield "fails, or longer of what fails in part."
        yield ""
    yield "## Alerts on the budget"
    yield ""
    rows = [
        (f"{decimal_text(burn.factor)} times", burn.long, burn.short, burn.spent, "page" if burn.urgent else "ticket")
        for burn in BURNS
    ]
    yield from table(("too fast", "over", "and over", "budget gone after", "what it is"), rows)
    yield "## Services"
    yield ""
    yield from table(
        ("service", "availability", "error budget", "latency", "buckets it has to have (s)", "measured"),
        [_service(platform, name, service) for name, service in sorted(_services(platform).items())],
    )


def _service(platform: Platform, name: str, service: Service) -> tuple[str, ...]:
    objectives = service.objectives
    latency = ", ".join(f"{key} {duration_text(bound)}" for key, bound in objectives.latency.items())
    there = platform.monitoring is not None and measured(service)
    return (
        name,
        _percent(objectives.availability),
        _percent(objectives.budget),
        latency or NOTHING,
        ", ".join(decimal_text(bound) for bound in bucket_bounds(service)) or "none",
        "yes" if there else "no",
    )
