"""Services that KEDA scales: one scaler each, with what an HPA would have had, and sign-ins that lead to Secrets."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from rendering import Manifest, containers, copied, rendered_once

from generator.cli.main import cli

EVENTS = Path(__file__).parent / "events"
WEST, EUROPE = "us-east-1", "europe-west1"
SCALERS = ("HorizontalPodAutoscaler", "ScaledObject")


def found(kind: str, name: str, region: str = WEST) -> Manifest:
    """Return the object of a kind and a name in a region."""
    objects = rendered_once(EVENTS, "harbor", "live").of_kind(kind, region).values()
    (one,) = [o for o in objects if o["metadata"]["name"] == name]
    return one


def triggers(service: str, region: str = WEST) -> dict[str, Any]:
    """Return the triggers of a service's ScaledObject by their names, those of pods by their types."""
    return {t.get("name", t["type"]): t for t in found("ScaledObject", service, region)["spec"]["triggers"]}


def scalers(service: str, region: str) -> list[str]:
    tree = rendered_once(EVENTS, "harbor", "live")
    kinds = [(kind, o) for kind in SCALERS for o in tree.of_kind(kind, region).values()]
    return [kind for kind, o in kinds if o["metadata"]["name"] == service]


@pytest.mark.parametrize(
    ("service", "west", "europe"),
    [
        ("tracker", ["ScaledObject"], ["ScaledObject"]),
        ("search", ["ScaledObject"], ["ScaledObject"]),
        ("billing", ["ScaledObject"], ["ScaledObject"]),
        ("notices", ["ScaledObject"], ["ScaledObject"]),
        ("recorder", [], []),
        ("plain", ["HorizontalPodAutoscaler"], ["ScaledObject"]),
    ],
)
def test_a_service_has_one_scaler_or_none(service: str, west: list[str], europe: list[str]) -> None:
    assert scalers(service, WEST) == west
    assert scalers(service, EUROPE) == europe


def test_a_scaled_object_leads_to_a_workload_that_leaves_its_replicas_to_it() -> None:
    tree = rendered_once(EVENTS, "harbor", "live")
    for scaled in tree.of_kind("ScaledObject", WEST).values():
        target = scaled["spec"]["scaleTargetRef"]
        workload = found(target["kind"], target["name"])
        assert "replicas" not in workload["spec"]
        names = {container["name"] for container in containers(workload)}
        measured = {
            t["metadata"]["containerName"] for t in scaled["spec"]["triggers"] if t["type"] in {"cpu", "memory"}
        }
        assert measured <= names
    assert found("Deployment", "recorder")["spec"]["replicas"] == 2


def test_cpu_memory_bounds_and_windows_are_those_that_an_autoscaler_would_have() -> None:
    spec = found("ScaledObject", "tracker")["spec"]
    assert (spec["minReplicaCount"], spec["maxReplicaCount"]) == (3, 24)
    made = spec["advanced"]["horizontalPodAutoscalerConfig"]
    assert made["name"] == "tracker"
    assert made["behavior"]["scaleUp"]["stabilizationWindowSeconds"] == 300
    assert made["behavior"]["scaleDown"]["stabilizationWindowSeconds"] == 1800
    plain = found("HorizontalPodAutoscaler", "plain")["spec"]
    ours = triggers("tracker")
    for metric in plain["metrics"]:
        resource = metric["containerResource"]
        trigger = ours[resource["name"]]
        assert trigger["metricType"] == resource["target"]["type"]
        assert trigger["metadata"]["value"] == str(resource["target"]["averageUtilization"])
    assert [p["value"] for p in made["behavior"]["scaleDown"]["policies"]] == [
        p["value"] for p in plain["behavior"]["scaleDown"]["policies"]
    ]


def test_a_source_that_does_not_answer_takes_no_replica_away() -> None:
    tree = rendered_once(EVENTS, "harbor", "live")
    for scaled in tree.of_kind("ScaledObject").values():
        fallback = scaled["spec"]["fallback"]
        assert fallback["behavior"] == "currentReplicasIfHigher"
        assert fallback["replicas"] == scaled["spec"]["minReplicaCount"]


