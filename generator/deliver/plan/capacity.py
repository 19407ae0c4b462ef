"""plan/capacity: what users ask for, what the services can reach, and what the loss of a region leaves."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from generator.base.scalars import decimal_text, duration_text
from generator.deliver.markdown import table
from generator.deliver.plan.numbers import NONE, cores, number, percent, rate, rate_number, size, yes
from generator.derive.capacity import DAYS, Case, Demand, Need, Reach, cases, demand, demands, reaches
from generator.derive.costs import decimal_of
from generator.spec.capacity import Capacity, Limits
from generator.spec.model import Platform

# Connections that a proxy opens to a service at most, with one request on each: templates/workload/service/manifests/
# destinationrule.yaml.j2.
POOL = 1_024
GATEWAY = "operators/istio-gateway"
# Where a demand comes from, in words.
SOURCES = {"users": "users' peak", "throughput": "objective of throughput"}


def capacity_data(platform: Platform, capacity: Capacity) -> Mapping[str, Any]:
    """Return the model's results for every tier, what the environment has, and the cases of losing a region."""
    return {
        "tier": platform.tier,
        "model": {
            "requests_per_user_per_day": capacity.requests_per_user,
            "peak_over_average": capacity.peak,
            "requests_per_second_per_core": number(capacity.requests_per_core),
            "memory_bytes_per_core": capacity.memory_per_core,
            "storage_bytes_per_request": capacity.storage_per_request,
            "transfer_bytes_per_request": capacity.transfer_per_request,
            "cores_per_node": capacity.cores_per_node,
            "days_per_month": DAYS,
        },
        "tiers": {tier.name: _demand(demand(capacity, tier.users)) for tier in platform.tiers},
        "demands": {name: _need(found) for name, found in demands(platform, capacity).items()},
        "regions": {found.region: _reach(found) for found in reaches(platform, capacity)},
        "cases": [_case(found) for found in cases(platform, capacity)],
        "limits": _limits(capacity.limits),
    }


def _demand(found: Demand) -> Mapping[str, Any]:
    return {
        "users": found.users,
        "requests_per_day": found.daily_requests,
        "storage_bytes_per_month": found.storage,
        "transfer_bytes_per_month": found.transfer,
        "peak": _need(found.peak),
    }


def _need(found: Need) -> Mapping[str, Any]:
    return {
        "requests_per_second": rate_number(found.requests),
        "cores": found.cores,
        "memory_bytes": found.memory,
        "nodes": found.nodes,
    }


def _reach(found: Reach) -> Mapping[str, Any]:
    return {
        "traffic_share": _share(found.share),
        "drained": found.drained,
        "cores_at_minimum": number(decimal_of(found.minimum)),
        "cores_at_maximum": number(decimal_of(found.maximum)),
        "nodes_at_most": found.nodes,
        "cores_of_nodes": found.node_cores,
        "scale_up_window_seconds": found.window,
    }


def _share(share: Fraction) -> int | float:
    return number(decimal_of(share * 10_000) / 10_000)


def _case(found: Case) -> Mapping[str, Any]:
    return {
        "demand": found.demand,
        "lost_region": found.lost or None,
        "carried": found.carried,
        "carried_at_once": found.at_once,
        "scaling_seconds_at_least": found.seconds,
        "regions": [
            {
                "region": load.region,
                "traffic_share": _share(load.share),
                "requests_per_second": rate_number(load.requests),
                "cores": load.cores,
                "enough_at_once": load.at_once,
                "enough_at_maximum": load.at_most,
            }
            for load in found.loads
        ],
    }


def _limits(limits: Limits) -> Mapping[str, Any]:
    return {
        "connections": limits.connections,
        "requests_per_second": None if limits.requests is None else number(limits.requests),
        "ingestion_bytes_per_hour": limits.ingestion,
        "storage_bytes": limits.storage,
    }


