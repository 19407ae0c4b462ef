"""Rules about identity: what the API server takes is left alone, what it refuses is found."""

from pathlib import Path

import pytest
from trees import problems


def found(tmp_path: Path, text: str | dict[str, str]) -> set[str]:
    return {item.rule for item in problems(tmp_path, text) if item.rule.startswith("identity/")}


def config_map(metadata: str, data: str = "{a: b}") -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{{metadata}}}\ndata: {data}\n---\n"


@pytest.mark.parametrize(
    ("version", "kind", "name", "wrong"),
    [
        ("v1", "ConfigMap", "api.example.com", False),
        ("v1", "Service", "9web", True),
        ("v1", "Service", "a" * 64, True),
        ("v1", "Namespace", "shop.web", True),
        ("batch/v1", "CronJob", "a" * 53, True),
        ("batch/v1", "CronJob", "a" * 52, False),
        ("rbac.authorization.k8s.io/v1", "ClusterRole", "system:Web_Reader", False),
        ("v1", "ConfigMap", "web_settings", True),
    ],
)
def test_names_are_judged_by_kind(version: str, kind: str, name: str, wrong: bool, tmp_path: Path) -> None:
    text = f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: '{name}'}}\n"
    assert ("identity/name" in found(tmp_path, text)) == wrong


def test_a_generated_name_is_a_name(tmp_path: Path) -> None:
    assert (
        found(tmp_path, "apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: load-, namespace: shop}\n") == set()
    )


@pytest.mark.parametrize(("value", "wrong"), [("", False), ("v1.2_3-x", False), ("a" * 64, True), ("-a", True)])
def test_label_values_are_judged(value: str, wrong: bool, tmp_path: Path) -> None:
    text = config_map(f"name: a, namespace: shop, labels: {{owner: '{value}'}}")
    assert ("identity/label" in found(tmp_path, text)) == wrong


def test_annotations_together_have_a_limit(tmp_path: Path) -> None:
    text = config_map(f"name: a, namespace: shop, annotations: {{one: '{'x' * 200_000}', two: '{'x' * 70_000}'}}")
    assert found(tmp_path, text) == {"identity/annotation"}


def test_the_data_of_a_config_map_has_a_limit(tmp_path: Path) -> None:
    assert found(tmp_path / "below", config_map("name: a, namespace: shop", f"{{a: '{'x' * 1_000_000}'}}")) == set()
    over = config_map("name: a, namespace: shop", f"{{a: '{'x' * 600_000}', b: '{'x' * 600_000}'}}")
    assert found(tmp_path / "over", over) == {"identity/data-refused"}


def test_the_data_of_a_secret_is_base64(tmp_path: Path) -> None:
    text = "apiVersion: v1\nkind: Secret\nmetadata: {{name: a, namespace: shop}}\ndata: {{a: '{}'}}\n"
    assert "identity/data-refused" not in found(tmp_path / "good", text.format("c2hvcA=="))
    assert "identity/data-refused" in found(tmp_path / "bad", text.format("plain text!"))


def test_a_tree_that_declares_no_namespace_may_use_any(tmp_path: Path) -> None:
    assert found(tmp_path, config_map("name: a, namespace: anywhere")) == set()


def test_a_namespace_of_the_platform_may_come_from_elsewhere(tmp_path: Path) -> None:
    tree = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\n" + config_map(
        "name: a, namespace: monitoring"
    )
    assert found(tmp_path, tree) == set()


def test_a_namespace_that_an_application_creates_is_there(tmp_path: Path) -> None:
    files = {
        "app.yaml": """
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web, namespace: argocd}
spec:
  project: default
  source: {repoURL: https://git.example.com/a.git, targetRevision: main, path: web}
  destination: {server: https://kubernetes.default.svc, namespace: web}
  syncPolicy: {syncOptions: [CreateNamespace=true]}
""",
        "web/a.yaml": config_map("name: a, namespace: web"),
        "web/ns.yaml": "apiVersion: v1\nkind: Namespace\nmetadata: {name: other}\n",
    }
    assert found(tmp_path, files) == set()


def test_templates_of_other_tools_and_free_text_keep_their_placeholders(tmp_path: Path) -> None:
    free = config_map("name: a, namespace: shop, annotations: {note: '{{ value }}'}", "{format: '{{ .Message }}'}")
    assert found(tmp_path / "free", free) == set()
    left = "apiVersion: v1\nkind: Service\nmetadata: {name: 'web-${ENVIRONMENT}', namespace: shop}\n"
    assert found(tmp_path / "left", left) == {"identity/placeholder"}


def test_two_applications_of_one_folder_for_two_clusters_are_two_owners_of_nothing(tmp_path: Path) -> None:
    text = """
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{name: {0}, namespace: argocd}}
spec:
  project: default
  source: {{repoURL: https://git.example.com/a.git, targetRevision: main, path: web}}
  destination: {{name: {0}, namespace: shop}}
"""
    files = {
        "eu.yaml": text.format("eu"),
        "us.yaml": text.format("us"),
        "web/a.yaml": config_map("name: a, namespace: shop"),
    }
    assert found(tmp_path, files) == set()


def test_variables_that_flux_fills_in_are_no_placeholders(tmp_path: Path) -> None:
    tree = """
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: shop, namespace: flux-system}
spec: {path: ./shop, prune: true, interval: 5m, postBuild: {substitute: {ENVIRONMENT: live}}}
---
apiVersion: v1
kind: Service
metadata: {name: 'web-${ENVIRONMENT}', namespace: shop}
"""
    assert "identity/placeholder" not in found(tmp_path, tree)


def test_overlays_may_each_hold_an_object_of_one_name(tmp_path: Path) -> None:
    config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: env, namespace: shop}\n"
    files = {f"overlays/{name}/{file}": text for name in ("dev", "prod") for file, text in (
        ("kustomization.yaml", "resources: [env.yaml]\n"), ("env.yaml", config))}  # fmt: skip
    assert "identity/duplicate-object" not in {problem.rule for problem in problems(tmp_path, files)}
    twice = {**files, "overlays/dev/again.yaml": config}
    assert "identity/duplicate-object" in {problem.rule for problem in problems(tmp_path / "twice", twice)}
