"""What Prometheus takes and tells, and whom Alertmanager tells: what an example that verifies does not show."""

from pathlib import Path
from typing import Any

import pytest
from rendering import CHECKOUT, Rendered, example_workspace, render

from generator.base.errors import GenError

EXAMPLES = CHECKOUT / "templates" / "observability"
FOLDER = "clusters/us-west-2"


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    example = EXAMPLES / "alertmanager" / "examples" / "valid" / "by-severity.yaml"
    return render(example_workspace(example, tmp_path_factory.mktemp("by-severity")), "shop", "example")


def objects(rendered: Rendered, unit: str, kind: str) -> list[Any]:
    found = [item for path, item in rendered.objects.items() if path.startswith(f"{FOLDER}/{unit}/")]
    return [item for item in found if item["kind"] == kind]


def test_prometheus_tells_the_alertmanager_that_it_calls_and_says_where_an_alert_is_from(rendered: Rendered) -> None:
    (prometheus,) = objects(rendered, "prometheus", "Prometheus")
    (told,) = prometheus["spec"]["alerting"]["alertmanagers"]
    (service,) = objects(rendered, "alertmanager", "Service")
    assert (told["namespace"], told["name"]) == (service["metadata"]["namespace"], service["metadata"]["name"])
    assert told["port"] in {port["name"] for port in service["spec"]["ports"]}
    labels = {"platform": "shop", "environment": "example", "region": "us-west-2"}
    assert prometheus["spec"]["externalLabels"] == labels


def test_no_annotated_pod_of_the_mesh_is_scraped_twice(rendered: Rendered) -> None:
    configs = {item["spec"]["jobName"]: item["spec"] for item in objects(rendered, "prometheus", "ScrapeConfig")}
    assert set(configs) == {"kubernetes-pods", "istio-mesh"}
    dropped = [
        rule["sourceLabels"] for rule in configs["kubernetes-pods"]["relabelings"] if rule.get("action") == "drop"
    ]
    # The injector's mark on sidecars and gateways alike; the label security.istio.io/tlsMode is on sidecars only.
    assert ["__meta_kubernetes_pod_annotationpresent_sidecar_istio_io_status"] in dropped
    assert "$1:15020" in {rule.get("replacement") for rule in configs["istio-mesh"]["relabelings"]}


def test_in_an_isolated_namespace_of_the_mesh_prometheus_alone_reaches_the_proxies(rendered: Rendered) -> None:
    policies = [
        item for item in objects(rendered, "namespaces", "NetworkPolicy") if item["metadata"]["name"] == "proxy-metrics"
    ]
    assert [item["metadata"]["namespace"] for item in policies] == ["shop"]
    (rule,) = policies[0]["spec"]["ingress"]
    assert rule["ports"] == [{"port": 15020}]
    (peer,) = rule["from"]
    assert peer["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "prometheus"}
    assert peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "monitoring"}


def test_every_severity_goes_to_those_who_answer_it_by_the_ways_that_it_names(rendered: Rendered) -> None:
    (config,) = objects(rendered, "alertmanager", "AlertmanagerConfig")
    routes = {
        (matcher["name"], matcher["value"]): route["receiver"]
        for route in config["spec"]["route"]["routes"]
        for matcher in route["matchers"]
    }
    assert routes == {
        ("alertname", "Watchdog"): "watchdog",
        ("severity", "critical"): "critical",
        ("severity", "high"): "high",
        ("severity", "warning"): "medium",
        ("severity", "info"): "low",
    }
    ways = {item["name"]: {key for key in item if key != "name"} for item in config["spec"]["receivers"]}
    assert ways["critical"] == {"pagerdutyConfigs", "slackConfigs"}
    assert ways["medium"] == {"slackConfigs"}
    assert ways["low"] == {"emailConfigs"}
    channels = {
        item["name"]: item["slackConfigs"][0]["channel"]
        for item in config["spec"]["receivers"]
        if "slackConfigs" in item
    }
    assert channels == {"default": "#noise", "critical": "#incidents", "high": "#alerts", "medium": "#engineering"}


def test_every_key_that_a_receiver_reads_comes_from_the_secret_manager(rendered: Rendered) -> None:
    (config,) = objects(rendered, "alertmanager", "AlertmanagerConfig")
    (secret,) = objects(rendered, "alertmanager", "ExternalSecret")
    made = {(secret["spec"]["target"]["name"], entry["secretKey"]) for entry in secret["spec"]["data"]}

    def read(value: Any) -> set[tuple[str, str]]:
        if isinstance(value, list):
            return {pair for item in value for pair in read(item)}
        if not isinstance(value, dict):
            return set()
        if set(value) == {"name", "key"}:
            return {(value["name"], value["key"])}
        return {pair for item in value.values() for pair in read(item)}

    assert read(config["spec"]["receivers"]) == made


def test_a_severity_that_wants_a_way_without_parameters_is_refused(tmp_path: Path) -> None:
    text = (EXAMPLES / "alertmanager" / "examples" / "valid" / "by-severity.yaml").read_text("utf-8")
    example = tmp_path / "without.yaml"
    example.write_text(text.replace("    pagerduty: {routingKey: shop-pagerduty-key}\n", ""), "utf-8")
    with pytest.raises(GenError, match="pagerduty"):
        render(example_workspace(example, tmp_path / "workspace"), "shop", "example")


def test_without_incidents_everything_but_watchdog_goes_to_the_default(tmp_path: Path) -> None:
    example = EXAMPLES / "alertmanager" / "examples" / "valid" / "everywhere.yaml"
    found = render(example_workspace(example, tmp_path), "shop", "example")
    (config,) = objects(found, "alertmanager", "AlertmanagerConfig")
    assert [route["receiver"] for route in config["spec"]["route"]["routes"]] == ["nobody"]
    assert config["spec"]["route"]["receiver"] == "default"
    (nobody,) = [item for item in config["spec"]["receivers"] if item["name"] == "nobody"]
    assert set(nobody) == {"name"}


def test_namespaces_with_alerts_of_their_own_are_left_out_of_those_on_restarts(tmp_path: Path) -> None:
    example = EXAMPLES / "cluster-alerts" / "examples" / "valid" / "except.yaml"
    found = render(example_workspace(example, tmp_path), "shop", "example")
    (rules,) = objects(found, "cluster-alerts", "PrometheusRule")
    (crash,) = [
        rule for group in rules["spec"]["groups"] for rule in group["rules"] if rule["alert"] == "ContainerCrashLooping"
    ]
    assert 'namespace!~"shop|pipeline"' in crash["expr"]


def test_the_project_of_operators_allows_the_namespace_that_a_parameter_names(tmp_path: Path) -> None:
    example = CHECKOUT / "templates" / "operators" / "prometheus-operator" / "examples" / "valid" / "everywhere.yaml"
    found = render(example_workspace(example, tmp_path), "shop", "example")
    project = found.objects["argocd/hub/root/project-operators.yaml"]["spec"]
    assert "node-exporter" in {item["namespace"] for item in project["destinations"]}