def capacity_lines(platform: Platform, capacity: Capacity) -> Iterator[str]:
    """Yield the page."""
    yield f"# Capacity of {platform.name} in {platform.environment}"
    yield ""
    each, answers = f"{capacity.requests_per_user:,}", decimal_text(capacity.requests_per_core)
    yield f"A user makes {each} requests a day, the busiest second has {capacity.peak} times the average, a core"
    yield f"answers {answers} requests a second and has {size(capacity.memory_per_core)} of memory beside it, and a"
    yield f"node has {capacity.cores_per_node} cores. A request leaves {size(capacity.storage_per_request)} behind and"
    yield f"sends {size(capacity.transfer_per_request)}. A month has {DAYS} days; amounts are in powers of a thousand."
    yield ""
    yield "The model counts a request once, however many services it passes through, takes requests"
    yield "for spread over the services as their cores are, and knows no other load."
    yield ""
    yield from _tiers(platform, capacity)
    yield from _demands(platform, capacity)
    yield from _regions(platform, capacity)
    yield from _losses(platform, capacity)
    yield from _compared(platform, capacity)


def _tiers(platform: Platform, capacity: Capacity) -> Iterator[str]:
    if not platform.tiers:
        return
    yield "## What users ask for"
    yield ""
    found = {tier.name: demand(capacity, tier.users) for tier in platform.tiers}
    yield from table(
        ("", *(_named(platform, name) for name in found)),
        [
            ("users", *(f"{each.users:,}" for each in found.values())),
            ("requests a day", *(f"{each.daily_requests:,}" for each in found.values())),
            ("requests a second at the peak", *(rate(each.peak.requests) for each in found.values())),
            ("cores", *(f"{each.peak.cores:,}" for each in found.values())),
            ("memory", *(size(each.peak.memory) for each in found.values())),
            ("storage a month", *(size(each.storage) for each in found.values())),
            ("transfer a month", *(size(each.transfer) for each in found.values())),
            ("nodes", *(f"{each.peak.nodes:,}" for each in found.values())),
        ],
    )


def _named(platform: Platform, tier: str) -> str:
    return f"{tier} (this environment)" if tier == platform.tier else tier


def _demands(platform: Platform, capacity: Capacity) -> Iterator[str]:
    found = demands(platform, capacity)
    if not found:
        return
    yield "## What the environment has to carry"
    yield ""
    rows = [
        (SOURCES[name], rate(need.requests), f"{need.cores:,}", size(need.memory), f"{need.nodes:,}")
        for name, need in found.items()
    ]
    yield from table(("where it comes from", "requests a second", "cores", "memory", "nodes"), rows)
    larger = max(found, key=lambda name: found[name].requests)
    if len(found) > 1:
        other = next(name for name in found if name != larger)
        times = decimal_of(found[larger].requests / found[other].requests, decimal_of(Fraction(1, 10)))
        yield f"The {SOURCES[larger]} is the larger, {decimal_text(times)} times the other; both are proven below."
        yield ""


def _regions(platform: Platform, capacity: Capacity) -> Iterator[str]:
    yield "## What the services of each region can reach"
    yield ""
    rows = [
        (
            found.region,
            "drained" if found.drained else percent(found.share),
            cores(found.minimum),
            cores(found.maximum),
            NONE if found.nodes is None else f"{found.nodes:,} with {found.node_cores or 0:,} cores",
            rate(found.minimum * Fraction(capacity.requests_per_core)),
            rate(found.most * Fraction(capacity.requests_per_core)),
            duration_text(found.window * 1000) if found.window else "at once",
        )
        for found in reaches(platform, capacity)
    ]
    header = ("region", "traffic", "cores at least", "cores at most", "nodes for them", "requests a second at least")
    yield from table((*header, "at most", "window before scaling up"), rows)
    yield "Cores are what the replicas of all services ask for, at the minimum and the maximum of their scale. At most,"
    yield "the smaller counts of those and of the cores of the nodes that services may use, which they share with what"
    yield "else runs there."
    yield ""


