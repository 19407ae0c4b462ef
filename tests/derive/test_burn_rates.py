"""Objectives as rules of Prometheus: exact thresholds, the workbook's windows, nothing that could never fire."""

from decimal import Decimal

import pytest

from generator.derive.burn import BURNS, Indicator, burn_alerts, long_ratios, rates, remaining, short_ratios
from generator.derive.objectives import bucket_matcher
from generator.spec.layers import Layer
from generator.spec.objectives import Objectives, merged, objectives_of

INDICATOR = Indicator(
    "service:http_errors", "service:http_requests", lambda w: f"bad[{w}]", lambda w: f"all[{w}]", 'service="a"'
)


def alerts(budget: str, severity: str = "critical") -> dict[str, str]:
    found = burn_alerts(INDICATOR, "Budget", Decimal(budget), severity, "It burns", "to a failed")
    return {alert.name: alert.expression for alert in found}


def test_each_factor_stands_with_the_windows_of_the_workbook() -> None:
    table = [(str(burn.factor), burn.long, burn.short) for burn in BURNS]
    assert table == [("14.4", "1h", "5m"), ("6", "6h", "30m"), ("3", "1d", "2h"), ("1", "3d", "6h")]


def test_thresholds_are_exact_products() -> None:
    found = alerts("0.0001")
    assert found["BudgetBurnsFast"] == (
        'service:http_errors:ratio_rate1h{service="a"} > 0.00144\nand\n'
        'service:http_errors:ratio_rate5m{service="a"} > 0.00144'
    )
    assert [text.rpartition("> ")[2] for text in found.values()] == ["0.00144", "0.0006", "0.0003", "0.0001"]


@pytest.mark.parametrize(("budget", "count"), [("0.01", 4), ("0.07", 3), ("0.1", 3), ("0.2", 2), ("0.5", 1), ("1", 0)])
def test_a_burn_that_no_share_of_requests_could_reach_is_left_out(budget: str, count: int) -> None:
    assert len(alerts(budget)) == count


def test_the_fastest_burn_has_the_severity_that_is_asked_for() -> None:
    found = burn_alerts(INDICATOR, "Budget", Decimal("0.001"), "critical", "It burns", "to a failed")
    assert [alert.severity for alert in found] == ["critical", "high", "warning", "warning"]


def test_every_window_that_an_alert_reads_is_recorded() -> None:
    rules = [*rates(INDICATOR), *short_ratios(INDICATOR), *long_ratios(INDICATOR)]
    recorded = {rule.record for rule in rules}
    for burn in BURNS:
        for window in (burn.long, burn.short):
            assert f"service:http_errors:ratio_rate{window}" in recorded


def test_what_is_left_of_the_budget_is_one_without_errors_and_counts_requests_over_30_days() -> None:
    rule = remaining(INDICATOR, "service:slo_budget:remaining", Decimal("0.0005"))
    assert rule.expression.startswith("1 - (sum_over_time(service:http_errors:rate5m")
    assert rule.expression.count("[30d]") == 2
    assert rule.expression.endswith("/ 0.0005")


@pytest.mark.parametrize(
    ("asked", "budget"),
    [
        ({"availability": "99.95%", "errors": "0.1%"}, "0.0005"),
        ({"availability": "99.9%", "errors": "0.01%"}, "0.0001"),
        ({"availability": "99.99%"}, "0.0001"),
        ({"errors": "1%"}, "0.01"),
        ({}, None),
    ],
)
def test_the_budget_is_the_stricter_of_availability_and_errors(asked: dict[str, str], budget: str | None) -> None:
    assert objectives_of(asked).budget == (None if budget is None else Decimal(budget))


def test_whole_bounds_match_a_bucket_in_either_notation() -> None:
    assert bucket_matcher(Decimal("0.2")) == 'le="0.2"'
    assert bucket_matcher(Decimal("1.000")) == 'le=~"1|1.0"'


def layer(objectives: object) -> Layer:
    return Layer(None, (), {"objectives": objectives})


PLATFORM = {"availability": "99.9%", "latency": {"p50": "100ms", "p99": "1s"}, "throughput": "10/s", "processing": "1m"}


def test_a_service_has_the_objectives_of_the_platform_but_those_that_are_the_platforms_alone() -> None:
    found = objectives_of(merged(PLATFORM, [Layer(None, (), {})]))
    assert found == Objectives(availability=Decimal("0.999"), latency={"p50": 100, "p99": 1000})


def test_a_part_that_is_null_takes_that_part_away_and_null_takes_all() -> None:
    part = objectives_of(merged(PLATFORM, [layer({"latency": {"p50": None, "p99": "2s"}})]))
    assert part.latency == {"p99": 2000}
    assert objectives_of(merged(PLATFORM, [layer(None)])) == Objectives()
    assert objectives_of(merged(PLATFORM, [layer(None), layer({"errors": "1%"})])) == Objectives(errors=Decimal("0.01"))
