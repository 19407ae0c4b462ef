"""The objects around a service fit together: what one names, another is."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import yaml
from rendering import CHECKOUT, Manifest, Rendered, containers, rendered_once, talai

from generator.base.scalars import millicores, size_bytes

GOLDEN = CHECKOUT / "tests" / "golden"
TREES = {
    "growth": (CHECKOUT, "talai", "growth"),
    "production": (CHECKOUT, "talai", "production"),
    "staging": (CHECKOUT, "talai", "staging"),
    "atlas": (GOLDEN / "atlas", "atlas", "live"),
    "forge": (GOLDEN / "forge", "forge", "lab"),
}
# Kind → how it says which objects it is about: of these a pod template must carry the labels.
SELECTING: dict[str, tuple[str, ...]] = {
    "Deployment": ("selector", "matchLabels"),
    "StatefulSet": ("selector", "matchLabels"),
    "Service": ("selector",),
    "PodDisruptionBudget": ("selector", "matchLabels"),
    "AuthorizationPolicy": ("selector", "matchLabels"),
    "PeerAuthentication": ("selector", "matchLabels"),
    "Sidecar": ("workloadSelector", "labels"),
    "NetworkPolicy": ("podSelector", "matchLabels"),
}


@pytest.fixture(params=TREES)
def tree(request: pytest.FixtureRequest) -> Rendered:
    return rendered_once(*TREES[request.param])


def regions(tree: Rendered) -> Iterator[tuple[str, list[Manifest]]]:
    for region in tree.platform.regions:
        yield region.name, [o for p, o in tree.objects.items() if p.startswith(f"clusters/{region.name}/")]


def workloads(objects: list[Manifest]) -> dict[tuple[str, str, str], Manifest]:
    found = [o for o in objects if o["kind"] in {"Deployment", "StatefulSet"}]
    return {(o["kind"], o["metadata"]["namespace"], o["metadata"]["name"]): o for o in found}


def at(tree: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        tree = tree.get(key, {})
    return tree


def unselecting(objects: list[Manifest]) -> list[str]:
    """Return the objects whose selector is there but matches no pod template of their namespace."""
    templates = [(ns, w["spec"]["template"]["metadata"]["labels"]) for (_, ns, _), w in workloads(objects).items()]
    found = []
    for o in objects:
        wanted = at(o.get("spec", {}), SELECTING[o["kind"]]) if o["kind"] in SELECTING else {}
        namespace = o["metadata"].get("namespace")
        if wanted and not any(ns == namespace and wanted.items() <= labels.items() for ns, labels in templates):
            found.append(f"{o['kind']} {o['metadata']['name']}")
    return found


def test_every_selector_selects_pods(tree: Rendered) -> None:
    for _, objects in regions(tree):
        assert unselecting(objects) == []


def test_a_selector_that_matches_nothing_is_noticed() -> None:
    (objects,) = [objects for name, objects in regions(talai()) if name == "us-west-2"]
    service = next(o for o in objects if o["kind"] == "Service")
    stray = {**service, "spec": {**service["spec"], "selector": {"app.kubernetes.io/name": "nobody"}}}
    assert unselecting([*objects, stray]) == [f"Service {service['metadata']['name']}"]


def test_every_named_port_is_a_port_of_the_container(tree: Rendered) -> None:
    for _, objects in regions(tree):
        named = {
            (namespace, name): {port["name"] for c in containers(workload) for port in c["ports"]}
            for (_, namespace, name), workload in workloads(objects).items()
        }
        for service in (o for o in objects if o["kind"] == "Service"):
            key = (service["metadata"]["namespace"], service["metadata"]["labels"]["app.kubernetes.io/name"])
            assert {port["targetPort"] for port in service["spec"]["ports"]} <= named[key]
        offered = {
            (o["metadata"]["namespace"], o["metadata"]["name"]): {p["name"] for p in o["spec"]["ports"]}
            for o in objects if o["kind"] == "Service"
        }  # fmt: skip
        for monitor in (o for o in objects if o["kind"] == "ServiceMonitor"):
            key = (monitor["metadata"]["namespace"], monitor["metadata"]["name"])
            assert {endpoint["port"] for endpoint in monitor["spec"]["endpoints"]} <= offered[key]


def test_an_autoscaler_has_a_target_which_leaves_its_replicas_to_it(tree: Rendered) -> None:
    for _, objects in regions(tree):
        targets = workloads(objects)
        # tests/derive/test_event_scaling.py says more of these.
        by_keda = (o for o in objects if o["kind"] == "ScaledObject")
        scaled = {
            (target["kind"], o["metadata"]["namespace"], target["name"])
            for o in by_keda
            for target in [o["spec"]["scaleTargetRef"]]
        }
        assert not any("replicas" in targets[key]["spec"] for key in scaled)
        for scaler in (o for o in objects if o["kind"] == "HorizontalPodAutoscaler"):
            spec, target = scaler["spec"], scaler["spec"]["scaleTargetRef"]
            key = (target["kind"], scaler["metadata"]["namespace"], target["name"])
            assert "replicas" not in targets[key]["spec"]
            assert spec["minReplicas"] < spec["maxReplicas"]
            names = {c["name"] for c in containers(targets[key])}
            assert {metric["containerResource"]["container"] for metric in spec["metrics"]} <= names
            scaled.add(key)
        assert {key for key, workload in targets.items() if "replicas" not in workload["spec"]} == scaled


def test_a_stateful_set_has_its_headless_service_and_its_storage_classes(tree: Rendered) -> None:
    for name, objects in regions(tree):
        region = next(region for region in tree.platform.regions if region.name == name)
        by_name = {
            (o["metadata"].get("namespace"), o["metadata"]["name"]): o for o in objects if o["kind"] == "Service"
        }
        classes = {o["metadata"]["name"] for o in objects if o["kind"] == "StorageClass"}
        if region.cloud.provider == "other":
            assert not classes
            classes = set(region.cloud.storage.values())
        for workload in (o for o in objects if o["kind"] == "StatefulSet"):
            headless = by_name[workload["metadata"]["namespace"], workload["spec"]["serviceName"]]
            assert headless["spec"]["clusterIP"] == "None"
            claims = workload["spec"]["volumeClaimTemplates"]
            assert {claim["spec"]["storageClassName"] for claim in claims} <= classes
            assert all((c["apiVersion"], c["kind"]) == ("v1", "PersistentVolumeClaim") for c in claims)
            mounted = {mount["name"] for c in containers(workload) for mount in c["volumeMounts"]}
            volumes = {volume["name"] for volume in workload["spec"]["template"]["spec"]["volumes"]}
            assert mounted == {claim["metadata"]["name"] for claim in claims} | volumes


def test_what_a_pod_reads_is_there(tree: Rendered) -> None:
    for _, objects in regions(tree):
        there = {(o["kind"], o["metadata"].get("namespace"), o["metadata"]["name"]): o for o in objects}
        for (_, namespace, _), workload in workloads(objects).items():
            assert ("ServiceAccount", namespace, workload["spec"]["template"]["spec"]["serviceAccountName"]) in there
            for container in containers(workload):
                for source in container["envFrom"]:
                    assert ("ConfigMap", namespace, source["configMapRef"]["name"]) in there
                for source in (v["valueFrom"] for v in container.get("env", ()) if "valueFrom" in v):
                    wanted = source["secretKeyRef"]
                    secret = there["ExternalSecret", namespace, wanted["name"]]
                    assert wanted["key"] in {entry["secretKey"] for entry in secret["spec"]["data"]}


def test_every_namespace_that_is_named_is_made(tree: Rendered) -> None:
    for _, objects in regions(tree):
        made = {o["metadata"]["name"] for o in objects if o["kind"] == "Namespace"}
        assert {o["metadata"]["namespace"] for o in objects if "namespace" in o["metadata"]} <= made


def test_a_derived_quota_holds_all_that_the_autoscalers_may_reach(tree: Rendered) -> None:
    written = {namespace.name for namespace in tree.platform.namespaces if namespace.quota}
    for region, objects in regions(tree):
        for quota in (o for o in objects if o["kind"] == "ResourceQuota" and o["metadata"]["name"] not in written):
            inside = [s for s in tree.platform.services[region].values() if s.namespace == quota["metadata"]["name"]]
            hard = quota["spec"]["hard"]
            assert int(hard["pods"]) >= sum(s.scale.max for s in inside)
            assert millicores(hard["requests.cpu"]) >= sum(s.scale.max * millicores(s.resources.cpu) for s in inside)
            most = sum(s.scale.max * size_bytes(s.resources.memory) for s in inside)
            assert size_bytes(hard["requests.memory"]) >= most


def test_every_pod_meets_the_restricted_standard(tree: Rendered) -> None:
    for _, objects in regions(tree):
        for workload in workloads(objects).values():
            pod = workload["spec"]["template"]["spec"]
            assert pod["securityContext"]["runAsNonRoot"] is True
            assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
            for container in containers(workload):
                context = container["securityContext"]
                assert context["allowPrivilegeEscalation"] is False
                assert context["capabilities"] == {"drop": ["ALL"]}


def test_the_grace_period_leaves_time_after_the_pause(tree: Rendered) -> None:
    for _, objects in regions(tree):
        for workload in workloads(objects).values():
            (container,) = containers(workload)
            pause = container["lifecycle"]["preStop"]["sleep"]["seconds"]
            assert workload["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] > pause


def test_what_prometheus_looks_for_carries_its_labels(tree: Rendered) -> None:
    wanted = tree.platform.monitoring.object_labels if tree.platform.monitoring else {}
    found = [*tree.of_kind("ServiceMonitor").values(), *tree.of_kind("PrometheusRule").values()]
    assert bool(found) == (tree.platform.monitoring is not None)
    assert all(wanted.items() <= o["metadata"]["labels"].items() for o in found)


def test_every_object_names_its_component_and_its_platform(tree: Rendered) -> None:
    for path, o in tree.objects.items():
        if path.endswith("/argocd-cm.yaml"):
            continue
        labels = o["metadata"]["labels"]
        assert labels["app.kubernetes.io/part-of"] == tree.platform.name
        assert labels["app.kubernetes.io/managed-by"] == "gen"
        assert labels["app.kubernetes.io/name"]


# From the TalAI design document: name → threshold, how long, severity.
ALERTS = {
    "HighErrorRate": ("0.01", "5m", "critical"),
    "PodCrashLooping": ("0", "5m", "high"),
    "HighMemoryUsage": ("0.9", "10m", "warning"),
}


@pytest.mark.parametrize("environment", ["growth", "production", "staging"])
def test_talai_has_the_alerts_of_its_design_document_on_every_service(environment: str) -> None:
    rules = talai(environment).of_kind("PrometheusRule")
    assert len(rules) == 8 * 3
    for path, manifest in rules.items():
        (group,) = manifest["spec"]["groups"]
        found = {
            rule["alert"]: (rule["expr"].rpartition(" > ")[2], rule["for"], rule["labels"]["severity"])
            for rule in group["rules"]
        }
        assert found == ALERTS, path


def test_thresholds_are_written_as_shares_of_one() -> None:
    spec = yaml.safe_load((CHECKOUT / "environments/talai/platform.yaml").read_text("utf-8"))
    for name, alert in spec["defaults"]["service"]["alerts"].items():
        assert Decimal(alert["above"].rstrip("%")) / 100 == Decimal(ALERTS[name][0])


def test_the_error_alert_is_a_ratio_and_the_memory_alert_leaves_out_what_has_no_limit() -> None:
    rule = talai().of_kind("PrometheusRule")["clusters/us-west-2/orchex/prometheusrule.yaml"]
    expressions = {r["alert"]: " ".join(r["expr"].split()) for r in rule["spec"]["groups"][0]["rules"]}
    assert expressions["HighErrorRate"] == (
        'sum by (namespace, service) (rate(http_requests_total{namespace="talai", service="orchex", '
        'status=~"5.."}[5m])) / sum by (namespace, service) (rate(http_requests_total{namespace="talai", '
        'service="orchex"}[5m])) > 0.01'
    )
    assert "container_spec_memory_limit_bytes" in expressions["HighMemoryUsage"]
    assert "> 0) > 0.9" in expressions["HighMemoryUsage"]
