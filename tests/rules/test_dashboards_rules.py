"""Dashboards: Grafana's own spelling is understood, what others write is no mistake, and slips are found."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from trees import problems, repository

from generator.base.problem import Problem, Severity
from generator.rules.dashboards.content import dashboards_of
from generator.rules.dashboards.promql import STAND_IN, asked, substituted

PROMETHEUS = {"type": "prometheus", "uid": "${datasource}"}
DATASOURCE = {"name": "datasource", "type": "datasource", "query": "prometheus"}


def panel(number: int = 1, expression: str = "up", **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "id": number,
        "type": "timeseries",
        "title": f"Panel {number}",
        "datasource": PROMETHEUS,
        "gridPos": {"x": 0, "y": 8 * number, "w": 24, "h": 8},
        "fieldConfig": {"defaults": {"unit": "reqps"}},
        "targets": [{"refId": "A", "expr": expression}],
    }
    return made | fields


def dashboard(*panels: dict[str, Any], variables: tuple[Any, ...] = (), **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "uid": "shop",
        "title": "Shop",
        "schemaVersion": 42,
        "panels": list(panels) or [panel()],
        "templating": {"list": [DATASOURCE, *variables]},
    }
    return made | fields


def config_map(content: object, name: str = "shop", labels: Mapping[str, str] | None = None) -> str:
    text = content if isinstance(content, str) else json.dumps(content, indent=1)
    made = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "monitoring", "labels": labels or {"grafana_dashboard": "1"}},
        "data": {f"{name}.json": text},
    }
    return json.dumps(made)


def found(root: Path, *texts: str) -> list[Problem]:
    files = {f"{number}.yaml": text for number, text in enumerate(texts)}
    return [problem for problem in problems(root, files) if problem.rule.startswith("dashboards/")]


def rules(root: Path, *texts: str) -> list[str]:
    return [problem.rule.partition("/")[2] for problem in found(root, *texts)]


def test_a_complete_dashboard_has_no_problem(tmp_path: Path) -> None:
    assert found(tmp_path, config_map(dashboard())) == []


@pytest.mark.parametrize(
    ("text", "error"),
    [('{"uid": "shop",}', "double quotes"), ("[]", "it is no JSON object"), ("", "Expecting value"), ("[" * 9000, "")],
)
def test_what_is_no_dashboard_is_found_with_the_reason(tmp_path: Path, text: str, error: str) -> None:
    (problem,) = found(tmp_path, config_map(text))
    assert problem.rule == "dashboards/json-invalid"
    assert error in problem.message


def test_other_json_in_a_config_map_is_no_dashboard(tmp_path: Path) -> None:
    other = {"panels": ["left", "right"], "colour": "blue"}
    assert found(tmp_path, config_map(other, labels={"app": "shop"})) == []


def test_a_dashboard_without_the_label_is_found_by_what_it_is(tmp_path: Path) -> None:
    made = dashboard(panel(title=""))
    assert rules(tmp_path, config_map(made, labels={"app": "grafana"})) == ["panel-title"]


def test_the_operators_dashboards_are_read_too(tmp_path: Path) -> None:
    made = {
        "apiVersion": "grafana.integreatly.org/v1beta1",
        "kind": "GrafanaDashboard",
        "metadata": {"name": "shop", "namespace": "monitoring"},
        "spec": {"json": json.dumps(dashboard(panel(expression="sum(")))},
    }
    assert rules(tmp_path, json.dumps(made)) == ["query-invalid"]


@pytest.mark.parametrize("uid", ["x" * 41, "shop traffic", "shop/traffic"])
def test_a_uid_that_grafana_refuses_is_found(tmp_path: Path, uid: str) -> None:
    assert rules(tmp_path, config_map(dashboard(uid=uid))) == ["uid"]


def test_two_clusters_may_have_the_same_dashboard(tmp_path: Path) -> None:
    text = config_map(dashboard())
    assert problems(tmp_path, {"clusters/eu/shop.yaml": text, "clusters/us/shop.yaml": text}) == ()


@pytest.mark.parametrize(
    "expression",
    [
        "rate(http_requests_total[$__rate_interval])",
        "rate(http_requests_total[${__rate_interval}])",
        "rate(http_requests_total[[[window]]])",
        "rate(http_requests_total[$window])",
        "max_over_time(up[$__range:$__interval])",
        "increase(http_requests_total[${__range_s}s])",
        'up{namespace=~"${namespace:regex}", pod=~"$pod.*"}',
        "sum by ($label) (up)",
        "topk($limit, up)",
        "up > $limit",
        "up offset $window",
        "${metric}_total",
        "label_values(up, namespace)",
        'label_values(up{namespace="$namespace"}, pod)',
        "label_values(namespace)",
        "query_result(topk(5, up))",
        "metrics(node_.*)",
        "label_names()",
    ],
)
def test_variables_of_grafana_parse_wherever_they_stand(expression: str) -> None:
    assert asked(expression).error == ""


def test_a_metric_whose_name_only_grafana_knows_is_not_judged() -> None:
    assert asked("${metric}_total / up").metrics == ("up",)


def test_a_variable_in_a_string_stays_a_string() -> None:
    assert substituted('up{a="$b[5m]"}') == f'up{{a="{STAND_IN}[5m]"}}'


def test_a_variable_that_the_dashboard_lacks_is_found_with_the_nearest(tmp_path: Path) -> None:
    variable = {"name": "namespace", "type": "query", "datasource": PROMETHEUS, "query": "label_values(up, namespace)"}
    made = dashboard(panel(expression='up{namespace="$namespce"}'), variables=(variable,))
    (problem,) = found(tmp_path, config_map(made))
    assert problem.rule == "dashboards/variable-unknown"
    assert "Did you mean 'namespace'?" in problem.hint


def test_a_query_of_another_kind_of_source_is_not_read_as_promql(tmp_path: Path) -> None:
    loki = {"name": "loki", "type": "datasource", "query": "loki"}
    logs = panel(expression='{app="shop"} |= "error"', datasource={"type": "loki", "uid": "${loki}"})
    assert found(tmp_path, config_map(dashboard(logs, variables=(loki,)))) == []


def test_a_slip_in_a_metrics_name_is_an_error_and_an_unknown_one_a_warning(tmp_path: Path) -> None:
    made = dashboard(panel(expression="sum(kube_node_infos) + shop_carts_open + shop:carts:rate5m"))
    severities = {problem.message.split("'")[5]: problem.severity for problem in found(tmp_path, config_map(made))}
    assert severities == {
        "kube_node_infos": Severity.ERROR,
        "shop_carts_open": Severity.WARNING,
        "shop:carts:rate5m": Severity.WARNING,
    }


def test_a_metric_is_reported_once_for_a_dashboard(tmp_path: Path) -> None:
    made = dashboard(panel(1, "shop_carts_open"), panel(2, "max(shop_carts_open)"))
    assert rules(tmp_path, config_map(made)) == ["metric-unknown"]


@pytest.mark.parametrize("declared", ["shop_carts_open", "shop_orders_total,shop_carts_open", "shop_*"])
def test_a_metric_that_a_monitor_declares_is_known(tmp_path: Path, declared: str) -> None:
    monitor = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PodMonitor",
        "metadata": {"name": "shop", "namespace": "shop", "annotations": {"gen/metrics": declared}},
        "spec": {"selector": {"matchLabels": {"app": "shop"}}, "podMetricsEndpoints": [{"port": "metrics"}]},
    }
    assert found(tmp_path, config_map(dashboard(panel(expression="shop_carts_open"))), json.dumps(monitor)) == []


def test_a_declared_histogram_stands_for_its_series(tmp_path: Path) -> None:
    monitor = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PodMonitor",
        "metadata": {"name": "shop", "namespace": "shop", "annotations": {"gen/metrics": "shop_pay_seconds"}},
        "spec": {"selector": {"matchLabels": {"app": "shop"}}, "podMetricsEndpoints": [{"port": "metrics"}]},
    }
    made = dashboard(panel(expression="sum(rate(shop_pay_seconds_bucket[5m])) / sum(rate(shop_pay_seconds_count[5m]))"))
    assert found(tmp_path, config_map(made), json.dumps(monitor)) == []


def test_a_recorded_metric_is_known_and_its_misspelling_an_error(tmp_path: Path) -> None:
    recording = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "shop", "namespace": "shop"},
        "spec": {"groups": [{"name": "shop", "rules": [{"record": "shop:requests:rate5m", "expr": "sum(up)"}]}]},
    }
    made = dashboard(panel(1, "shop:requests:rate5m"), panel(2, "shop:request:rate5m"))
    (problem,) = found(tmp_path, config_map(made), json.dumps(recording))
    assert (problem.severity, "Did you mean 'shop:requests:rate5m'?" in problem.hint) == (Severity.ERROR, True)


def test_a_source_that_nothing_provisions_is_a_warning_and_a_slip_an_error(tmp_path: Path) -> None:
    provisioned = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "provisioning", "namespace": "monitoring"},
        "data": {"a.yaml": "datasources:\n  - {name: Prometheus, uid: prometheus, type: prometheus}\n"},
    }
    made = dashboard(
        panel(1, datasource={"type": "prometheus", "uid": "prometheus"}),
        panel(2, datasource={"type": "prometheus", "uid": "prometeus"}),
        panel(3, datasource={"type": "prometheus", "uid": "P1809F7CD0C75ACF3"}),
        panel(4, datasource={"type": "datasource", "uid": "-- Mixed --"}),
    )
    severities = [problem.severity for problem in found(tmp_path, config_map(made), json.dumps(provisioned))]
    assert sorted(severities) == [Severity.ERROR, Severity.WARNING]


def test_without_provisioned_sources_any_uid_may_be_right(tmp_path: Path) -> None:
    made = dashboard(panel(datasource={"type": "prometheus", "uid": "P1809F7CD0C75ACF3"}))
    assert found(tmp_path, config_map(made)) == []


def test_a_panel_within_a_collapsed_row_is_judged(tmp_path: Path) -> None:
    row = {"id": 9, "type": "row", "title": "More", "gridPos": {"x": 0, "y": 0, "w": 24, "h": 1}}
    made = dashboard(row | {"panels": [panel(10, "sum(")]})
    assert rules(tmp_path, config_map(made)) == ["query-invalid"]


def test_panels_beside_and_below_one_another_do_not_overlap(tmp_path: Path) -> None:
    places = [(0, 0, 12, 8), (12, 0, 12, 4), (12, 4, 12, 4), (0, 8, 24, 1)]
    panels = [
        panel(number, gridPos=dict(zip("xywh", place, strict=True))) for number, place in enumerate(places, start=1)
    ]
    assert found(tmp_path, config_map(dashboard(*panels))) == []


def test_a_panel_that_ends_beyond_the_last_column_is_found(tmp_path: Path) -> None:
    assert rules(tmp_path, config_map(dashboard(panel(gridPos={"x": 18, "y": 0, "w": 12, "h": 8})))) == [
        "panel-overlap"
    ]


def test_a_unit_may_come_from_an_override(tmp_path: Path) -> None:
    override = {"matcher": {"id": "byName", "options": "A"}, "properties": [{"id": "unit", "value": "s"}]}
    made = dashboard(panel(fieldConfig={"defaults": {}, "overrides": [override]}))
    assert found(tmp_path, config_map(made)) == []


@pytest.mark.parametrize("junk", [None, 7, "text", [], [1], {"list": 3}, {"a": None}])
@pytest.mark.parametrize("key", ["panels", "templating", "annotations", "uid", "title", "rows"])
def test_junk_in_a_dashboard_breaks_no_rule(tmp_path: Path, key: str, junk: object) -> None:
    tree = repository(tmp_path, {"a.yaml": config_map(dashboard() | {key: junk})})
    assert len(dashboards_of(tree.clusters[0])) == 1
    found(tmp_path, config_map(dashboard() | {key: junk}))
