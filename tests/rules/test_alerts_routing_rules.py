"""Rules on Alertmanager's routes, on templates and on scraping."""

import base64
from pathlib import Path

import yaml
from test_alerts_firing_rules import alert, found

from generator.base.problem import Severity

CONFIGURATION = "route: {receiver: pager}\nreceivers: [{name: page}]\n"


def secret(text: str) -> str:
    data = {"alertmanager.yaml": base64.b64encode(text.encode()).decode()}
    manifest = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "am", "namespace": "shop"}, "data": data}
    return yaml.safe_dump(manifest)


def test_a_configuration_in_a_secret_is_read(tmp_path: Path) -> None:
    assert found(tmp_path, "receiver-missing", more=secret(CONFIGURATION)) == [Severity.ERROR]
    assert found(tmp_path, "receiver-missing", more=secret(CONFIGURATION.replace("pager", "page"))) == []


def test_a_severity_that_a_route_asks_for_is_known(tmp_path: Path) -> None:
    routed = "route: {receiver: page, routes: [{matchers: ['severity=~\"red|amber\"']}]}\nreceivers: [{name: page}]\n"
    red = alert("up == 0", labels={"severity": "red"})
    assert found(tmp_path, "severity-unknown", red, more=secret(routed)) == []
    assert found(tmp_path, "severity-unknown", red) == [Severity.WARNING]


def test_variables_and_functions_of_templates_are_known(tmp_path: Path) -> None:
    text = '{{ range query "up" }}{{ .Labels.job }} {{ end }}{{ $v := $value }}{{ $v | humanizePercentage }}'
    assert found(tmp_path, "template-invalid", alert("up == 0", annotations={"summary": text})) == []
    broken = alert("up == 0", annotations={"summary": "{{ $value | humanise }}"})
    assert found(tmp_path, "template-invalid", broken) == [Severity.ERROR]


def test_a_label_that_the_join_brings_in_may_be_shown(tmp_path: Path) -> None:
    text = {"summary": "{{ $labels.node }}"}
    joined = "sum by (pod) (x) * on (pod) group_left (node) kube_pod_info > 1"
    assert found(tmp_path, "template-label-missing", alert(joined, annotations=text)) == []
    lost = alert("sum by (pod) (x) > 1", annotations=text)
    assert found(tmp_path, "template-label-missing", lost) == [Severity.WARNING]


def test_a_range_is_held_against_the_interval_of_its_monitor(tmp_path: Path) -> None:
    monitor = (
        "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\nmetadata: {name: web, namespace: shop}\n"
        "spec: {selector: {matchLabels: {app: web}}, endpoints: [{port: metrics, interval: 1m}]}\n"
    )
    expression = 'rate(x_total{namespace="shop", service="web"}[1m]) > 1'
    assert found(tmp_path, "rate-range", alert(expression), more=monitor) == [Severity.ERROR]
    assert found(tmp_path, "rate-range", alert(expression.replace("1m", "5m")), more=monitor) == []
    assert found(tmp_path, "rate-range", alert(expression)) == []
