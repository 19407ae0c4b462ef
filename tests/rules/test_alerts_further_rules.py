"""Expressions with the wrong unit, side or label value, and correct ones that only look like them."""

import json
from pathlib import Path

import pytest
from trees import repository

from generator.base.problem import Problem, Severity
from generator.rules.catalogue import find_rule
from generator.rules.run import check


def _rules(*rules: object) -> str:
    spec = {"groups": [{"name": "shop", "rules": rules}]}
    metadata = {"name": "shop", "namespace": "shop"}
    kinds = {"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule"}
    return json.dumps({**kinds, "metadata": metadata, "spec": spec}) + "\n"


def _alert(expr: str, **annotations: str) -> dict[str, object]:
    return {"alert": "Trouble", "expr": expr, "labels": {"severity": "warning"}, "annotations": annotations}


def _found(root: Path, text: str, rule: str) -> tuple[Problem, ...]:
    return check(repository(root, {"x.yaml": text}), [find_rule(f"alerts/{rule}")])


WRONG = [
    ("divided-by-itself", 'rate(a{code="5"}[5m]) / rate(a{code="5"}[5m]) > 0.1'),
    ("divided-by-itself", "sum(a_bytes - a_bytes) > 5"),
    ("ratio-upside-down", "sum(rate(http_requests_total[5m])) / sum(rate(http_errors_total[5m])) > 0.05"),
    ("timestamp-as-age", "backup_last_success_timestamp_seconds > 86400"),
    ("timestamp-as-age", "86400 < max by (job_name) (kube_cronjob_status_last_successful_time)"),
    ("milliseconds-for-seconds", "histogram_quantile(0.9, rate(http_request_duration_seconds_bucket[5m])) > 500"),
    ("milliseconds-for-seconds", "histogram_quantile(0.9, rate(istio_request_duration_milliseconds_bucket[5m])) > 0.5"),
    ("milliseconds-for-seconds", "rate(http_request_seconds_sum[5m]) / rate(http_request_seconds_count[5m]) > 250"),
    ("label-value-unknown", 'kube_pod_container_resource_limits{resource="mem"} > 5'),
    ("label-value-unknown", 'kube_pod_status_phase{phase=~"Fail|Unknown"} > 0'),
    ("label-value-unknown", 'kube_node_status_condition{condition="ready", status="true"} == 0'),
    ("label-value-unknown", 'kube_pod_container_status_waiting_reason{reason="CrashLoopBackoff"} > 0'),
    ("join-without-match", 'a{namespace="x"} / b{namespace="x"} < 1 and sum by (node) (c) < 0'),
    ("join-without-match", 'sum by (pod) (a) / b{namespace="x"} > 1'),
]
RIGHT = [
    ("divided-by-itself", 'rate(a{code="5"}[5m]) / rate(a[5m]) > 0.1'),
    ("divided-by-itself", "a_bytes - a_bytes offset 1d > 5"),
    ("divided-by-itself", "(1 - 1) + a > 5"),
    ("ratio-upside-down", "sum(rate(http_requests_total[5m])) / sum(rate(http_errors_total[5m])) < 20"),
    ("ratio-upside-down", "sum(rate(http_errors_total[5m])) / sum(rate(http_requests_total[5m])) > 0.05"),
    ("timestamp-as-age", "time() - backup_last_success_timestamp_seconds > 86400"),
    ("timestamp-as-age", "certmanager_certificate_expiration_timestamp_seconds - time() < 86400"),
    ("timestamp-as-age", "kube_pod_deletion_timestamp > 0"),
    ("timestamp-as-age", "changes(process_start_time_seconds[1h]) > 3"),
    ("timestamp-as-age", "backup_last_success_timestamp_seconds < 1.7e9"),
    ("milliseconds-for-seconds", "histogram_quantile(0.9, rate(http_request_duration_seconds_bucket[5m])) > 0.5"),
    (
        "milliseconds-for-seconds",
        "histogram_quantile(0.9, rate(http_request_duration_seconds_bucket[5m])) * 1000 > 500",
    ),
    ("milliseconds-for-seconds", "histogram_quantile(0.9, rate(batch_duration_seconds_bucket[5m])) > 900"),
    ("milliseconds-for-seconds", "histogram_quantile(0.9, rate(istio_request_duration_milliseconds_bucket[5m])) > 500"),
    ("label-value-unknown", 'kube_pod_container_resource_limits{resource="nvidia_com_gpu"} > 5'),
    ("label-value-unknown", 'kube_pod_status_phase{phase=~"Failed|Unk.*"} > 0'),
    ("label-value-unknown", 'kube_node_status_condition{condition="KernelDeadlock", status="true"} == 1'),
    ("label-value-unknown", 'my_pods{phase="Fail"} > 0'),
    ("join-without-match", 'a{namespace="x"} < 1 and on (node) sum by (node) (c) < 0'),
    ("join-without-match", 'sum by (namespace) (a) / b{namespace="x"} > 1'),
    ("join-without-match", 'sum by (pod) (a) > 1 or b{namespace="x"} > 1'),
    ("join-without-match", 'sum by (pod) (a) / ignoring (namespace) b{namespace="x"} > 1'),
]


