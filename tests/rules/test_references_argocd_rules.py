"""Rules about Argo CD: paths, projects, waves, sets; and what a correct tree of another style looks like."""

from pathlib import Path

import pytest
from trees import problems, write_files

from generator.manifests.clusters import divide
from generator.manifests.load import load_manifests
from generator.rules.catalogue import all_rules
from generator.rules.run import check

REPOSITORY = "https://git.example.com/shop.git"


def application(name: str, path: str, *, project: str = "default", wave: str = "0", namespace: str = "shop") -> str:
    return f"""
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: {name}
  namespace: argocd
  annotations: {{argocd.argoproj.io/sync-wave: "{wave}"}}
spec:
  project: {project}
  source: {{repoURL: {REPOSITORY}, targetRevision: main, path: {path}}}
  destination: {{server: https://kubernetes.default.svc, namespace: {namespace}}}
"""


def config_map(name: str, extra: str = "") -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: shop{extra}}}\ndata: {{a: b}}\n"


def found(tmp_path: Path, files: dict[str, str]) -> set[str]:
    groups = ("references/", "identity/")
    return {
        item.rule for item in problems(tmp_path, files) if item.rule.startswith(groups) and item.severity == "error"
    }


def test_a_path_of_a_repository_that_is_not_the_trees_is_left_alone(tmp_path: Path) -> None:
    other = application("other", "charts/thing").replace(REPOSITORY, "https://git.example.com/other.git")
    files = {"apps/web.yaml": application("web", "web"), "apps/other.yaml": other, "web/a.yaml": config_map("a")}
    assert found(tmp_path, files) == set()


def test_a_tree_that_is_a_folder_of_its_repository_has_its_paths(tmp_path: Path) -> None:
    files = {
        "apps/web.yaml": application("web", "deploy/production/web"),
        "apps/cart.yaml": application("cart", "deploy/production/cart"),
        "web/a.yaml": config_map("a"),
        "cart/a.yaml": config_map("b"),
    }
    assert found(tmp_path, files) == set()


def test_a_folder_whose_manifests_lie_deeper_needs_recurse(tmp_path: Path) -> None:
    files = {"apps/web.yaml": application("web", "web"), "web/deep/a.yaml": config_map("a")}
    assert found(tmp_path, files) == {"references/application-path"}


def chart(name: str, region: str = "eu") -> str:
    source = f"path: live/charts/shop/charts/{name}, helm: {{releaseName: {name}, valueFiles: [values-{region}.yaml]}}"
    return application(name, "x").replace("path: x", source)


def test_charts_and_overlays_of_a_rendered_tree_stand_for_its_manifests(tmp_path: Path) -> None:
    overlay = "live/kustomize/{}/overlays/eu"
    plain = {name: application(name, f"live/clusters/eu/{name}") for name in ("mail", "bill", "ship")}
    applications = {**plain, "web": chart("web"), "cart": application("cart", overlay.format("cart"))}
    files = {f"apps/{name}.yaml": text for name, text in applications.items()}
    files |= {f"clusters/eu/{name}/a.yaml": config_map(name) for name in applications}
    assert found(tmp_path / "right", files) == set()
    for wrong in (chart("web", "us"), chart("wbe"), application("web", overlay.format("wbe"))):
        assert found(tmp_path / "wrong", {**files, "apps/web.yaml": wrong}) == {"references/application-path"}


def test_a_component_that_two_forms_deliver_has_two_owners(tmp_path: Path) -> None:
    files = {
        "apps/web.yaml": chart("web"),
        "apps/again.yaml": application("again", "live/clusters/eu/web"),
        "clusters/eu/web/a.yaml": config_map("web"),
    }
    assert found(tmp_path, files) == {"identity/two-owners"}


