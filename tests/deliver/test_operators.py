"""Operators come from their upstream charts: an Application per region, pinned, in a project of their own."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from rendering import CHECKOUT, Rendered, render

from generator.base.errors import GenError, ProblemsError

PLATFORM = CHECKOUT / "examples" / "components" / "platform.yaml"
THING = """\
description: An operator from its upstream chart
scope: instance
wave: 5
kinds: [apps/Deployment]
clusterKinds: [apiextensions.k8s.io/CustomResourceDefinition]
chart:
  repository: https://charts.example.com
  name: thing-operator
  version: 1.2.3
  groups: [thing.example.com]
  namespaces: [kube-system]
"""
VALUES = "replicas: [[ instance.parameters.replicas ]]\nwatch: [[ instance.namespace ]]\nregion: [[ region.name ]]\n"
USE: dict[str, Any] = {"use": "operators/thing", "namespace": "keda"}


def workspace(root: Path, values: str = VALUES, about: str = THING, **changes: Any) -> Path:
    folder = root / "environments" / "shop"
    folder.mkdir(parents=True)
    shutil.copyfile(PLATFORM, folder / "platform.yaml")
    environment = {"regions": ["us-west-2", "eu-west-1"], "components": {"thing": {**USE, "replicas": 2}}, **changes}
    (folder / "live.yaml").write_text(yaml.safe_dump(environment), "utf-8")
    component = root / "templates" / "operators" / "thing"
    component.mkdir(parents=True)
    (component / "component.yaml").write_text(about, "utf-8")
    (component / "schema.json").write_text('{"properties": {"replicas": {}, "version": {}}}', "utf-8")
    if values:
        (component / "values.yaml.j2").write_text(values, "utf-8")
    return root


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    upgrade = {"eu-west-1": {"components": {"thing": {"version": "1.3.0"}}}}
    changes: dict[str, Any] = {"in": upgrade}
    return render(workspace(tmp_path_factory.mktemp("operators"), **changes), "shop", "live")


def application(rendered: Rendered, region: str) -> Any:
    return rendered.objects[f"argocd/hub/components/{region}/thing.yaml"]


def test_the_application_names_chart_version_and_values(rendered: Rendered) -> None:
    assert application(rendered, "us-west-2")["spec"]["source"] == {
        "repoURL": "https://charts.example.com",
        "chart": "thing-operator",
        "targetRevision": "1.2.3",
        "helm": {
            "releaseName": "thing",
            "valuesObject": {"replicas": 2, "watch": "keda", "region": "us-west-2"},
        },
    }


def test_it_goes_to_the_regions_cluster_before_what_needs_it(rendered: Rendered) -> None:
    found = application(rendered, "us-west-2")
    assert found["spec"]["destination"] == {"name": "shop-live-us-west-2", "namespace": "keda"}
    assert found["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"] == "5"
    assert {"ServerSideApply=true", "SkipDryRunOnMissingResource=true"} <= set(
        found["spec"]["syncPolicy"]["syncOptions"]
    )


def test_a_region_is_upgraded_by_its_own_version(rendered: Rendered) -> None:
    assert application(rendered, "eu-west-1")["spec"]["source"]["targetRevision"] == "1.3.0"


def test_its_project_allows_its_repository_its_namespaces_and_its_kinds(rendered: Rendered) -> None:
    project = rendered.objects["argocd/hub/root/project-operators.yaml"]["spec"]
    assert project["sourceRepos"] == ["https://charts.example.com"]
    places = {(item["name"], item["namespace"]) for item in project["destinations"]}
    clusters = ("shop-live-us-west-2", "shop-live-eu-west-1")
    assert places == {(cluster, namespace) for cluster in clusters for namespace in ("keda", "kube-system")}
    assert project["clusterResourceWhitelist"] == [
        {"group": "apiextensions.k8s.io", "kind": "CustomResourceDefinition"}
    ]
    assert rendered.objects["argocd/hub/root/project-services.yaml"]["spec"]["sourceRepos"] == [
        "https://git.example.com/shop/platform.git"
    ]


@pytest.mark.parametrize("seen", ["{}", '{"x-as": "commas"}'], ids=["a list", "one text"])
def test_its_project_allows_the_namespaces_that_it_watches(seen: str, tmp_path: Path) -> None:
    watching = {"thing": {**USE, "replicas": 2, "watches": ["data", "pipeline"]}}
    about = THING.replace("  namespaces: [kube-system]\n", "")
    root = workspace(tmp_path, about=about, components=watching)
    schema = root / "templates" / "operators" / "thing" / "schema.json"
    schema.write_text(f'{{"properties": {{"replicas": {{}}, "watches": {seen}}}}}', "utf-8")
    project = render(root, "shop", "live").objects["argocd/hub/root/project-operators.yaml"]["spec"]
    assert {item["namespace"] for item in project["destinations"]} == {"keda", "data", "pipeline"}


def test_an_operator_has_no_manifests_and_no_forms(rendered: Rendered) -> None:
    assert [path for path in rendered.files if "/thing/" in path] == []


def test_a_chart_without_a_template_of_values_keeps_upstreams(tmp_path: Path) -> None:
    found = render(workspace(tmp_path, values=""), "shop", "live")
    assert application(found, "us-west-2")["spec"]["source"]["helm"] == {"releaseName": "thing"}


def test_values_that_are_no_mapping_are_refused_with_their_file(tmp_path: Path) -> None:
    with pytest.raises(ProblemsError, match=r"thing/values.yaml.j2:1:1: .*Write keys and values below one another"):
        render(workspace(tmp_path, values="- [[ region.name ]]\n"), "shop", "live")


@pytest.mark.parametrize("values", ["limits:\n  cpu: null\n", "limits:\n  cpu:\n", "rules:\n  - region: null\n"])
def test_nulls_which_argo_cd_would_drop_are_refused(tmp_path: Path, values: str) -> None:
    with pytest.raises(ProblemsError, match=r"thing/values.yaml.j2.*\$\.(limits\.cpu|rules\[0\]\.region).* would stay"):
        render(workspace(tmp_path, values=values), "shop", "live")


def test_a_chart_and_manifests_in_one_component_are_refused(tmp_path: Path) -> None:
    root = workspace(tmp_path)
    manifests = root / "templates" / "operators" / "thing" / "manifests"
    manifests.mkdir()
    (manifests / "a.yaml.j2").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n", "utf-8")
    with pytest.raises(GenError, match="has an upstream chart and manifests"):
        render(root, "shop", "live")


def test_what_an_operator_of_the_platform_brings_is_no_prerequisite(tmp_path: Path) -> None:
    about = "description: A thing\nscope: instance\nwave: 20\nkinds: [ConfigMap]\n" + (
        "requires: [{what: Thing operator 1.2 or newer, by: operators/thing}]\n"
    )
    manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: user\n  namespace: data\n"
    user = {"use": "data/user", "namespace": "data"}
    for name, components in (("with", {"thing": {**USE, "replicas": 2}, "user": user}), ("without", {"user": user})):
        root = workspace(tmp_path / name, components=components)
        folder = root / "templates" / "data" / "user" / "manifests"
        folder.mkdir(parents=True)
        (folder.parent / "component.yaml").write_text(about, "utf-8")
        (folder / "configmap.yaml.j2").write_text(manifest, "utf-8")
        readme = render(root, "shop", "live").files["README.md"].decode()
        assert ("Thing operator 1.2 or newer" in readme) is (name == "without")
