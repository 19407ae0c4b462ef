"""The capacity model: the numbers of the TalAI design document's own code, and what the loss of a region leaves."""

import dataclasses
import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from rendering import CHECKOUT

from generator.derive.capacity import Load, cases, demand, need, reaches, shares_without
from generator.derive.costs import check, decimal_of, summary
from generator.derive.platform_objectives import region_objectives, traffic_share
from generator.spec.capacity import Capacity, capacity_of
from generator.spec.costs import Machines, tiers_of
from generator.spec.load import load
from generator.spec.model import Platform
from generator.spec.objectives import Objectives
from generator.spec.workspace import open_workspace

WRITTEN = {
    "requestsPerUser": "100/d",
    "peak": 4,
    "requestsPerCore": "100/s",
    "memoryPerCore": "4GB",
    "storagePerRequest": "1KB",
    "transferPerRequest": "5KB",
    "coresPerNode": 36,
}
MODEL = capacity_of(WRITTEN)


def of_the_document(users: int) -> dict[str, Any]:
    """Compute as the document does it (its lines 640-677)."""
    daily_requests = users * 100
    peak_rps = daily_requests / (24 * 3600) * 4
    vcpus_needed = math.ceil(peak_rps / 100)
    return {
        "vcpus": vcpus_needed,
        "memory_gb": vcpus_needed * 4,
        "storage_tb": daily_requests / 1_000_000 * 30 / 1000,
        "bandwidth_tb": daily_requests * 5 / 1_000_000 * 30 / 1000,
        "peak_rps": peak_rps,
        "nodes_required": math.ceil(vcpus_needed / 36),
    }


@pytest.mark.parametrize("users", [10_000, 100_000, 1_000_000])
def test_the_model_gives_what_the_document_computes(users: int) -> None:
    found, wanted = demand(MODEL, users), of_the_document(users)
    assert float(found.peak.requests) == pytest.approx(wanted["peak_rps"])
    assert found.peak.cores == wanted["vcpus"]
    assert found.peak.memory == wanted["memory_gb"] * 10**9
    assert found.storage == pytest.approx(wanted["storage_tb"] * 10**12)
    assert found.transfer == pytest.approx(wanted["bandwidth_tb"] * 10**12)
    assert found.peak.nodes == wanted["nodes_required"]


def test_cores_are_counted_exactly_at_the_edge() -> None:
    assert need(MODEL, Fraction(100)).cores == 1
    assert need(MODEL, Fraction(100) + Fraction(1, 10**12)).cores == 2
    assert need(MODEL, Fraction(0)).nodes == 0


@pytest.fixture(scope="module")
def shop() -> Platform:
    return load(open_workspace(CHECKOUT / "examples" / "invalid" / "base"), "shop", "production")


def with_throughput(platform: Platform, requests: int, model: Capacity = MODEL) -> Platform:
    objectives = Objectives(availability=Decimal("0.999"), throughput=Decimal(requests))
    return dataclasses.replace(platform, objectives=objectives, users=None, capacity=model)


def loads(platform: Platform, lost: str) -> tuple[Load, ...]:
    return next(case.loads for case in cases(platform, MODEL) if case.lost == lost)


def test_a_lost_regions_share_goes_to_the_others_by_weight(shop: Platform) -> None:
    assert len(shop.regions) > 1
    lost = shop.regions[0]
    left = shares_without(shop.regions, lost.name)
    assert lost.name not in left
    assert sum(left.values()) == 1
    weights = {region.name: Fraction(region.weight) for region in shop.regions}
    total = sum(weights[name] for name in left)
    assert left == {name: weights[name] / total for name in left}


def test_a_drained_region_carries_nothing_and_cannot_be_lost(shop: Platform) -> None:
    first, *others = shop.regions
    drained = dataclasses.replace(shop, regions=(dataclasses.replace(first, drained=True), *others))
    platform = with_throughput(drained, 10)
    assert first.name not in {case.lost for case in cases(platform, MODEL)}
    assert all(load.region != first.name for case in cases(platform, MODEL) for load in case.loads)
    assert traffic_share(platform, platform.regions[0]) == 0
    assert sum(traffic_share(platform, region) for region in platform.regions) == pytest.approx(1)