def test_lag_is_asked_of_the_cluster_that_has_the_topic_as_the_service_itself() -> None:
    positions, visited = (triggers("tracker")[name] for name in ("lag-positions", "lag-ports.visited"))
    assert positions["metadata"] == {
        "bootstrapServers": "kafka-bootstrap.streams:9093",  # without the scheme that the address has
        "consumerGroup": "tracker",
        "topic": "positions",
        "lagThreshold": "1000",
        "version": "2.8.0",
        "tls": "enable",
        "sasl": "scram_sha512",
    }
    assert (visited["metadata"]["consumerGroup"], visited["metadata"]["lagThreshold"]) == ("tracker.visits", "50")
    assert positions["authenticationRef"] == visited["authenticationRef"] == {"name": "kafka-tracker"}
    assert triggers("tracker", EUROPE)["lag-positions"]["metadata"]["lagThreshold"] == "2000"
    assert "lag-ports.visited" not in triggers("tracker", EUROPE)


def test_a_client_certificate_is_no_sasl_and_without_a_secret_nobody_signs_in() -> None:
    certificate = triggers("billing")["lag-positions"]
    assert certificate["metadata"]["bootstrapServers"] == "archive.streams:9093"
    assert (certificate["metadata"]["tls"], certificate["metadata"]["sasl"]) == ("enable", "none")
    parameters = found("TriggerAuthentication", "archive-billing")["spec"]["secretTargetRef"]
    assert {p["parameter"]: p["key"] for p in parameters} == {"ca": "ca.crt", "cert": "user.crt", "key": "user.key"}
    alarms = triggers("notices", EUROPE)["lag-alarms"]
    assert "authenticationRef" not in alarms
    assert not {"tls", "sasl"} & alarms["metadata"].keys()


def test_every_sign_in_reads_keys_of_a_secret_in_its_namespace() -> None:
    tree = rendered_once(EVENTS, "harbor", "live")
    made = {
        (o["metadata"]["namespace"], o["metadata"]["name"]): {entry["secretKey"] for entry in o["spec"]["data"]}
        for o in tree.of_kind("ExternalSecret", WEST).values()
    }
    sign_ins = tree.of_kind("TriggerAuthentication", WEST).values()
    assert {o["metadata"]["name"] for o in sign_ins} == {"kafka-tracker", "archive-billing"}
    for sign_in in sign_ins:
        for entry in sign_in["spec"]["secretTargetRef"]:
            assert entry["key"] in made[sign_in["metadata"]["namespace"], entry["name"]]


def test_requests_are_shared_by_replicas_and_latency_is_the_same_for_all() -> None:
    both = triggers("search")
    assert both.keys() == {"latency", "requests"}  # neither CPU nor memory: the spec takes them away
    assert (both["requests"]["metricType"], both["requests"]["metadata"]["threshold"]) == ("AverageValue", "0.5")
    assert (both["latency"]["metricType"], both["latency"]["metadata"]["threshold"]) == ("Value", "1.5")
    for trigger in both.values():
        assert trigger["metadata"]["serverAddress"] == "http://prometheus-operated.monitoring:9090"
        assert trigger["metadata"]["ignoreNullValues"] == "false"
        assert 'namespace="harbor", service="search"' in trigger["metadata"]["query"]
        assert "[1m]" in trigger["metadata"]["query"]  # four scrapes of 15 s


def test_recommendations_change_nothing_and_a_priority_stands_where_it_is_said() -> None:
    advised = found("VerticalPodAutoscaler", "search")["spec"]
    assert advised["updatePolicy"] == {"updateMode": "Off"}
    assert advised["targetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "search"}
    assert found("VerticalPodAutoscaler", "plain", EUROPE)["spec"]["updatePolicy"] == {"updateMode": "Off"}
    priorities = {
        (region, name): found("Deployment", name, region)["spec"]["template"]["spec"].get("priorityClassName")
        for region in (WEST, EUROPE)
        for name in ("search", "plain", "tracker")
    }
    assert {place: said for place, said in priorities.items() if said} == {
        (WEST, "search"): "harbor-critical",
        (EUROPE, "search"): "harbor-critical",
        (EUROPE, "plain"): "harbor-late",
    }


def test_the_three_forms_say_the_same_and_the_real_tools_find_nothing_wrong(tmp_path: Path) -> None:
    copied(EVENTS, tmp_path)
    runner = CliRunner()
    assert runner.invoke(cli, ["render", "--workspace", str(tmp_path)]).exit_code == 0
    ran = runner.invoke(cli, ["verify", "--workspace", str(tmp_path), "--format", "json"])
    report = json.loads(ran.stdout)
    assert [p for p in report["problems"] if p["severity"] in {"error", "warning"}] == []
    assert report["skipped"] == 0
    assert {"helm", "kustomize", "kubeconform", "rules"} <= {stage["name"] for stage in report["stages"]}
