"""Applications point to what their component is delivered in: plain manifests, a chart, an overlay."""

import copy
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from generator.deliver.argocd import render_argocd
from generator.deliver.render import Renderer
from generator.plan.units import plan
from generator.spec.load import load
from generator.spec.workspace import open_workspace

BASE = Path(__file__).resolve().parents[2] / "examples" / "invalid" / "base"
ALL = {"manifests", "helm", "kustomize"}
Manifest = dict[str, Any]


def rendered(root: Path, environment: dict[str, Any]) -> dict[str, Manifest]:
    """Return Argo CD's objects by path of the examples' platform with more in its environment."""
    shutil.copytree(BASE, root, dirs_exist_ok=True)
    file = root / "environments" / "shop" / "production.yaml"
    file.write_text(yaml.safe_dump({"tier": "small", "regions": ["us-east", "eu-west"], **environment}), "utf-8")
    opened = open_workspace(root)
    platform = load(opened, "shop", "production")
    units, renderer = plan(platform, opened.catalogue), Renderer()
    documents = [document for unit in units for document in renderer.documents(unit)]
    made = render_argocd(platform, opened.catalogue, units, documents, renderer)
    return {document.path: yaml.safe_load(document.content) for document in made}


def components(objects: dict[str, Manifest], region: str = "eu-west") -> dict[str, Manifest]:
    """Return the Applications of a region's components by the component's name."""
    below = f"argocd/hub/components/{region}/"
    return {p.removeprefix(below).removesuffix(".yaml"): o for p, o in objects.items() if p.startswith(below)}


def source(application: Manifest) -> Manifest:
    """Return what an Application reads, but for the repository and its revision."""
    return {k: v for k, v in application["spec"]["source"].items() if k not in {"repoURL", "targetRevision"}}


@pytest.fixture(scope="module")
def by_form(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Manifest]]:
    return {form: rendered(tmp_path_factory.mktemp(form), {"gitops": {"delivery": form}}) for form in sorted(ALL)}


def test_manifests_are_read_where_they_lie_in_their_region(by_form: dict[str, dict[str, Manifest]]) -> None:
    for name, application in components(by_form["manifests"]).items():
        assert source(application) == {"path": f"output/shop/production/clusters/eu-west/{name}"}


def test_a_chart_is_installed_under_its_components_name_with_the_values_of_the_region(
    by_form: dict[str, dict[str, Manifest]],
) -> None:
    for name, application in components(by_form["helm"]).items():
        assert source(application) == {
            "path": f"output/shop/production/charts/shop/charts/{name}",
            "helm": {"releaseName": name, "valueFiles": ["values-eu-west.yaml"]},
        }


def test_an_overlay_is_built_for_its_region_and_again_when_its_base_changes(
    by_form: dict[str, dict[str, Manifest]],
) -> None:
    for name, application in components(by_form["kustomize"]).items():
        assert source(application) == {"path": f"output/shop/production/kustomize/{name}/overlays/eu-west"}
        changes = application["metadata"]["annotations"]["argocd.argoproj.io/manifest-generate-paths"]
        assert changes == ".;../../base"
    for form in ("manifests", "helm"):
        for application in components(by_form[form]).values():
            assert application["metadata"]["annotations"]["argocd.argoproj.io/manifest-generate-paths"] == "."


@pytest.mark.parametrize("form", sorted(ALL - {"manifests"}))
def test_nothing_but_the_components_sources_depends_on_the_form(
    form: str, by_form: dict[str, dict[str, Manifest]]
) -> None:
    assert by_form[form].keys() == by_form["manifests"].keys()
    for path, plain in by_form["manifests"].items():
        other = by_form[form][path]
        if "/components/" not in path:
            assert other == plain
        else:
            assert other["spec"]["source"] != plain["spec"]["source"]
            assert _without_source(other) == _without_source(plain)


def _without_source(application: Manifest) -> Manifest:
    """Return an Application without what it reads, and without whose changes matter to it."""
    left = copy.deepcopy(application)
    del left["spec"]["source"], left["metadata"]["annotations"]["argocd.argoproj.io/manifest-generate-paths"]
    return left


def test_a_service_and_an_instance_choose_a_form_and_what_a_region_brings_follows_the_platform(tmp_path: Path) -> None:
    environment = {
        "gitops": {"delivery": "kustomize"},
        "services": {"catalog": {"delivery": "helm"}},
        "components": {"sessions": {"delivery": "manifests"}},
        "in": {"us-east": {"services": {"orders": {"delivery": "manifests"}}}},
    }
    objects = rendered(tmp_path, environment)
    folders = {
        region: {name: source(item)["path"].split("/")[3] for name, item in components(objects, region).items()}
        for region in ("us-east", "eu-west")
    }
    rest = dict.fromkeys(("namespaces", "istio", "gateway", "secrets", "storage", "frontend", "reports"), "kustomize")
    chosen = {"catalog": "charts", "sessions": "clusters"}
    assert folders["us-east"] == {**rest, **chosen, "orders": "clusters"}
    assert folders["eu-west"] == {**rest, **chosen, "orders": "kustomize"}


def test_a_workspace_below_the_top_of_its_repository_is_in_every_path(tmp_path: Path) -> None:
    objects = rendered(tmp_path, {"gitops": {"delivery": "helm", "path": "platforms/shop"}})
    path = source(components(objects)["catalog"])["path"]
    assert path == "platforms/shop/output/shop/production/charts/shop/charts/catalog"