def test_what_the_services_can_reach_decides_whether_a_loss_is_carried(shop: Platform) -> None:
    lost = shop.regions[0].name
    assert all(load.at_most for load in loads(with_throughput(shop, 1), lost))
    assert not any(load.at_most for load in loads(with_throughput(shop, 10_000_000), lost))


def test_scaling_takes_the_window_and_a_minute_for_each_doubling(shop: Platform) -> None:
    lost = shop.regions[0].name
    (reach, *_) = [found for found in reaches(shop, MODEL) if found.region != lost]
    enough = with_throughput(shop, 1)
    assert all(load.seconds is None for load in loads(enough, lost))
    assert all(load.at_once for load in loads(enough, lost))
    much = with_throughput(shop, int(reach.most * 1000))
    found = next(load for load in loads(much, lost) if load.region == reach.region)
    assert found.seconds is not None
    assert (found.seconds - reach.window) % 60 == 0
    assert found.seconds > reach.window


def test_nobody_is_left_when_the_only_region_is_lost(shop: Platform) -> None:
    alone = with_throughput(dataclasses.replace(shop, regions=shop.regions[:1]), 1)
    case = next(case for case in cases(alone, MODEL) if case.lost)
    assert case.loads == ()
    assert not case.carried


def test_a_drained_region_has_targets_but_no_alerts_on_its_gateway(shop: Platform) -> None:
    platform = with_throughput(shop, 1000)
    region = platform.regions[0]
    assert region_objectives(platform, region, "").alerts
    drained = dataclasses.replace(region, drained=True)
    within = dataclasses.replace(platform, regions=(drained, *platform.regions[1:]))
    found = region_objectives(within, drained, "")
    assert found.alerts == ()
    assert "platform:slo_availability:target" in {rule.record for rule in found.recordings}


COSTS = {
    "stated": 900,
    "items": {
        "Nodes": {"group": "Compute", "monthly": 1000.5},
        "Savings": {"group": "Compute", "monthly": -100},
        "Disks": {"group": "Storage", "monthly": 0.25},
    },
}


def test_a_total_that_contradicts_its_items_is_shown_with_the_difference() -> None:
    (tier,) = tiers_of({"small": {"users": 1000, "costs": COSTS}}, {})
    assert tier.costs is not None
    found = summary(tier, tier.costs, MODEL)
    assert found.total == Decimal("900.75")
    assert found.difference == Decimal("-0.75")
    assert found.groups == {"Compute": Decimal("900.5"), "Storage": Decimal("0.25")}
    assert found.per_user == Decimal("0.90")
    assert found.per_million_requests == Decimal("300.25")  # 1000 users, 100 requests a day, 30 days: 3 million


def test_cents_are_rounded_half_to_even() -> None:
    rounded = [decimal_of(Fraction(text)) for text in ("1/200", "3/200", "-1/300")]
    assert rounded == [Decimal("0.00"), Decimal("0.02"), Decimal("0.00")]


def test_memory_that_is_stated_is_compared_with_what_the_machines_have() -> None:
    found = check(Machines(200, "c5.9xlarge", 36, 72 * 2**30, 7200, 28_800 * 10**9))
    assert found.cores == found.stated_cores
    assert found.memory == 14_400 * 2**30
    assert found.memory_ratio == Decimal("1.86")


def test_tiers_have_the_objectives_of_the_platform_below_their_own() -> None:
    tiers = {"large": {"users": 9, "objectives": {"errors": "1%"}}, "small": {"users": 1}}
    small, large = tiers_of(tiers, {"errors": "2%", "availability": "99%"})
    assert (small.name, small.objectives.errors) == ("small", Decimal("0.02"))
    assert (large.objectives.errors, large.objectives.availability) == (Decimal("0.01"), Decimal("0.99"))


def test_what_is_null_in_an_objective_of_the_platform_or_a_tier_is_not_asked() -> None:
    tiers = {"small": {"users": 1, "objectives": {"errors": None}}}
    (small,) = tiers_of(tiers, {"errors": "2%", "latency": {"p50": None, "p99": "1s"}})
    assert (small.objectives.errors, small.objectives.latency) == (None, {"p99": 1000})
