"""What traces and logs pass through fits together: what one side names, the other has."""

import hashlib
import json
import re
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from rendering import CHECKOUT, Manifest, Rendered, example_workspace, render

REGIONS = ("us-west-2", "eu-west-1")
OBSERVABILITY = CHECKOUT / "templates" / "observability"


@cache
def example(file: Path) -> Rendered:
    with tempfile.TemporaryDirectory() as folder:
        return render(example_workspace(file, Path(folder)), "shop", "example")


def traces() -> Rendered:
    return example(OBSERVABILITY / "opentelemetry-collector" / "examples" / "valid" / "tracing.yaml")


def logs() -> Rendered:
    return example(OBSERVABILITY / "logstash" / "examples" / "valid" / "logs.yaml")


def named(rendered: Rendered, kind: str, name: str, region: str = "us-west-2") -> Manifest:
    found = [o for o in rendered.of_kind(kind, region).values() if o["metadata"]["name"] == name]
    assert len(found) == 1, f"{kind} {name}: {len(found)}"
    return found[0]


def variables(workload: Manifest) -> dict[str, Any]:
    return {item["name"]: item.get("value") for item in workload["spec"]["template"]["spec"]["containers"][0]["env"]}


def configuration(workload: Manifest) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(variables(workload)["CONFIGURATION"])
    return found


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("Deployment", "otel-collector"),
        ("StatefulSet", "otel-collector-sampler"),
        ("Deployment", "jaeger-collector"),
        ("Deployment", "jaeger-query"),
    ],
)
def test_every_variable_that_a_configuration_reads_is_there(kind: str, name: str) -> None:
    workload = named(traces(), kind, name)
    found = variables(workload)
    read = set(re.findall(r"\$\{env:([A-Z_]+)\}", found["CONFIGURATION"]))
    assert read
    assert read <= {name for name, value in found.items() if value}


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("Deployment", "otel-collector"),
        ("StatefulSet", "otel-collector-sampler"),
        ("Deployment", "jaeger-collector"),
        ("Deployment", "jaeger-query"),
    ],
)
def test_a_pipeline_names_only_parts_that_its_configuration_has(kind: str, name: str) -> None:
    told = configuration(named(traces(), kind, name))
    assert set(told["service"]["extensions"]) <= set(told["extensions"])
    for sort in ("receivers", "processors", "exporters"):
        for pipeline in told["service"]["pipelines"].values():
            assert set(pipeline.get(sort, ())) <= set(told.get(sort, {}))


def test_collectors_find_samplers_by_the_name_of_their_headless_service() -> None:
    sampler = named(traces(), "StatefulSet", "otel-collector-sampler")
    service = named(traces(), "Service", sampler["spec"]["serviceName"])
    assert service["spec"]["clusterIP"] == "None"
    names = variables(named(traces(), "Deployment", "otel-collector"))
    assert names["SAMPLERS"] == f"{service['metadata']['name']}.{service['metadata']['namespace']}"


def test_errors_and_slow_traces_are_kept_whatever_the_share_of_the_rest() -> None:
    workload = named(traces(), "StatefulSet", "otel-collector-sampler")
    policies = {item["type"] for item in configuration(workload)["processors"]["tail_sampling"]["policies"]}
    assert policies == {"status_code", "latency", "probabilistic"}
    assert variables(workload)["PERCENTAGE"] == "0.5"
    assert variables(workload)["SLOW_MILLISECONDS"] == "500"


def test_samplers_send_to_the_collectors_of_the_jaeger_that_is_called() -> None:
    backend = variables(named(traces(), "StatefulSet", "otel-collector-sampler"))["BACKEND"]
    service = named(traces(), "Service", "jaeger-collector")
    assert backend == f"jaeger-collector.{service['metadata']['namespace']}.svc.cluster.local:4317"


def test_jaeger_may_write_every_index_that_it_begins() -> None:
    prefix = variables(named(traces(), "Deployment", "jaeger-collector"))["INDEX_PREFIX"]
    secret = named(traces(), "ExternalSecret", "traces-user-jaeger")
    roles = yaml.safe_load(secret["spec"]["target"]["template"]["data"]["roles.yml"])
    owned = [rule["names"] for rule in roles["jaeger"]["indices"] if rule["privileges"] == ["all"]]
    assert owned == [[prefix, f"{prefix}-*"]]


@pytest.mark.parametrize("name", ["jaeger-collector", "jaeger-query"])
def test_jaeger_signs_in_by_the_secret_that_elasticsearch_lays_beside_it(name: str) -> None:
    volumes = named(traces(), "Deployment", name)["spec"]["template"]["spec"]["volumes"]
    mounted = next(volume["secret"] for volume in volumes if volume["name"] == "elasticsearch")
    secret = named(traces(), "ExternalSecret", mounted["secretName"])
    assert secret["metadata"]["namespace"] == "tracing"
    assert {item["key"] for item in mounted["items"]} <= set(secret["spec"]["target"]["template"]["data"])