@pytest.mark.parametrize(("rule", "expr"), WRONG)
def test_an_expression_with_a_slip_is_found(tmp_path: Path, rule: str, expr: str) -> None:
    assert len(_found(tmp_path, _rules(_alert(expr)), rule)) >= 1


@pytest.mark.parametrize(("rule", "expr"), RIGHT)
def test_a_correct_expression_is_left_alone(tmp_path: Path, rule: str, expr: str) -> None:
    assert _found(tmp_path, _rules(_alert(expr)), rule) == ()


QUOTIENT = {"record": "shop:load:ratio", "expr": "sum by (pod) (used) / sum by (pod) (allowed)"}


def test_a_quotient_that_may_exceed_one_is_an_error_only_where_the_alert_shows_it_as_a_fraction(tmp_path: Path) -> None:
    shown = _rules(QUOTIENT, _alert("shop:load:ratio > 85", summary="{{ $value | humanizePercentage }}"))
    plain = _rules(QUOTIENT, _alert("shop:load:ratio > 85"))
    found = [_found(tmp_path / name, text, "percentage-of-ratio") for name, text in (("a", shown), ("b", plain))]
    assert [[item.severity for item in items] for items in found] == [[Severity.ERROR], [Severity.WARNING]]


@pytest.mark.parametrize(
    "expr", ["shop:load:ratio > 0.85", "shop:load:ratio * 100 > 85", "shop:load:ratio_percent > 85"]
)
def test_fractions_and_percentages_by_name_are_left_alone(tmp_path: Path, expr: str) -> None:
    assert _found(tmp_path, _rules(QUOTIENT, _alert(expr)), "percentage-of-ratio") == ()


SCRAPED = """
apiVersion: v1
kind: Service
metadata: {name: storefront, namespace: shop, labels: {app: storefront}}
spec: {selector: {app: storefront}, ports: [{name: metrics, port: 9090}]}
---
apiVersion: v1
kind: Service
metadata: {name: storefronts, namespace: shop}
spec: {selector: {app: storefront}, ports: [{name: metrics, port: 9090}]}
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata: {name: storefront, namespace: shop}
spec: {selector: {matchLabels: {app: storefront}}, endpoints: [{port: metrics}]}
---
"""


@pytest.mark.parametrize("job", ["storefront", "storefronts", "kubelet", "storefront-2", "node-exporter"])
def test_jobs_that_are_made_or_that_may_come_from_elsewhere_are_left_alone(tmp_path: Path, job: str) -> None:
    assert _found(tmp_path, SCRAPED + _rules(_alert(f'up{{job="{job}"}} == 0')), "job-unknown") == ()


def test_a_job_that_is_a_slip_away_is_an_error(tmp_path: Path) -> None:
    (found,) = _found(tmp_path, SCRAPED + _rules(_alert('up{job="store-front"} == 0')), "job-unknown")
    assert (found.severity, "'storefront'" in found.hint) == (Severity.ERROR, True)


def test_a_monitor_that_renames_its_job_makes_jobs_unknown(tmp_path: Path) -> None:
    renamed = SCRAPED.replace("{port: metrics}", "{port: metrics, relabelings: [{targetLabel: job, replacement: x}]}")
    assert _found(tmp_path, renamed + _rules(_alert('up{job="store-front"} == 0')), "job-unknown") == ()


def _routes(matchers: str) -> str:
    head = (
        "apiVersion: monitoring.coreos.com/v1alpha1\nkind: AlertmanagerConfig\nmetadata: {name: a, namespace: shop}\n"
    )
    return head + f"spec: {{receivers: [{{name: a}}], route: {{receiver: a, routes: [{{matchers: {matchers}}}]}}}}\n"


@pytest.mark.parametrize(
    "matchers",
    [
        '[{name: severity, value: x, matchType: "=="}]',
        '[{name: severity, value: "a(b", matchType: "=~"}]',
        '[{value: x, matchType: "="}]',
        "['severity==\"x\"']",
        "['severity=~\"a(b\"']",
        "[severity]",
    ],
)
def test_a_matcher_that_alertmanager_refuses_is_found(tmp_path: Path, matchers: str) -> None:
    assert len(_found(tmp_path, _routes(matchers), "route-matcher-invalid")) == 1


@pytest.mark.parametrize(
    "matchers",
    [
        '[{name: severity, value: "a|b.*", matchType: "=~"}]',
        "[{name: severity, value: x}]",
        "['severity = x', 'team!~\"a|b\"', 'dotted.name-x=\"y\"', '{a=\"b\", c=\"d\"}']",
        '[{name: severity, value: "a(b", matchType: "="}]',
    ],
)
def test_matchers_that_alertmanager_takes_are_left_alone(tmp_path: Path, matchers: str) -> None:
    assert _found(tmp_path, _routes(matchers), "route-matcher-invalid") == ()
