"""What a pod runs, where, with which environment, and at which port it is called."""

from pathlib import Path
from typing import Any

import pytest
from rendering import SHOP, Manifest, Rendered, containers, copied, edit, render

FRONTEND = "    image: {tag: 1.4.0}\n    calls: {catalog: {}}\n"
DIGEST = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
BELOW = "clusters/eu-central-1"


def shop(target: Path, frontend: str = FRONTEND, catalog: str = "") -> Rendered:
    """Return the shop with other properties of its services."""
    platform = copied(SHOP, target) / "environments" / "shop" / "platform.yaml"
    edit(platform, FRONTEND, frontend)
    edit(platform, "    size: medium\n", f"    size: medium\n{catalog}")
    return render(target, "shop", "production")


def pod(tree: Rendered, service: str = "frontend") -> Manifest:
    found: Manifest = tree.objects[f"{BELOW}/{service}/deployment.yaml"]["spec"]["template"]
    return found


def container(tree: Rendered, service: str = "frontend") -> Manifest:
    (found,) = containers(tree.objects[f"{BELOW}/{service}/deployment.yaml"])
    return found


@pytest.mark.parametrize(
    ("image", "reference", "version"),
    [
        ("{tag: 1.4.0}", ":1.4.0", "1.4.0"),
        (f"{{tag: 1.4.0, digest: '{DIGEST}'}}", f"@{DIGEST}", "1.4.0"),
        (f"{{digest: '{DIGEST}'}}", f"@{DIGEST}", "9f86d081884c"),
        (f"{{tag: {'v' * 70}}}", f":{'v' * 70}", "v" * 63),
        ("{tag: 1.4.0-}", ":1.4.0-", "1.4.0"),
    ],
)
def test_a_digest_wins_over_the_tag_and_the_version_is_a_label_whatever_the_tag(
    tmp_path: Path, image: str, reference: str, version: str
) -> None:
    tree = shop(tmp_path, FRONTEND.replace("{tag: 1.4.0}", image))
    assert container(tree)["image"] == f"registry.example.com/shop/frontend{reference}"
    assert pod(tree)["metadata"]["labels"]["app.kubernetes.io/version"] == version
    workload = tree.objects[f"{BELOW}/frontend/deployment.yaml"]
    assert workload["metadata"]["labels"]["app.kubernetes.io/version"] == version


def test_env_is_one_list_by_name_of_what_is_written_and_what_secrets_hold(tmp_path: Path) -> None:
    platform = copied(SHOP, tmp_path) / "environments" / "shop" / "platform.yaml"
    edit(platform, FRONTEND, f"{FRONTEND}    env: {{ZONE: 'no', AGE: '020'}}\n    secrets: {{db: {{DB: url}}}}\n")
    store = "    secretStore: {role: 'arn:aws:iam::111122223333:role/shop'}\n"
    secrets = "secrets:\n  db: {namespace: shop, keys: {url: db-url}}\n"
    edit(platform, "\nnamespaces:\n", f"\n{store}{secrets}namespaces:\n")
    assert container(render(tmp_path, "shop", "production"))["env"] == [
        {"name": "AGE", "value": "020"},
        {"name": "DB", "valueFrom": {"secretKeyRef": {"name": "db", "key": "url"}}},
        {"name": "ZONE", "value": "no"},
    ]


def test_what_a_spec_leaves_out_is_no_key_of_the_pod(tmp_path: Path) -> None:
    tree = shop(tmp_path)
    assert {"nodeSelector", "tolerations"}.isdisjoint(pod(tree)["spec"])
    assert "env" not in container(tree)
    assert pod(tree)["metadata"]["annotations"].keys() == {"kubectl.kubernetes.io/default-container", "checksum/config"}
    assert container(tree)["imagePullPolicy"] == "IfNotPresent"


def test_placement_annotations_and_pull_policy_reach_the_pod(tmp_path: Path) -> None:
    said = (
        "    nodeSelector: {disk: 'true'}\n"
        "    tolerations: [{key: disk, operator: Exists, effect: NoExecute, tolerationSeconds: 30}]\n"
        "    podAnnotations: {example.com/b: 'yes', example.com/a: '1'}\n"
    )
    image = "{tag: 1.4.0, pullPolicy: Always}"
    tree = shop(tmp_path, FRONTEND.replace("{tag: 1.4.0}", image) + said)
    assert container(tree)["imagePullPolicy"] == "Always"
    assert pod(tree)["spec"]["nodeSelector"] == {"disk": "true"}
    toleration = {"key": "disk", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 30}
    assert pod(tree)["spec"]["tolerations"] == [toleration]
    annotations = list(pod(tree)["metadata"]["annotations"].items())
    assert annotations[2:] == [("example.com/a", "1"), ("example.com/b", "yes")]


def test_callers_and_routes_use_the_port_of_the_service_and_policies_that_of_the_pod(tmp_path: Path) -> None:
    tree = shop(tmp_path, catalog="    ports: {http: 8000, service: 8081}\n")
    assert tree.objects[f"{BELOW}/frontend/configmap.yaml"]["data"]["CATALOG_URL"] == "http://catalog.shop:8081"
    spec = tree.objects[f"{BELOW}/catalog/service.yaml"]["spec"]
    assert (spec["type"], spec["ports"][0]["port"], spec["ports"][0]["targetPort"]) == ("ClusterIP", 8081, "http")
    (flow,) = tree.objects[f"{BELOW}/catalog/networkpolicy.yaml"]["spec"]["ingress"]
    assert flow["ports"] == [{"port": 8000}]


def test_at_port_80_an_address_needs_no_port(tmp_path: Path) -> None:
    config = shop(tmp_path).objects[f"{BELOW}/frontend/configmap.yaml"]["data"]
    assert config["CATALOG_URL"] == "http://catalog.shop"


def test_only_the_metrics_that_are_a_reason_scale(tmp_path: Path) -> None:
    tree = shop(tmp_path, FRONTEND + "    scale: {memory: null}\n")
    path = f"{BELOW}/frontend/horizontalpodautoscaler.yaml"
    metrics: list[Any] = tree.objects[path]["spec"]["metrics"]
    assert [metric["containerResource"]["name"] for metric in metrics] == ["cpu"]


def test_a_changed_config_changes_the_checksum_of_the_pods(tmp_path: Path) -> None:
    before, after = shop(tmp_path / "a"), shop(tmp_path / "b", FRONTEND + "    config: {A: b}\n")
    sums = [pod(tree)["metadata"]["annotations"]["checksum/config"] for tree in (before, after)]
    assert len(set(sums)) == 2
    assert all(len(each) == 16 for each in sums)


def test_a_namespace_survives_the_release_that_made_it(tmp_path: Path) -> None:
    annotations = shop(tmp_path).objects[f"{BELOW}/namespaces/namespace-shop.yaml"]["metadata"]["annotations"]
    assert annotations["helm.sh/resource-policy"] == "keep"