def _losses(platform: Platform, capacity: Capacity) -> Iterator[str]:
    found = cases(platform, capacity)
    if not found:
        return
    yield "## With a region lost"
    yield ""
    yield "The others take its share by their weights. With none lost, what runs at first is the minimum; before a"
    yield "loss, what each region needs for its own share. What autoscalers take is their window and a minute for each"
    yield "doubling of the replicas, at least: metrics, images and new nodes come on top."
    yield ""
    rows = [
        (
            SOURCES[case.demand],
            case.lost or "none",
            _parts(case),
            yes(case.at_once),
            yes(case.carried),
            _time(platform, case),
        )
        for case in found
    ]
    yield from table(("demand", "lost", "requests a second", "carried at once", "carried once scaled", "scaling"), rows)


def _parts(case: Case) -> str:
    parts = (
        f"{load.region} {rate(load.requests)} ({load.cores:,} core{'' if load.cores == 1 else 's'})"
        for load in case.loads
    )
    return "; ".join(parts) or "nobody is left"


def _time(platform: Platform, case: Case) -> str:
    if case.at_once or not case.carried:
        return "none" if case.at_once else "does not help"
    text = f"{duration_text(case.seconds * 1000)} at least"
    if case.lost and platform.recovery is not None and case.seconds * 1000 > platform.recovery.time:
        return f"{text}, **longer than the recovery time of {duration_text(platform.recovery.time)}**"
    return text


def _compared(platform: Platform, capacity: Capacity) -> Iterator[str]:
    rows = list(_limit_rows(platform, capacity))
    if rows:
        yield "## Limits"
        yield ""
        yield "The most that the platform is meant for, beside what this environment asks for."
        yield ""
        yield from table(("what", "limit", "this environment", "within it"), rows)
    if capacity.limits.connections is not None and platform.mesh is not None:
        yield from _pools(platform)


def _pools(platform: Platform) -> Iterator[str]:
    """Yield what connections don't say: how many requests of users the proxies let be under way."""
    yield "Connections of users end at the edge or at the gateway, and no setting here bounds their number: open files"
    yield "and memory of the gateway's pods do. What the mesh bounds is requests at one time: each proxy, a pod of the"
    yield f"gateway among them, opens up to {POOL:,} connections to a service, each with one request on it, and lets as"
    yield "many wait. More are answered 503 at once. A request that takes a second holds its connection for a second."
    found = {
        region.name: replicas["max"]
        for region in platform.regions
        for instance in platform.instances[region.name].values()
        if instance.component == GATEWAY and isinstance(replicas := instance.parameters.get("replicas"), Mapping)
    }
    yield ""
    if found:
        rows = [(name, f"{pods:,}", f"{pods * POOL:,}") for name, pods in found.items()]
        yield from table(("region", "pods of the gateway at most", "requests to one service at one time"), rows)


def _limit_rows(platform: Platform, capacity: Capacity) -> Iterator[tuple[str, ...]]:
    limits, throughput, users = capacity.limits, platform.objectives.throughput, platform.users
    found = None if users is None else demand(capacity, users)
    if limits.connections is not None:
        asked = NONE if users is None else f"{users:,} users with one each"
        yield "connections at one time", f"{limits.connections:,}", asked, _within(users, limits.connections)
    if limits.requests is not None:
        asked = NONE if throughput is None else f"{rate(Fraction(throughput))} asked for"
        yield "requests a second", rate(Fraction(limits.requests)), asked, _within(throughput, limits.requests)
    if limits.ingestion is not None:
        hourly = None if found is None else -(-found.transfer // (DAYS * 24))
        asked = NONE if hourly is None else f"{size(hourly)} of requests, on average"
        yield "data taken in within an hour", size(limits.ingestion), asked, _within(hourly, limits.ingestion)
    if limits.storage is not None:
        asked = NONE if found is None else f"{size(found.storage)} more each month"
        full = f"full after {limits.storage // found.storage:,} months" if found and found.storage else NONE
        yield "data kept", size(limits.storage), asked, full


def _within(value: Any, limit: Any) -> str:
    return NONE if value is None else yes(value <= limit)
