"""What Prometheus takes and tells, and whom Alertmanager tells: what an example that verifies does not show."""

import re
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


def taken(rules: list[Any], port: str, namespace: str = "shop", **marks: str) -> bool:
    """Say whether relabelling keeps the target of a pod that asks to be scraped at a port."""
    pod = {
        "phase": "Running",
        "annotation_prometheus_io_scrape": "true",
        "annotation_prometheus_io_port": port,
        **marks,
    }
    labels = {"__meta_kubernetes_namespace": namespace, **{f"__meta_kubernetes_pod_{k}": v for k, v in pod.items()}}
    for rule in rules:
        read = ";".join(labels.get(name, "") for name in rule["sourceLabels"])
        fits = re.fullmatch(rule["regex"], read) if "regex" in rule else True
        if (rule["action"] == "drop" and fits) or (rule["action"] == "keep" and not fits):
            return False
    return True


def test_no_annotated_pod_of_the_mesh_is_scraped_twice(rendered: Rendered) -> None:
    configs = {item["spec"]["jobName"]: item["spec"] for item in objects(rendered, "prometheus", "ScrapeConfig")}
    assert set(configs) == {"kubernetes-pods", "istio-mesh"}
    rules = configs["kubernetes-pods"]["relabelings"]
    assert taken(rules, port="8080")
    # The injector's mark on sidecars and gateways alike; the label security.istio.io/tlsMode is on sidecars only.
    assert not taken(rules, port="8080", annotationpresent_sidecar_istio_io_status="true")
    # A gateway of the Gateway API, which no injector has marked.
    assert not taken(rules, port="15020")
    assert not taken(rules, port="15014", namespace="istio-system")
    assert "$1:15020" in {rule.get("replacement") for rule in configs["istio-mesh"]["relabelings"]}


def test_the_cni_plugins_have_a_monitor_since_their_namespace_is_left_out(rendered: Rendered) -> None:
    (monitor,) = objects(rendered, "prometheus", "PodMonitor")
    assert monitor["spec"]["namespaceSelector"] == {"matchNames": ["istio-system"]}
    assert monitor["spec"]["selector"] == {"matchLabels": {"k8s-app": "istio-cni-node"}}
    assert [endpoint["port"] for endpoint in monitor["spec"]["podMetricsEndpoints"]] == ["metrics"]


def test_a_namespace_that_monitors_cover_is_left_out(tmp_path: Path) -> None:
    example = EXAMPLES / "prometheus" / "examples" / "valid" / "isolated.yaml"
    found = render(example_workspace(example, tmp_path), "shop", "example")
    (pods,) = [
        item["spec"]["relabelings"]
        for item in objects(found, "prometheus", "ScrapeConfig")
        if item["spec"]["jobName"] == "kubernetes-pods"
    ]
    assert [taken(pods, "8085", namespace) for namespace in ("velero", "pipeline", "shop")] == [False, False, True]


def test_velero_asks_nobody_to_scrape_what_its_monitor_covers(tmp_path: Path) -> None:
    example = CHECKOUT / "templates" / "operators" / "velero" / "examples" / "valid" / "everywhere.yaml"
    found = render(example_workspace(example, tmp_path), "shop", "example")
    application = found.objects["argocd/hub/components/us-west-2/velero.yaml"]
    values = application["spec"]["source"]["helm"]["valuesObject"]
    assert "ServiceMonitor" in {item["kind"] for item in values["extraObjects"]}
    assert values["metrics"]["podAnnotations"] == {"prometheus.io/scrape": "false"}


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


def test_a_severity_with_a_key_of_its_own_pages_another_service_than_the_rest(rendered: Rendered) -> None:
    (config,) = objects(rendered, "alertmanager", "AlertmanagerConfig")
    (secret,) = objects(rendered, "alertmanager", "ExternalSecret")
    remote = {entry["secretKey"]: entry["remoteRef"]["key"] for entry in secret["spec"]["data"]}
    pages = {
        item["name"]: remote[item["pagerdutyConfigs"][0]["routingKey"]["key"]]
        for item in config["spec"]["receivers"]
        if "pagerdutyConfigs" in item
    }
    assert pages == {"critical": "shop-pagerduty-key", "high": "shop-pagerduty-second-line"}


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
    example.write_text(re.sub(r" +pagerduty: .*\n", "", text), "utf-8")
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
