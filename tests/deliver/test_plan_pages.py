"""plan/: what an environment has to keep, carries and costs, on pages for people and as JSON for machines."""

import dataclasses
import json
import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from rendering import CHECKOUT

from generator.deliver.plan.capacity import POOL
from generator.deliver.plan.numbers import money, percent, rate, size
from generator.deliver.plan.render import render_plan
from generator.spec.capacity import capacity_of
from generator.spec.costs import tiers_of
from generator.spec.load import load
from generator.spec.model import Platform
from generator.spec.objectives import objectives_of
from generator.spec.workspace import open_workspace

CAPACITY = {
    "requestsPerUser": "100/d",
    "peak": 4,
    "requestsPerCore": "100/s",
    "memoryPerCore": "4GB",
    "storagePerRequest": "1KB",
    "transferPerRequest": "5KB",
    "coresPerNode": 36,
    "limits": {"connections": 500, "requests": "100/s", "ingestion": "1TB/h", "storage": "1PB"},
}
NODES = {"count": 2, "type": "c5.9xlarge", "cores": 36, "memory": "72Gi", "statedCores": 72, "statedMemory": "288GB"}
ITEMS = {
    "Nodes | all": {"group": "Compute", "monthly": 5000, "configuration": "2x <b>c5</b>", "machines": NODES},
    "Savings": {"group": "Compute", "monthly": -1000, "note": "*three years*"},
}
TIERS = {
    "small": {"users": 1000, "objectives": {"latency": {"p50": "100ms"}}},
    "large": {"users": 9000, "costs": {"stated": 3600, "items": ITEMS}, "objectives": {"throughput": "90/s"}},
}


@pytest.fixture(scope="module")
def plain() -> Platform:
    return load(open_workspace(CHECKOUT / "examples" / "invalid" / "base"), "shop", "production")


@pytest.fixture(scope="module")
def planned(plain: Platform) -> Platform:
    objectives = {"availability": "99.9%", "throughput": "90/s"}
    return dataclasses.replace(
        plain,
        tier="large",
        users=9000,
        tiers=tiers_of(TIERS, objectives),
        objectives=objectives_of(objectives),
        capacity=capacity_of(CAPACITY),
    )


def pages(platform: Platform) -> dict[str, str]:
    return {file.path: file.content.decode() for file in render_plan(platform)}


def data(platform: Platform, name: str) -> Any:
    return json.loads(pages(platform)[f"plan/{name}.json"])


def row(page: str, first: str) -> list[str]:
    """Return the cells behind the first one of the row that it begins."""
    (line,) = [line for line in page.splitlines() if line.startswith(f"| {first} |")]
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[2:-1]]


def test_only_what_the_spec_speaks_of_has_a_page(plain: Platform) -> None:
    assert sorted(pages(plain)) == ["plan/README.md", "plan/topology.json", "plan/topology.md"]


def test_every_page_for_people_has_one_for_machines_and_the_overview_names_both(planned: Platform) -> None:
    found = pages(planned)
    names = ("capacity", "costs", "objectives", "topology")
    assert sorted(found) == sorted(
        ["plan/README.md", *(f"plan/{name}.{end}" for name in names for end in ("json", "md"))]
    )
    linked = set(re.findall(r"\]\(([a-z]+\.(?:json|md))\)", found["plan/README.md"]))
    assert linked == {path.removeprefix("plan/") for path in found} - {"README.md"}


def test_the_same_platform_gives_the_same_bytes(planned: Platform) -> None:
    assert render_plan(planned) == render_plan(planned)


def test_the_tiers_stand_side_by_side(planned: Platform) -> None:
    page = pages(planned)["plan/README.md"]
    assert row(page, "users") == ["1,000", "9,000"]
    assert row(page, "latency p50") == ["100ms", "nothing"]
    assert row(page, "availability") == ["99.9 %", "99.9 %"]
    assert row(page, "model: cores") == ["1", "1"]
    assert row(page, "price list: total stated, USD a month") == ["not said", "$3,600"]
    assert row(page, "price list: total of the items, USD a month") == ["not said", "$4,000 (**$400 apart**)"]


def test_a_contradicting_total_is_shown_both_ways(planned: Platform) -> None:
    page = pages(planned)["plan/costs.md"]
    assert "**The list contradicts itself**" in page
    assert all(text in page for text in ("$3,600", "$4,000", "$400 less than"))
    found = data(planned, "costs")["tiers"]["large"]
    assert found["stated_usd_per_month"] == 3600
    assert found["computed_usd_per_month"] == sum(item["usd_per_month"] for item in found["items"]) == 4000
    assert found["stated_less_computed_usd_per_month"] == -400


def test_a_total_that_agrees_is_not_called_a_contradiction(planned: Platform) -> None:
    agreed = {**TIERS, "large": {"users": 9000, "costs": {"stated": 4000, "items": ITEMS}}}
    page = pages(dataclasses.replace(planned, tiers=tiers_of(agreed, {})))["plan/costs.md"]
    assert "contradicts" not in page
    assert "The items give the total that the list states, $4,000." in page


