"""The objects of a region fit together: what one names, another is."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import yaml
from region_trees import TREES, regions, west, workloads
from rendering import CHECKOUT, Manifest, Rendered, containers, rendered_once, talai
from running import running

from generator.base.scalars import millicores, size_bytes
from generator.manifests.workload import Workload


@pytest.fixture(params=TREES)
def tree(request: pytest.FixtureRequest) -> Rendered:
    return rendered_once(*TREES[request.param])


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
            measured = {m["containerResource"]["container"] for m in spec["metrics"] if m["type"] != "Resource"}
            assert measured <= names
            # A pod is measured as a whole only where it is one container.
            assert len(names) == 1 or all(metric["type"] == "ContainerResource" for metric in spec["metrics"])
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
            classes = {disk.type for disk in region.cloud.storage.values()}
        assert {named for o in objects if o["kind"] not in BUCKETS for named in storage_classes(o)} <= classes
        for workload in (o for o in objects if o["kind"] == "StatefulSet"):
            headless = by_name[workload["metadata"]["namespace"], workload["spec"]["serviceName"]]
            assert headless["spec"]["clusterIP"] == "None"
            claims = workload["spec"].get("volumeClaimTemplates", ())
            assert all((c["apiVersion"], c["kind"]) == ("v1", "PersistentVolumeClaim") for c in claims)
            pod = workload["spec"]["template"]["spec"]
            each = [*pod["containers"], *pod.get("initContainers", ())]
            volumes = {volume["name"] for volume in pod.get("volumes", ())}
            assert {mount["name"] for c in each for mount in c.get("volumeMounts", ())} == (
                {claim["metadata"]["name"] for claim in claims} | volumes
            )


# What clouds call storage classes of objects is no StorageClass.
BUCKETS = {"Bucket", "StorageBucket"}


def storage_classes(value: Any) -> Iterator[str]:
    """Yield the storage classes that an object names: claims, CloudNativePG, and Strimzi, which says class."""
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, str) and (key.startswith("storageClass") or (key == "class" and "size" in value)):
                yield item
            yield from storage_classes(item)
    elif isinstance(value, list):
        for item in value:
            yield from storage_classes(item)


def unread(objects: list[Manifest]) -> list[str]:
    """Return what pods read that nobody makes: accounts, ConfigMaps, Secrets and their keys."""
    cluster, found = running(objects), []
    for pod in cluster.templates():
        for kind, name, key in read_by(pod):
            there, made = cluster.get("", kind, pod.namespace, name), cluster.made("", kind, pod.namespace, name)
            keys = there.mapping("data") if there else made.keys if made else ()
            if (there or made) is None or (key and keys is not None and key not in keys):
                found.append(f"{pod.object.name}: {kind} {name} {key}".rstrip())
    return found


def read_by(pod: Workload) -> Iterator[tuple[str, str, str]]:
    """Yield (kind, name, key) of what a pod cannot start without; key is "" for the whole."""
    yield "ServiceAccount", pod.spec["serviceAccountName"], ""
    for _, container in pod.containers():
        for source in container.get("envFrom", ()):
            yield from (referred(key, value) for key, value in source.items())
        for source in (v["valueFrom"] for v in container.get("env", ()) if "valueFrom" in v):
            yield from (referred(key, value) for key, value in source.items() if key.endswith("KeyRef"))
    for volume in pod.spec.get("volumes", ()):
        for source in (volume, *volume.get("projected", {}).get("sources", ())):
            for kind, value in source.items():
                if kind in {"secret", "configMap"} and not value.get("optional"):
                    name = value.get("secretName") or value["name"]
                    for item in value.get("items", [{"key": ""}]):
                        yield kind[0].upper() + kind[1:], name, item["key"]


def referred(key: str, value: Manifest) -> tuple[str, str, str]:
    return ("Secret" if key.startswith("secret") else "ConfigMap"), value["name"], value.get("key", "")


def test_what_a_pod_reads_is_there(tree: Rendered) -> None:
    for _, objects in regions(tree):
        assert unread(objects) == []


@pytest.mark.parametrize(
    ("kind", "name", "reader"),
    [
        ("ExternalSecret", "redis-orchex", "orchex: Secret redis-orchex password"),
        ("ConfigMap", "orchex", "orchex: ConfigMap orchex"),
        ("ServiceAccount", "redis", "redis: ServiceAccount redis"),
        ("Certificate", "redis", "redis: Secret redis-tls"),
    ],
)
def test_what_a_pod_reads_and_nobody_makes_is_noticed(kind: str, name: str, reader: str) -> None:
    objects = [o for o in west() if (o["kind"], o["metadata"]["name"]) != (kind, name)]
    assert reader in unread(objects)


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
        enforced = {o["metadata"]["name"] for o in objects if o["kind"] == "Namespace" and is_restricted(o)}
        for pod in running(objects).templates():
            if pod.object.kind == "CronJob" and pod.namespace not in enforced:
                continue
            assert pod.spec["securityContext"]["runAsNonRoot"] is True
            assert pod.spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
            for _, container in pod.containers():
                context = container["securityContext"]
                assert context["allowPrivilegeEscalation"] is False
                assert context["capabilities"] == {"drop": ["ALL"]}


def is_restricted(namespace: Manifest) -> bool:
    return bool(namespace["metadata"]["labels"].get("pod-security.kubernetes.io/enforce") == "restricted")


# Seconds that Kubernetes gives a pod that says nothing of it.
GRACE = 30


def pauses(workload: Manifest) -> list[int]:
    """Return the seconds for which containers wait before they are told to end."""
    hooks = [container.get("lifecycle", {}).get("preStop", {}) for container in containers(workload)]
    return [hook["sleep"]["seconds"] for hook in hooks if "sleep" in hook]


def test_the_grace_period_leaves_time_after_the_pause(tree: Rendered) -> None:
    for _, objects in regions(tree):
        for workload in workloads(objects).values():
            grace = workload["spec"]["template"]["spec"].get("terminationGracePeriodSeconds", GRACE)
            assert all(grace > pause for pause in pauses(workload)), workload["metadata"]["name"]


def test_every_service_pauses_before_it_ends(tree: Rendered) -> None:
    for region, objects in regions(tree):
        found = workloads(objects)
        for service in tree.platform.services[region].values():
            kind = service.workload if service.rollout.strategy == "rolling" else "Rollout"
            workload = found[kind, service.namespace, service.name]
            assert len(pauses(workload)) == len(list(containers(workload))) == 1
            assert "terminationGracePeriodSeconds" in workload["spec"]["template"]["spec"]


def test_what_prometheus_looks_for_carries_its_labels(tree: Rendered) -> None:
    wanted = tree.platform.monitoring.object_labels if tree.platform.monitoring else {}
    found = [o for kind in ("ServiceMonitor", "PodMonitor", "PrometheusRule") for o in tree.of_kind(kind).values()]
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


# From the TalAI design document, its alerts and that of its triggers which no autoscaler could mend: name → threshold,
# how long, severity.
ALERTS = {
    "ErrorRateAboveOnePercent": ("0.01", "2m", "high"),
    "HighErrorRate": ("0.01", "5m", "critical"),
    "PodCrashLooping": ("0", "5m", "high"),
    "HighMemoryUsage": ("0.9", "10m", "warning"),
}


@pytest.mark.parametrize("environment", ["growth", "production", "staging"])
def test_talai_has_the_alerts_of_its_design_document_on_every_service(environment: str) -> None:
    tree = talai(environment)
    services = tree.platform.services.items()
    of_services = {f"clusters/{region}/{name}/prometheusrule.yaml" for region, those in services for name in those}
    rules = {p: o for p, o in tree.of_kind("PrometheusRule").items() if p in of_services}
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
