"""A tree's objects are divided among the clusters that they are for."""

from pathlib import Path

import pytest

from generator.manifests.clusters import Repository, divide
from generator.manifests.load import load_manifests

ROOT = Path(__file__).parents[2]
URL = "https://git.example.com/shop.git"


def config(name: str, namespace: str = "shop") -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: {namespace}}}\n"


def application(name: str, path: str, destination: str, more: str = "") -> str:
    return (
        f"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: {name}, namespace: argocd}}\n"
        f"spec:\n  project: default\n  source: {{repoURL: '{URL}', path: {path}, targetRevision: main{more}}}\n"
        f"  destination: {{{destination}, namespace: shop}}\n"
    )


def divided(root: Path, files: dict[str, str], *patterns: str) -> Repository:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return divide(load_manifests(root), patterns)


def names(repository: Repository) -> dict[str, list[str]]:
    return {cluster.name: sorted(item.name for item in cluster.objects) for cluster in repository.clusters}


def test_a_tree_without_applications_and_clusters_is_one_cluster(tmp_path: Path) -> None:
    assert names(divided(tmp_path, {"a.yaml": config("a"), "deep/b.yaml": config("b")})) == {"": ["a", "b"]}


def test_the_folders_of_clusters_are_clusters(tmp_path: Path) -> None:
    files = {"clusters/eu/a.yaml": config("a"), "clusters/us/x/b.yaml": config("b"), "c.yaml": config("c")}
    assert names(divided(tmp_path, files)) == {"": ["c"], "eu": ["a"], "us": ["b"]}


def test_patterns_say_what_a_cluster_is(tmp_path: Path) -> None:
    files = {"sites/eu/a.yaml": config("a"), "sites/us/x/b.yaml": config("b")}
    assert names(divided(tmp_path, files, "sites/*")) == {"sites/eu": ["a"], "sites/us": ["b"]}


def test_applications_say_where_their_paths_go(tmp_path: Path) -> None:
    files = {
        "apps/eu.yaml": application("eu", "sites/eu", "name: eu"),
        "apps/us.yaml": application(
            "us", "sites/us", "server: 'https://us.example.com'", ", directory: {recurse: true}"
        ),
        "sites/eu/a.yaml": config("a"),
        "sites/us/x/b.yaml": config("b"),
    }
    assert names(divided(tmp_path, files)) == {
        "eu": ["a"],
        "https://us.example.com": ["b"],
        "in-cluster": ["eu", "us"],
    }


def test_without_recursion_an_application_applies_only_the_files_of_its_folder(tmp_path: Path) -> None:
    files = {
        "apps/eu.yaml": application("eu", "sites/eu", "name: eu"),
        "sites/eu/a.yaml": config("a"),
        "sites/eu/deep/b.yaml": config("b"),
    }
    repository = divided(tmp_path, files)
    assert [[item.name for item in things] for things in repository.delivered.values()] == [["a"]]
    assert names(repository)["eu"] == ["a", "b"]  # beside what goes to eu, so most likely for eu


def test_a_path_is_found_when_the_tree_is_a_folder_of_its_repository(tmp_path: Path) -> None:
    root = tmp_path / "repo" / "deploy"
    files = {"apps/eu.yaml": application("eu", "deploy/sites/eu", "name: eu"), "sites/eu/a.yaml": config("a")}
    assert names(divided(root, files))["eu"] == ["a"]


def test_an_object_without_a_namespace_gets_that_of_its_application(tmp_path: Path) -> None:
    text = config("a").replace(", namespace: shop", "") + "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: n}\n"
    files = {"apps/eu.yaml": application("eu", "sites/eu", "name: eu"), "sites/eu/a.yaml": text}
    (cluster,) = [cluster for cluster in divided(tmp_path, files).clusters if cluster.name == "eu"]
    assert [(item.kind, item.namespace) for item in cluster.objects] == [("ConfigMap", "shop"), ("Namespace", "")]


@pytest.mark.parametrize(
    "generator",
    [
        "list: {elements: [{path: sites/eu, cluster: eu}, {path: sites/us, cluster: us}]}",
        "git: {repoURL: x, directories: [{path: 'sites/*'}]}",
    ],
)
def test_an_application_set_is_expanded(generator: str, tmp_path: Path) -> None:
    name = "{{cluster}}" if "list" in generator else "{{path.basename}}"
    text = (
        "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: sites, namespace: argocd}\n"
        f"spec:\n  generators: [{{{generator}}}]\n  template:\n    metadata: {{name: 'site-{name}'}}\n    spec:\n"
        f"      project: default\n      source: {{repoURL: '{URL}', path: '{{{{path}}}}'}}\n"
        f"      destination: {{name: '{name}', namespace: shop}}\n"
    )
    files = {"apps/set.yaml": text, "sites/eu/a.yaml": config("a"), "sites/us/b.yaml": config("b")}
    repository = divided(tmp_path, files)
    assert names(repository) == {"eu": ["a"], "us": ["b"], "in-cluster": ["sites"]}
    assert [item.name for item in repository.applications] == ["site-eu", "site-us"]


def test_a_chart_makes_what_is_not_in_the_tree(tmp_path: Path) -> None:
    chart = application("redis", "x", "server: 'https://kubernetes.default.svc'").replace("path: x", "chart: redis")
    own = application("eu", "sites/eu", "server: 'https://kubernetes.default.svc'")
    files = {
        "apps/redis.yaml": chart.replace("namespace: shop", "namespace: cache"),
        "apps/eu.yaml": own,
        "sites/eu/a.yaml": config("a"),
    }
    (cluster,) = divided(tmp_path, files).clusters
    assert cluster.exists("", "Service", "cache", "redis-master")
    assert not cluster.exists("", "Service", "shop", "redis-master")


