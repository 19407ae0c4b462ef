"""New versions that take over by Argo Rollouts: what it may steer is there, and what it measures is the new version."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from rendering import Manifest, copied, rendered_once

from generator.cli.main import cli
from generator.cli.tools import toolbox

ROLLOUTS = Path(__file__).parent / "rollouts"
WEST, EUROPE = "us-east-1", "europe-west1"
HASH = "rollouts-pod-template-hash"


def found(kind: str, name: str, region: str = WEST) -> Manifest:
    """Return the object of a kind and a name in a region."""
    (one,) = [o for o in objects(kind, region) if o["metadata"]["name"] == name]
    return one


def objects(kind: str, region: str = WEST) -> list[Manifest]:
    return list(rendered_once(ROLLOUTS, "depot", "live").of_kind(kind, region).values())


def names(kind: str, region: str = WEST) -> set[str]:
    return {o["metadata"]["name"] for o in objects(kind, region)}


def canary(name: str, region: str = WEST) -> dict[str, Any]:
    strategy: dict[str, Any] = found("Rollout", name, region)["spec"]["strategy"]["canary"]
    return strategy


def blue_green(name: str, region: str = WEST) -> dict[str, Any]:
    strategy: dict[str, Any] = found("Rollout", name, region)["spec"]["strategy"]["blueGreen"]
    return strategy


def application(name: str, region: str = WEST) -> Manifest:
    tree = rendered_once(ROLLOUTS, "depot", "live")
    spec: Manifest = tree.objects[f"argocd/hub/components/{region}/{name}.yaml"]["spec"]
    return spec


def test_a_rollout_stands_in_the_place_of_a_deployment_and_of_nothing_else() -> None:
    assert names("Rollout") == {"parcels", "front", "tracker", "desk", "papers", "routes"}
    assert names("Deployment") == {"plain"}
    assert names("StatefulSet") == {"ledger"}
    assert names("Rollout", EUROPE) == {"parcels", "front", "tracker", "desk", "papers", "routes", "plain"}


def test_pods_are_those_of_a_deployment_but_for_the_label_by_which_versions_are_told_apart() -> None:
    rollout = found("Rollout", "plain", EUROPE)["spec"]["template"]
    deployment = found("Deployment", "plain")["spec"]["template"]
    assert rollout["metadata"]["labels"] == deployment["metadata"]["labels"]
    assert [c["matchLabelKeys"] for c in rollout["spec"]["topologySpreadConstraints"]] == [[HASH], [HASH]]
    assert json.loads(json.dumps(rollout["spec"]).replace(HASH, "pod-template-hash")) == deployment["spec"]


@pytest.mark.parametrize("service", ["parcels", "front", "tracker", "desk", "papers", "routes"])
def test_a_rollout_keeps_earlier_versions_and_goes_back_when_pods_do_not_get_ready(service: str) -> None:
    spec = found("Rollout", service)["spec"]
    assert spec["progressDeadlineAbort"] is True
    assert spec["progressDeadlineSeconds"] == (900 if service == "desk" else 600)
    assert spec["rollbackWindow"]["revisions"] < spec["revisionHistoryLimit"]


def test_scalers_and_recommendations_lead_to_the_rollout() -> None:
    wanted = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout"}
    assert found("ScaledObject", "parcels")["spec"]["scaleTargetRef"] == {**wanted, "name": "parcels"}
    assert found("ScaledObject", "desk")["spec"]["scaleTargetRef"] == {**wanted, "name": "desk"}
    assert found("HorizontalPodAutoscaler", "front")["spec"]["scaleTargetRef"] == {**wanted, "name": "front"}
    assert found("VerticalPodAutoscaler", "parcels")["spec"]["targetRef"] == {**wanted, "name": "parcels"}
    assert found("HorizontalPodAutoscaler", "plain")["spec"]["scaleTargetRef"]["kind"] == "Deployment"


def test_every_route_to_a_canary_has_both_versions_and_is_steered() -> None:
    """A route that is left out would send all of its requests to the version before, or to both as they come."""
    steered = {v["name"]: v["routes"] for v in canary("parcels")["trafficRouting"]["istio"]["virtualServices"]}
    assert steered.keys() == {"parcels", "parcels-gateway"}
    for name, routes in steered.items():
        http = found("VirtualService", name)["spec"]["http"]
        assert [route["name"] for route in http] == routes
        assert len(set(routes)) == len(routes)
        for route in http:
            shares = {d["destination"]["subset"]: d["weight"] for d in route["route"]}
            assert shares == {"stable": 100, "canary": 0}
            assert {d["destination"]["host"] for d in route["route"]} == {"parcels.depot.svc.cluster.local"}


def test_callers_keep_their_policies_under_a_canary() -> None:
    http = found("VirtualService", "parcels")["spec"]["http"]
    said = {route["name"]: (route["timeout"], route["retries"]["attempts"]) for route in http}
    assert said == {"from-desk": ("3s", 0), "from-tracker": ("5s", 1), "others": ("10s", 2)}
    callers = [[match["sourceLabels"]["app.kubernetes.io/name"] for match in route.get("match", ())] for route in http]
    assert callers == [["desk", "front"], ["tracker"], []]


def test_a_canary_has_one_service_and_subsets_that_only_the_controller_tells_apart() -> None:
    istio = canary("parcels")["trafficRouting"]["istio"]
    rule = found("DestinationRule", istio["destinationRule"]["name"])["spec"]
    subsets = {s["name"]: s["labels"] for s in rule["subsets"]}
    assert subsets.keys() == {
        istio["destinationRule"]["canarySubsetName"],
        istio["destinationRule"]["stableSubsetName"],
    }
    assert all(labels == {"app.kubernetes.io/name": "parcels"} for labels in subsets.values())
    assert "parcels-preview" not in names("Service")
    assert "canaryService" not in canary("parcels")


def test_a_canary_that_nobody_exposes_has_no_route_at_the_gateway() -> None:
    assert [v["name"] for v in canary("routes")["trafficRouting"]["istio"]["virtualServices"]] == ["routes"]


def test_steps_are_those_of_the_spec_and_a_person_comes_last() -> None:
    assert canary("parcels")["steps"] == [
        {"setWeight": 10}, {"pause": {"duration": "5m"}},
        {"setWeight": 50}, {"pause": {"duration": "5m"}},
    ]  # fmt: skip
    assert canary("front")["steps"] == [
        {"setWeight": 5}, {"pause": {"duration": "15m"}},
        {"setWeight": 25}, {"pause": {"duration": "10m"}},
        {"setWeight": 60}, {"pause": {"duration": "10m"}},
        {"pause": {}},
    ]  # fmt: skip
    assert canary("front", EUROPE)["steps"] == [{"setWeight": 50}, {"pause": {"duration": "10m"}}, {"pause": {}}]
    assert canary("front")["scaleDownDelaySeconds"] == 600
    assert canary("parcels")["scaleDownDelaySeconds"] == 30


def test_a_version_has_two_pods_at_least_unless_the_service_has_one() -> None:
    assert canary("parcels")["minPodsPerReplicaSet"] == 2
    assert canary("tracker")["minPodsPerReplicaSet"] == 1


def metrics(template: str, region: str = WEST) -> dict[str, dict[str, Any]]:
    return {m["name"]: m for m in found("AnalysisTemplate", template, region)["spec"]["metrics"]}


def test_a_canary_is_measured_from_its_first_share_of_the_requests_on() -> None:
    analysis = canary("parcels")["analysis"]
    assert analysis["startingStep"] == 1
    assert analysis["templates"] == [{"templateName": "parcels"}]
    assert analysis["args"] == [
        {"name": "hash", "valueFrom": {"podTemplateHashValue": "Latest"}},
        {"name": "stable", "valueFrom": {"podTemplateHashValue": "Stable"}},
    ]
    assert all("count" not in metric for metric in metrics("parcels").values())


def test_bounds_follow_from_the_objectives_of_the_service() -> None:
    """A budget of 0.1 % that is used up 14.4 times too fast, and the latencies as they are."""
    bounds = {name: metric["successCondition"] for name, metric in metrics("parcels").items()}
    assert bounds == {
        "errors": "len(result) > 0 && result[0] <= 0.0144",
        "p50": "len(result) > 0 && result[0] <= 0.2",
        "p99": "len(result) > 0 && result[0] <= 1",
    }


def test_bounds_of_the_rollout_come_before_those_of_the_objectives() -> None:
    found_metrics = metrics("front")
    assert {name: m["successCondition"] for name, m in found_metrics.items()} == {
        "errors": "len(result) > 0 && result[0] <= 0.025",
        "p90": "len(result) > 0 && result[0] <= 0.3",
    }
    assert {(m["interval"], m["failureLimit"], m["inconclusiveLimit"]) for m in found_metrics.values()} == {
        ("2m", 1, 1)
    }


def test_what_is_measured_is_of_the_new_pods_where_they_do_worse_than_those_before() -> None:
    selected = 'namespace="depot", service="parcels", pod=~"parcels-{{args.hash}}-.+"'
    before = selected.replace("hash", "stable")
    for metric in metrics("parcels").values():
        query = metric["provider"]["prometheus"]["query"]
        new, rest = query.split("\n  > (1.1 * ")
        stable, again = rest.split(" >= 0 or vector(0))\nor 0 * ")
        assert new == again
        assert selected in new
        assert stable == new.replace(selected, before)
        assert metric["provider"]["prometheus"]["address"] == "http://prometheus-operated.monitoring:9090"


def test_the_version_before_a_blue_green_counts_as_it_was_before_it_was_replaced() -> None:
    """Scrapes for a minute, five minutes of watching, and the ten minutes before."""
    query = metrics("desk")["errors"]["provider"]["prometheus"]["query"]
    assert 'pod=~"desk-{{args.hash}}-.+"}[1m]' in query
    assert 'pod=~"desk-{{args.stable}}-.+"}[16m]' in query


CASES: dict[str, tuple[float | None, float | None, list[float]]] = {
    # name: (errors a second of the new pods and of the old ones out of ten requests each; what is measured)
    "worse than before": (1, 0, [0.1]),
    "as before": (5, 5, [0]),
    "a tenth worse than before": (5.4, 5, [0]),
    "a fifth worse than before": (6, 5, [0.6]),
    "better than before": (2, 9, [0]),
    "nothing was before": (5, None, [0.5]),
    "nothing fails": (0, 0, [0]),
    "no new pods": (None, 5, []),
}


@pytest.mark.parametrize("case", CASES)
def test_a_measurement_is_nothing_unless_the_new_version_does_worse(case: str, tmp_path: Path) -> None:
    """Prometheus itself is asked, by promtool's unit tests of a rule that records the query."""
    new, stable, expected = CASES[case]
    query = metrics("parcels")["errors"]["provider"]["prometheus"]["query"]
    query = query.replace("{{args.hash}}", "new").replace("{{args.stable}}", "old")
    labels = 'namespace="depot", service="parcels"'
    series = [
        {
            "series": f'http_requests_total{{{labels}, pod="parcels-{name}-x", status="{status}"}}',
            "values": f"0+{share}x40",
        }
        for name, errors in (("new", new), ("old", stable))
        if errors is not None
        for status, share in (("200", 150 - 15 * errors), ("500", 15 * errors))
    ]
    rules = {"groups": [{"name": "g", "rules": [{"record": "measured", "expr": query}]}]}
    samples = [{"labels": "measured", "value": value} for value in expected]
    test = {
        "rule_files": ["rules.yaml"],
        "fuzzy_compare": True,
        "tests": [
            {
                "interval": "15s",
                "input_series": series,
                "promql_expr_test": [{"expr": "measured", "eval_time": "8m", "exp_samples": samples}],
            }
        ],
    }
    (tmp_path / "rules.yaml").write_text(json.dumps(rules), "utf-8")
    (tmp_path / "test.yaml").write_text(json.dumps(test), "utf-8")
    own = os.environ.get("GITOPS_GEN_CACHE")
    promtool = str(toolbox(Path(own) if own else None, lambda _: None).tools["promtool"])
    command = [promtool, "test", "rules", "test.yaml"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_no_answer_is_neither_a_success_nor_a_failure() -> None:
    for name in ("parcels", "front", "desk", "desk-preview"):
        for metric in metrics(name).values():
            assert metric["successCondition"].startswith("len(result) > 0 && ")
            assert metric["failureCondition"].startswith("len(result) > 0 && ")


def test_a_blue_green_is_tried_on_a_service_of_its_own_and_watched_once_it_has_taken_over() -> None:
    strategy = blue_green("desk")
    assert (strategy["activeService"], strategy["previewService"]) == ("desk", "desk-preview")
    assert strategy["autoPromotionEnabled"] is True
    assert strategy["previewReplicaCount"] == 2
    assert strategy["prePromotionAnalysis"]["templates"] == [{"templateName": "desk-preview"}]
    assert strategy["postPromotionAnalysis"]["templates"] == [{"templateName": "desk"}]
    # Five minutes, of which the first passes before there is a rate.
    assert {metric["count"] for metric in metrics("desk").values()} == {4}
    assert "scaleDownDelaySeconds" not in strategy  # or Argo Rollouts would end the watch with it
    active, preview = (found("Service", name)["spec"] for name in ("desk", "desk-preview"))
    assert (active["selector"], active["ports"]) == (preview["selector"], preview["ports"])


def test_pods_that_two_services_lead_to_are_scraped_once_under_one_name() -> None:
    monitor = found("ServiceMonitor", "desk")["spec"]
    assert monitor["jobLabel"] == "app.kubernetes.io/name"
    (endpoint,) = monitor["endpoints"]
    assert endpoint["relabelings"] == [{"targetLabel": "service", "replacement": "desk"}]
    assert "jobLabel" not in found("ServiceMonitor", "parcels")["spec"]


def test_a_person_promotes_where_the_spec_says_so_and_nothing_is_measured_where_it_says_null() -> None:
    strategy = blue_green("papers")
    assert strategy["autoPromotionEnabled"] is False
    assert strategy["scaleDownDelaySeconds"] == 900
    assert not {"prePromotionAnalysis", "postPromotionAnalysis"} & strategy.keys()
    assert "analysis" not in canary("tracker")
    assert names("AnalysisTemplate") == {"parcels", "front", "desk", "desk-preview", "routes"}


def test_argo_cd_leaves_weights_and_subsets_of_a_canary_alone_and_applies_only_what_differs() -> None:
    spec = application("parcels")
    ignored = {entry["kind"]: entry["jqPathExpressions"] for entry in spec["ignoreDifferences"]}
    assert ignored == {
        "DestinationRule": [f'.spec.subsets[].labels."{HASH}"'],
        "VirtualService": [".spec.http[].route[].weight"],
    }
    assert "ApplyOutOfSyncOnly=true" in spec["syncPolicy"]["syncOptions"]
    # It would keep whole lists of routes as they are in the cluster.
    assert "RespectIgnoreDifferences=true" not in spec["syncPolicy"]["syncOptions"]


def test_argo_cd_keeps_the_selectors_of_a_blue_green_as_they_are() -> None:
    spec = application("desk")
    assert spec["ignoreDifferences"] == [
        {"group": "", "kind": "Service", "jsonPointers": [f"/spec/selector/{HASH}"]},
    ]
    assert "RespectIgnoreDifferences=true" in spec["syncPolicy"]["syncOptions"]


@pytest.mark.parametrize("service", ["plain", "ledger"])
def test_argo_cd_ignores_nothing_of_other_services(service: str) -> None:
    spec = application(service)
    assert "ignoreDifferences" not in spec
    assert len(spec["syncPolicy"]["syncOptions"]) == 2


def test_the_region_that_has_a_canary_alone_ignores_its_weights() -> None:
    kinds = {e["kind"] for e in application("routes")["ignoreDifferences"]}
    assert kinds == {"DestinationRule", "VirtualService"}
    assert {e["kind"] for e in application("routes", EUROPE)["ignoreDifferences"]} == {"Service"}


def test_services_without_a_canary_balance_by_zones_and_those_with_volumes_by_sessions() -> None:
    policy = found("DestinationRule", "plain")["spec"]["trafficPolicy"]
    assert policy["loadBalancer"]["localityLbSetting"] == {"enabled": True}
    # Without it Envoy never leaves the zone.
    assert policy["outlierDetection"]["minHealthPercent"] <= 100 - policy["outlierDetection"]["maxEjectionPercent"]
    stateful = found("DestinationRule", "ledger")["spec"]["trafficPolicy"]["loadBalancer"]
    assert stateful["localityLbSetting"] == {"enabled": False}
    assert "warmup" not in stateful


def test_the_gateway_repeats_only_what_no_replica_has_begun() -> None:
    (route,) = found("VirtualService", "parcels-gateway")["spec"]["http"]
    assert route["retries"] == {"attempts": 2, "retryOn": "connect-failure,refused-stream,reset-before-request"}


def test_the_three_forms_say_the_same_and_the_real_tools_find_nothing_wrong(tmp_path: Path) -> None:
    copied(ROLLOUTS, tmp_path)
    runner = CliRunner()
    assert runner.invoke(cli, ["render", "--workspace", str(tmp_path)]).exit_code == 0
    ran = runner.invoke(cli, ["verify", "--workspace", str(tmp_path), "--format", "json"])
    report = json.loads(ran.stdout)
    wrong = [p for p in report["problems"] if p["severity"] in {"error", "warning"}]
    # What the gateway answers by itself takes an EnvoyFilter, of which istioctl warns in general.
    assert [p for p in wrong if p["object"]["kind"] != "EnvoyFilter"] == []
    assert report["skipped"] == 0
    assert {"helm", "kustomize", "kubeconform", "admission", "istioctl", "rules"} <= {
        stage["name"] for stage in report["stages"]
    }