def test_forms_without_manifests_are_found_where_they_lie(tmp_path: Path) -> None:
    files = {
        "argocd/web.yaml": chart("web"),
        "argocd/cart.yaml": application("cart", "live/kustomize/cart/overlays/eu"),
        "argocd/root.yaml": application("root", "live/argocd", namespace="argocd"),
        "charts/shop/charts/web/Chart.yaml": "name: web",
        "kustomize/cart/overlays/eu/kustomization.yaml": "resources: [../../base]",
    }
    write_files(tmp_path, files)

    def wrong() -> list[str]:
        manifests = load_manifests(tmp_path, unread=("charts", "kustomize"))
        problems = check(divide(manifests), all_rules())
        return [item.file for item in problems if item.rule == "references/application-path"]

    assert wrong() == []
    (tmp_path / "charts/shop/charts/web").rename(tmp_path / "charts/shop/charts/other")
    (tmp_path / "kustomize/cart/overlays/eu").rename(tmp_path / "kustomize/cart/overlays/us")
    assert wrong() == ["argocd/cart.yaml", "argocd/web.yaml"]


@pytest.mark.parametrize(
    ("namespaces", "wrong"), [("'*'", False), ("shop-*", True), ("shop*", False), ("'!shop'", True)]
)
def test_a_project_permits_namespaces_by_patterns(namespaces: str, wrong: bool, tmp_path: Path) -> None:
    project = f"""
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {{name: shop, namespace: argocd}}
spec:
  sourceRepos: ["https://git.example.com/*"]
  destinations: [{{server: "*", namespace: {namespaces}}}]
"""
    files = {
        "apps/p.yaml": project,
        "apps/web.yaml": application("web", "web", project="shop"),
        "web/a.yaml": config_map("a"),
    }
    assert ("references/project-forbids-destination" in found(tmp_path, files)) == wrong


def test_an_application_before_the_one_that_brings_its_definitions_is_found(tmp_path: Path) -> None:
    crd = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec: {group: example.com, scope: Namespaced, names: {plural: things, kind: Thing}, versions: []}
"""
    thing = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a, namespace: shop}\n"
    for name, waves, wrong in (("good", ("0", "1"), False), ("bad", ("1", "0"), True)):
        files = {
            "root.yaml": application("root", "apps", namespace="argocd"),
            "apps/crds.yaml": application("crds", "crds", wave=waves[0]),
            "apps/web.yaml": application("web", "web", wave=waves[1]),
            "crds/thing.yaml": crd,
            "web/thing.yaml": thing,
        }
        assert ("references/sync-wave-order" in found(tmp_path / name, files)) == wrong


def test_a_hook_that_runs_before_the_sync_cannot_use_what_the_sync_brings(tmp_path: Path) -> None:
    job = """
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, namespace: shop, annotations: {argocd.argoproj.io/hook: PreSync}}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: a, image: registry.example/a:1.0.0, envFrom: [{configMapRef: {name: settings}}]}]
"""
    files = {"apps/web.yaml": application("web", "web"), "web/job.yaml": job, "web/a.yaml": config_map("settings")}
    assert found(tmp_path / "bad", files) == {"references/sync-wave-order"}
    hook = ", annotations: {argocd.argoproj.io/hook: PreSync, argocd.argoproj.io/sync-wave: '-1'}"
    assert found(tmp_path / "good", files | {"web/a.yaml": config_map("settings", hook)}) == set()


def test_a_root_that_delivers_itself_is_no_cycle(tmp_path: Path) -> None:
    files = {"apps/root.yaml": application("root", "apps", namespace="argocd")}
    assert found(tmp_path, files) == set()


@pytest.mark.parametrize(
    ("go", "path", "wrong"),
    [
        (False, "{{path}}", False),
        (False, "{{path.basename}}", False),
        (False, "{{pth}}", True),
        (False, "{{ .path.path }}", True),
        (True, "{{ .path.path }}", False),
        (True, "{{ index .path.segments 1 }}", False),
        (True, "{{ .paht.path }}", True),
    ],
)
def test_placeholders_are_those_of_the_generators(go: bool, path: str, wrong: bool, tmp_path: Path) -> None:
    text = f"""
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {{name: all, namespace: argocd}}
spec:
  goTemplate: {str(go).lower()}
  generators: [{{git: {{repoURL: {REPOSITORY}, revision: main, directories: [{{path: "services/*"}}]}}}}]
  template:
    metadata: {{name: fixed}}
    spec:
      project: default
      source: {{repoURL: {REPOSITORY}, targetRevision: main, path: "{path}"}}
      destination: {{server: https://kubernetes.default.svc, namespace: shop}}
"""
    files = {"set.yaml": text, "services/web/a.yaml": config_map("a")}
    assert ("references/application-set-placeholder" in found(tmp_path, files)) == wrong