def test_memory_that_the_machines_do_not_have_is_said(planned: Platform) -> None:
    assert "**The list says 288 GB of memory, 1.86 times what these machines have.**" in pages(planned)["plan/costs.md"]


def test_what_a_spec_writes_stays_text(planned: Platform) -> None:
    page = pages(planned)["plan/costs.md"]
    assert "Nodes \\| all" in page
    assert "\\<b\\>c5\\</b\\>" in page
    assert "\\*three years\\*" in page


def test_each_loss_of_a_region_says_yes_or_no(planned: Platform) -> None:
    found = data(planned, "capacity")["cases"]
    assert {(case["demand"], case["lost_region"]) for case in found} == {
        (demand, lost) for demand in ("users", "throughput") for lost in (None, "us-east", "eu-west")
    }
    for case in found:
        assert case["carried"] == all(region["enough_at_maximum"] for region in case["regions"])
        assert sum(region["traffic_share"] for region in case["regions"]) == pytest.approx(1)


def test_more_than_the_services_can_reach_is_a_no(planned: Platform) -> None:
    much = dataclasses.replace(planned, objectives=objectives_of({"throughput": "9000000/s"}))
    cases = [case for case in data(much, "capacity")["cases"] if case["demand"] == "throughput"]
    assert cases
    assert not any(case["carried"] for case in cases)
    assert "| **no** | **no** | does not help |" in pages(much)["plan/capacity.md"]


def test_what_the_pools_of_the_mesh_allow_stands_beside_the_limit_of_connections() -> None:
    """The figure is that of the DestinationRules, times the pods of the gateway."""
    pool = (CHECKOUT / "templates/workload/service/manifests/destinationrule.yaml.j2").read_text("utf-8")
    assert f"maxConnections: {POOL}\n" in pool
    assert f"http1MaxPendingRequests: {POOL}\n" in pool
    talai = load(open_workspace(CHECKOUT), "talai", "production")
    (page,) = [file.content.decode() for file in render_plan(talai) if file.path == "plan/capacity.md"]
    assert "| us-west-2 | 40 | 40,960 |" in page.partition("## Limits")[2]
    without = dataclasses.replace(talai, mesh=None)
    (page,) = [file.content.decode() for file in render_plan(without) if file.path == "plan/capacity.md"]
    assert "40,960" not in page


def test_limits_are_compared_with_what_is_asked_for(planned: Platform) -> None:
    page = pages(planned)["plan/capacity.md"]
    assert row(page, "connections at one time") == ["500", "9,000 users with one each", "**no**"]
    assert row(page, "requests a second")[-1] == "yes"


def test_objectives_say_which_buckets_a_service_needs(planned: Platform) -> None:
    services = {
        region: {
            name: dataclasses.replace(service, objectives=objectives_of({"latency": {"p50": "200ms", "p99": "1s"}}))
            for name, service in found.items()
        }
        for region, found in planned.services.items()
    }
    platform = dataclasses.replace(planned, services=services)
    assert data(platform, "objectives")["services"]["catalog"]["buckets_seconds"] == [0.2, 1]
    assert row(pages(platform)["plan/objectives.md"], "catalog")[3] == "0.2, 1"


def test_who_takes_over_and_who_calls_whom(planned: Platform) -> None:
    found = data(planned, "topology")
    assert found["failover"]["us-east"] == [{"region": "eu-west", "traffic_share": 1}]
    assert found["calls"]["us-east"]["frontend"] == ["catalog", "orders"]
    assert found["calls"]["us-east"]["gateway"] == ["frontend"]
    page = pages(planned)["plan/topology.md"]
    assert 'n-frontend["frontend"] --> n-catalog["catalog"]' in page


def test_a_drained_region_shows_in_the_topology(planned: Platform) -> None:
    first, second = planned.regions
    drained = dataclasses.replace(planned, regions=(dataclasses.replace(first, drained=True), second))
    assert row(pages(drained)["plan/topology.md"], f"{first.name} | {first.role}")[3] == "drained"
    assert data(drained, "topology")["regions"][1]["traffic_share"] == 1


def test_numbers_for_people() -> None:
    assert [money(Decimal(text)) for text in ("802640", "-740", "0.8", "0")] == ["$802,640", "-$740", "$0.80", "$0"]
    sizes = {0: "0 B", 999: "999 B", 1000: "1 KB", 15 * 10**12: "15 TB", 1_500_000: "1.5 MB"}
    assert {amount: size(amount) for amount in sizes} == sizes
    assert [percent(Decimal(text)) for text in ("0.9999", "0.5", "1")] == ["99.99 %", "50 %", "100 %"]
    assert rate(Fraction(100_000_000 * 4, 86_400)) == "4,630"