def test_the_generators_of_a_kustomization_make_what_no_file_holds(tmp_path: Path) -> None:
    settings = (
        "configMapGenerator:\n- name: env\n  literals: [A=1]\n  files: [conf/x.ini, k=y.ini]\nresources: [a.yaml]\n"
    )
    (cluster,) = divided(tmp_path, {"kustomization.yaml": settings, "a.yaml": config("a")}).clusters
    found = cluster.made("", "ConfigMap", "shop", "env")
    assert found is not None
    assert found.keys == frozenset({"A", "x.ini", "k"})


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        ("output/talai/production", {"hub", "talai-ap-south-1", "talai-eu-west-1", "talai-us-west-2"}),
        ("tests/golden/atlas/output/atlas/live", {"north", "us-east-1"}),
        ("tests/golden/forge/output/forge/lab", {"hub", "forge-lab-basement"}),
    ],
)
def test_the_clusters_of_rendered_trees_are_their_regions(tree: str, expected: set[str]) -> None:
    repository = divide(load_manifests(ROOT / tree))
    assert {cluster.name for cluster in repository.clusters} == expected


def test_environments_in_one_tree_keep_their_clusters_apart() -> None:
    found = {cluster.name for cluster in divide(load_manifests(ROOT / "output" / "talai")).clusters}
    assert {"production/hub", "staging/hub", "growth/hub"} <= found


CHART = "deploy/live/charts/shop/charts/web"
OVERLAY = "deploy/live/kustomize/web/overlays/eu"
VALUES = ", helm: {releaseName: web, valueFiles: [values-eu.yaml]}"


def of_two_regions(source: tuple[str, str]) -> dict[str, str]:
    return {
        "argocd/hub/web.yaml": application("web", source[0], "name: cluster-eu", source[1]),
        "clusters/eu/web/a.yaml": config("a"),
        "clusters/us/web/b.yaml": config("b"),
    }


@pytest.mark.parametrize("source", [("deploy/live/clusters/eu/web", ""), (CHART, VALUES), (OVERLAY, "")])
def test_a_chart_and_an_overlay_deliver_the_manifests_of_their_region(source: tuple[str, str], tmp_path: Path) -> None:
    repository = divided(tmp_path, of_two_regions(source))
    assert [[item.name for item in things] for things in repository.delivered.values()] == [["a"]]
    (found,) = repository.applications
    assert [(s.path, s.plain) for s in found.sources] == [(source[0], "deploy/live/clusters/eu/web")]


@pytest.mark.parametrize(
    "source",
    [
        (CHART, ""),
        (CHART, ", helm: {valueFiles: [other.yaml]}"),
        (CHART.replace("web", "api"), VALUES),
        (CHART, VALUES.replace("eu", "asia")),
        (OVERLAY.replace("/eu", "/asia"), ""),
        (OVERLAY.replace("/overlays", ""), ""),
    ],
)
def test_what_is_no_form_of_manifests_in_the_tree_delivers_none(source: tuple[str, str], tmp_path: Path) -> None:
    assert list(divided(tmp_path, of_two_regions(source)).delivered.values()) == [()]


def test_an_overlay_of_others_delivers_its_own_objects(tmp_path: Path) -> None:
    files = {
        "apps/web.yaml": application("web", "kustomize/web/overlays/eu", "name: eu"),
        "kustomize/web/overlays/eu/kustomization.yaml": "resources: [a.yaml]",
        "kustomize/web/overlays/eu/a.yaml": config("a"),
        "web/b.yaml": config("b"),  # what would be found for the end of clusters/eu/web
    }
    assert [[item.name for item in things] for things in divided(tmp_path, files).delivered.values()] == [["a"]]


def test_of_folders_that_are_not_read_only_the_folders_are_known(tmp_path: Path) -> None:
    for name, text in {
        "charts/shop/charts/web/Chart.yaml": "name: web",
        "charts/shop/charts/web/templates/a.yaml": "{{ .Values.a }}",
        "kustomize/web/base/kustomization.yaml": "resources: [a.yaml, gone.yaml]",
        "kustomize/web/base/a.yaml": config("a"),
        "clusters/eu/charts/b.yaml": config("b"),
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    manifests = load_manifests(tmp_path, unread=("charts", "kustomize"))
    assert [item.name for item in manifests.objects] == ["b"]
    assert {"charts/shop/charts/web", "kustomize/web/base"} <= manifests.folders
    assert manifests.charts == ("charts/shop/charts/web",)
    assert list(manifests.kustomizations) == ["kustomize/web/base"]
    assert manifests.problems == ()
    assert [item.name for item in load_manifests(tmp_path).objects] == ["b", "a"]  # read, the two are equals


def test_overlays_of_a_rendered_tree_are_not_read_beside_its_manifests(tmp_path: Path) -> None:
    manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, namespace: shop}\n"
    for path, text in {
        "tree/inventory.json": "{}",
        "tree/clusters/eu/web/configmap.yaml": manifest % "web",
        "tree/kustomize/web/base/configmap.yaml": manifest % "web",
        "tree/kustomize/web/base/kustomization.yaml": "resources: [configmap.yaml]\n",
        "tree/kustomize/only/base/configmap.yaml": manifest % "only",
        "tree/kustomize/only/base/kustomization.yaml": "resources: [configmap.yaml]\n",
        "other/kustomize/web/base/configmap.yaml": manifest % "other",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, "utf-8")
    assert sorted(item.name for item in load_manifests(tmp_path).objects) == ["only", "other", "web"]
