"""Rules on alerts that cannot fire or always fire, on burn rates and on names: the cases that are easily mistaken."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml
from trees import repository

from generator.base.problem import Severity
from generator.rules.catalogue import find_rule
from generator.rules.run import check

RATIO = 'sum(rate(http_requests_total{status=~"5.."}[5m])) / sum(rate(http_requests_total[5m]))'


def alert(expression: str, **more: object) -> dict[str, object]:
    return {"alert": "Example", "expr": expression, "for": "5m", "labels": {"severity": "warning"}, **more}


def text_of(*rules: dict[str, object]) -> str:
    spec = {"groups": [{"name": "example", "rules": list(rules)}]}
    metadata = {"name": "example", "namespace": "shop"}
    manifest = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": metadata,
        "spec": spec,
    }
    return yaml.safe_dump(manifest)


def found(folder: Path, name: str, *rules: dict[str, object], more: str = "") -> Sequence[Severity]:
    tree = repository(folder, {"rules.yaml": f"{text_of(*rules)}---\n{more}"})
    return [problem.severity for problem in check(tree, [find_rule(f"alerts/{name}")])]


def burn(long: str, short: str, factor: float, *, budget: str = "0.001") -> str:
    parts = [f"{RATIO.replace('5m', window)} > ({factor} * {budget})" for window in (long, short)]
    return " and ".join(parts)


@pytest.mark.parametrize(
    "expression",
    [
        f"{RATIO} > 1",
        f"{RATIO} * 100 > 101",
        "absent(up) == 0",
        "count(up == 0) == 0",
        "up == 2",
        "x > 1 and x < 0",
        "x > 5 unless x > 3",
        "x unless x",
        "rate(x[5m]) < 0",
        'container_memory_rss / kube_pod_container_resource_limits{resource="memory"} > 90',
    ],
)
def test_an_expression_that_no_value_satisfies_never_fires(expression: str, tmp_path: Path) -> None:
    assert found(tmp_path, "never-fires", alert(expression)) == [Severity.ERROR]


@pytest.mark.parametrize(
    "expression",
    [
        f"{RATIO} * 100 > 5",
        f"{RATIO} >= 1",
        f"1 - {RATIO} < 0.999",
        "sum(up) == 0",
        "absent(up) == 1",
        "x > 10 and x < 20",
        "x > 3 unless x > 5",
        "count(up == 0) > 0",
        "sum(a) / sum(b) > 5",
        "node_timex_offset_seconds < -0.05",
        "sum(rate(http_requests_total[5m])) / sum(rate(http_requests_total[5m] offset 1d)) > 2",
        'sum(rate(x_total{kind="a"}[5m])) / sum(rate(x_total{kind="b"}[5m])) > 3',
    ],
)
def test_an_expression_that_some_value_satisfies_may_fire(expression: str, tmp_path: Path) -> None:
    assert found(tmp_path, "never-fires", alert(expression)) == []
    assert found(tmp_path, "always-fires", alert(expression)) == []


def test_a_dead_branch_of_an_or_is_a_warning(tmp_path: Path) -> None:
    assert found(tmp_path, "never-fires", alert("sum(x) > 0 or vector(0) > 1")) == [Severity.WARNING]


@pytest.mark.parametrize("expression", ["vector(1)", "up >= 0", "up != -1", "x == x", "up == bool 0", f"{RATIO} < 1.1"])
def test_an_expression_that_every_value_satisfies_always_fires(expression: str, tmp_path: Path) -> None:
    assert found(tmp_path, "always-fires", alert(expression)) == [Severity.ERROR]


def test_a_watchdog_may_always_fire(tmp_path: Path) -> None:
    assert found(tmp_path, "always-fires", alert("vector(1)", alert="Watchdog")) == []
    assert found(tmp_path, "always-fires", alert("vector(1)", labels={"severity": "none"})) == []


@pytest.mark.parametrize(("long", "short", "factor"), [("1h", "5m", 14.4), ("6h", "30m", 6), ("1d", "2h", 3)])
def test_the_burn_rates_of_the_workbook_belong_together(long: str, short: str, factor: float, tmp_path: Path) -> None:
    expression = burn(long, short, factor, budget="(1 - 0.999)")
    assert found(tmp_path, "burn-rate-windows", alert(expression)) == []
    assert found(tmp_path, "never-fires", alert(expression)) == []


@pytest.mark.parametrize(
    "expression",
    [
        burn("6h", "30m", 14.4),
        burn("1h", "30m", 14.4),
        burn("1h", "1h", 14.4),
        burn("1h", "5m", 6),
        burn("1h", "5m", 14.4).replace(" and ", " or "),
        burn("1h", "5m", 14.4).removesuffix("(14.4 * 0.001)") + "(6 * 0.001)",
    ],
)
def test_a_burn_rate_of_two_rows_of_the_workbook_is_found(expression: str, tmp_path: Path) -> None:
    assert found(tmp_path, "burn-rate-windows", alert(expression)) == [Severity.ERROR]


def test_two_thresholds_on_two_measures_are_no_burn_rate(tmp_path: Path) -> None:
    expression = "rate(errors_total[5m]) > 5 and rate(requests_total[1h]) > 100"
    assert found(tmp_path, "burn-rate-windows", alert(expression)) == []


def test_a_join_of_equal_labels_is_fine_and_of_others_is_not(tmp_path: Path) -> None:
    assert found(tmp_path, "join-without-match", alert("sum by (a) (x) / sum by (a) (y) > 1")) == []
    assert found(tmp_path, "join-without-match", alert("x > 1 and on() vector(1)")) == []
    assert (
        found(tmp_path, "join-without-match", alert("sum by (a, b) (x) / on (a) group_left sum by (a) (y) > 1")) == []
    )
    assert found(tmp_path, "join-without-match", alert("x / sum(x) > 0.1")) == [Severity.ERROR]


def test_anchors_at_both_ends_of_a_pattern_are_fine(tmp_path: Path) -> None:
    assert found(tmp_path, "matcher-matches-nothing", alert('x{a=~"^(b|c)$", status=~"[45].."} > 1')) == []
    assert found(tmp_path, "matcher-matches-nothing", alert('x{a=~"b$c"} > 1')) == [Severity.ERROR]


def test_metrics_of_applications_are_not_taken_for_misspelt(tmp_path: Path) -> None:
    assert found(tmp_path, "metric-unknown", alert("rate(checkout_orders_total[5m]) > 1")) == []
    assert found(tmp_path, "metric-unknown", alert("kube_customresource_ready > 1")) == []
    assert found(tmp_path, "metric-unknown", alert("kube_pod_status_phas > 0")) == [Severity.ERROR]


def test_a_recorded_metric_of_the_tree_is_known(tmp_path: Path) -> None:
    record: dict[str, object] = {"record": "job:x:sum", "expr": "sum by (job) (x)"}
    assert found(tmp_path, "recorded-metric-missing", record, alert("job:x:sum > 1")) == []
    assert found(tmp_path, "recorded-metric-missing", record, alert("job:y:sum > 1")) == [Severity.ERROR]


def test_rules_in_a_config_map_are_read_and_those_of_loki_are_not(tmp_path: Path) -> None:
    groups = yaml.safe_dump({"groups": [{"name": "g", "rules": [alert("up == 2")]}]})
    for name, count in (("rules", 1), ("loki-rules", 0)):
        more = yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": name, "namespace": "shop"},
                "data": {"r.yaml": groups},
            }
        )
        assert len(found(tmp_path, "never-fires", more=more)) == count


def test_names_of_services_do_not_hide_a_mistake_in_their_shape(tmp_path: Path) -> None:
    rules = [alert(f'up{{service="{name}"}} == 2', alert=name) for name in ("One", "Two")]
    assert found(tmp_path, "never-fires", *rules) == [Severity.ERROR, Severity.ERROR]
    assert found(tmp_path, "expression-invalid", alert('up{pod=~"web-("} == 1')) == [Severity.ERROR]


def test_our_own_tree_has_no_error(tmp_path: Path) -> None:
    tree = Path(__file__).parents[1] / "golden" / "atlas" / "output"
    files = {str(path.relative_to(tree)): path.read_text() for path in tree.rglob("prometheusrule.yaml")}
    assert files
    names = ("never-fires", "always-fires", "expression-invalid", "join-without-match", "metric-unknown")
    assert check(repository(tmp_path, files), [find_rule(f"alerts/{name}") for name in names]) == ()