def test_the_gateways_namespace_is_let_in_only_where_it_sends() -> None:
    def let_in(region: str) -> set[str]:
        policy = named(traces(), "NetworkPolicy", "otel-collector", region)
        whole = [peer for rule in policy["spec"]["ingress"] for peer in rule["from"] if "podSelector" not in peer]
        return {peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for peer in whole}

    assert let_in("us-west-2") == {"istio-ingress"}
    assert let_in("eu-west-1") == set()


def test_every_file_of_elasticsearchs_configuration_is_json() -> None:
    for rendered, instance in ((traces(), "traces"), (logs(), "logs")):
        files = named(rendered, "ConfigMap", f"{instance}-configuration")["data"]
        assert [json.loads(text) for name, text in files.items() if name.endswith(".json")]


def test_a_stream_has_its_template_and_its_policy_and_only_what_is_saved_waits_for_a_snapshot() -> None:
    files = named(logs(), "ConfigMap", "logs-configuration")["data"]
    template = json.loads(files["05._index_template.access.json"])
    assert template["index_patterns"] == ["logs-istio-*"]
    assert template["template"]["settings"]["index.lifecycle.name"] == "access"
    phases = {name: json.loads(files[f"03._ilm.policy.{name}.json"])["policy"]["phases"] for name in ("access", "logs")}
    assert phases["access"]["delete"] == {"min_age": "7d", "actions": {"delete": {}}}
    assert phases["logs"]["delete"]["actions"]["wait_for_snapshot"] == {"policy": "backup"}


def test_indices_that_others_begin_are_given_their_lifecycle(tmp_path: Path) -> None:
    """configure.sh runs as it is, with a curl that takes notes."""
    data = named(traces(), "ConfigMap", "traces-configuration")["data"]
    script = named(traces(), "ConfigMap", "traces-scripts")["data"]["configure.sh"]
    for name, text in data.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "elastic").write_text("secret", encoding="utf-8")
    (tmp_path / "curl").write_text('#!/bin/sh\nprintf "%s\\n" "$*" >> "$NOTES"\n', encoding="utf-8")
    (tmp_path / "curl").chmod(0o755)
    script = script.replace("/configuration/", f"{tmp_path}/").replace("/user/elastic", f"{tmp_path}/elastic")
    notes = tmp_path / "notes"
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "NOTES": str(notes), "URL": "https://traces"}
    subprocess.run(["bash", "-c", script], env=environment, check=True, capture_output=True, timeout=60)
    asked = notes.read_text("utf-8").splitlines()
    assert len(asked) == len(data)
    assert '{"index.lifecycle.name": "spans"}' in asked[-1]
    assert "https://traces/jaeger-*/_settings?" in asked[-1]


def test_filebeat_shows_the_certificate_that_logstash_has_made_for_it() -> None:
    beat = named(logs(), "Beat", "filebeat")
    pod = beat["spec"]["daemonSet"]["podTemplate"]["spec"]
    mounted = next(volume["secret"]["secretName"] for volume in pod["volumes"] if volume["name"] == "tls")
    secret = named(logs(), "ExternalSecret", mounted)
    assert secret["metadata"]["namespace"] == beat["metadata"]["namespace"]
    source = {item["remoteRef"]["key"] for item in secret["spec"]["data"]}
    assert source == {named(logs(), "Certificate", "logstash-client-filebeat")["spec"]["secretName"]}


def test_filebeat_tells_logs_apart_by_as_little_as_it_takes_and_by_the_time_of_the_first_line_at_least() -> None:
    (files,) = named(logs(), "Beat", "filebeat")["spec"]["config"]["filebeat.inputs"]
    length = files["prospector.scanner"]["fingerprint.length"]
    # Filebeat refuses fewer bytes than SHA-256 takes at once. What has fewer is not read yet.
    assert length == hashlib.sha256().block_size
    assert length > len("2026-01-02T03:04:05.123456789+00:00 stdout F ")


def test_filebeat_connects_to_a_name_that_logstashs_certificate_has() -> None:
    host = named(logs(), "Beat", "filebeat")["spec"]["config"]["output.logstash"]["hosts"][0]
    names = named(logs(), "Certificate", "logstash")["spec"]["dnsNames"]
    assert host.removesuffix(":5044") in names


def test_pods_of_the_stack_are_let_in_by_the_elasticsearch_beside_them() -> None:
    policy = named(logs(), "NetworkPolicy", "logs")
    values = [
        expression["values"]
        for rule in policy["spec"]["ingress"]
        for peer in rule["from"]
        for expression in peer["podSelector"].get("matchExpressions", ())
    ]
    assert values == [["beat", "kibana", "logstash"]]


def test_a_program_may_read_pods_and_nothing_else_of_the_cluster() -> None:
    for rendered, name in ((traces(), "tracing-otel-collector"), (logs(), "logging-agents-filebeat")):
        role = named(rendered, "ClusterRole", name)
        assert role["rules"] == [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}]


@pytest.mark.parametrize("word", ["ssl_client_authentication", '"_redaction_failed" in [tags]', "dead_letter_queue"])
def test_logstash_lets_in_whom_it_knows_and_writes_nothing_that_it_could_not_clean(word: str) -> None:
    spec = named(logs(), "Logstash", "logstash")["spec"]
    assert word in spec["pipelines"][0]["config.string"] + json.dumps(spec["config"])
