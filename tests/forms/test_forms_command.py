"""`gen render` in forms: which are rendered, who owns them, what cannot be expressed."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result
from rendering import CHECKOUT, SHOP, copied, edit, read_tree

from generator.cli.main import main

GOLDEN = CHECKOUT / "tests" / "golden"
SPEC = "environments/shop/platform.yaml"
TREE = "output/shop/production"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copied(SHOP, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def gen(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """Return the exit code and all that gen says."""
    with pytest.raises(SystemExit) as ended:
        main(words)
    shown = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    assert "Traceback" not in shown.err
    return ended.value.code, shown.out + shown.err


def tops(workspace: Path) -> set[str]:
    return {path.split("/")[0] for path in read_tree(workspace / TREE)}


def inventory(workspace: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((workspace / TREE / "inventory.json").read_text("utf-8"))
    return found


def test_without_a_word_only_what_is_delivered_is_rendered(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gen(capsys, "render")
    assert tops(workspace) == {"README.md", "argocd", "clusters", "inventory.json", "plan", "runbooks"}
    assert (inventory(workspace)["forms"], inventory(workspace)["asked"]) == (["manifests"], None)


def test_form_renders_what_it_names_beside_what_is_delivered(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = gen(capsys, "render", "--form", "manifests,kustomize", "--form", "helm")
    assert code == 0
    assert "objects as manifests, helm, kustomize" in said
    assert tops(workspace) == {
        "README.md",
        "argocd",
        "charts",
        "clusters",
        "inventory.json",
        "kustomize",
        "plan",
        "runbooks",
    }
    assert inventory(workspace)["asked"] == ["manifests", "helm", "kustomize"]
    owners = {entry["unit"] for entry in inventory(workspace)["files"].values()}
    assert {"charts", "charts/catalog", "kustomize/catalog", "kustomize/regions/eu-central-1"} <= owners
    assert gen(capsys, "render", "--form", "helm")[0] == 0
    assert tops(workspace) == {"README.md", "argocd", "charts", "clusters", "inventory.json", "plan", "runbooks"}


def test_verify_takes_a_tree_with_the_forms_that_it_was_rendered_with(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gen(capsys, "render", "--form", "kustomize")
    without = [word for name in ("admission", "istioctl", "promtool", "kubeconform") for word in ("--without", name)]
    code, said = gen(capsys, "verify", *without, "--allow-incomplete")
    assert code == 0, said
    assert "render/" not in said
    (workspace / TREE / "kustomize" / "catalog" / "base" / "service.yaml").unlink()
    code, said = gen(capsys, "verify", *without, "--allow-incomplete")
    assert code == 1
    assert "[render/added]" in said
    assert "[kustomize/build]" in said


def test_the_spec_lists_forms_too(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(workspace / SPEC, "platform.git}", "platform.git, forms: [helm]}")
    assert gen(capsys, "render")[0] == 0
    assert inventory(workspace)["forms"] == ["manifests", "helm"]
    assert gen(capsys, "render", "--check")[0] == 0
    edit(workspace / SPEC, ", forms: [helm]}", "}")
    assert gen(capsys, "render")[0] == 0
    assert "charts" not in tops(workspace)


def test_a_delivery_of_one_component_renders_that_component_only(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(workspace / SPEC, "    size: medium", "    size: medium\n    delivery: helm")
    assert gen(capsys, "render")[0] == 0
    files = read_tree(workspace / TREE)
    assert {path.split("/")[3] for path in files if path.startswith("charts/shop/charts/")} == {"catalog"}
    assert not [path for path in files if path.startswith("clusters/eu-central-1/catalog/")]
    assert [path for path in files if path.startswith("clusters/eu-central-1/frontend/")]
    application = yaml.safe_load(files["argocd/hub/components/eu-central-1/catalog.yaml"])
    assert application["spec"]["source"]["path"].endswith("charts/shop/charts/catalog")
    assert application["spec"]["source"]["helm"]["valueFiles"] == ["values-eu-central-1.yaml"]


def test_a_narrowed_rendering_keeps_the_forms_of_the_tree(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gen(capsys, "render", "--form", "helm,kustomize")
    before = read_tree(workspace / TREE)
    edit(workspace / SPEC, "2.0.1", "2.0.2")
    code, _ = gen(capsys, "render", "--component", "catalog")
    assert code == 0
    after = read_tree(workspace / TREE)
    changed = {path for path in before if before[path] != after[path]} - {"inventory.json"}
    assert changed
    assert all("catalog" in path for path in changed)
    assert {path.split("/")[0] for path in changed} == {"charts", "clusters", "kustomize"}
    assert inventory(workspace)["asked"] == ["helm", "kustomize"]
    assert gen(capsys, "render", "--region", "eu-central-1")[0] == 0
    assert read_tree(workspace / TREE).keys() == before.keys()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--form", "helms"), "there is no form 'helms'. Did you mean 'helm'?"),
        (("--form", "helm", "--region", "eu-central-1"), "--form renders whole environments"),
        (("--form", "helm", "--component", "catalog"), "--form renders whole environments"),
    ],
)
def test_a_form_that_cannot_be_is_a_mistake_of_usage(
    workspace: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], message: str
) -> None:
    code, said = gen(capsys, "render", *words)
    assert code == 2
    assert message in said
    assert not (workspace / "output").exists()


@pytest.mark.parametrize(
    ("path", "instead"),
    [
        (
            "charts/shop/charts/catalog/values-eu-central-1.yaml",
            "gen owns the values of the chart catalog: change services.catalog in environments/shop/production.yaml or "
            "platform.yaml (for eu-central-1 alone below in.eu-central-1); values for a trial go into a file of yours",
        ),
        ("charts/shop/charts/catalog/values.yaml", "gen owns the values of the chart catalog: change services.catalog"),
        ("charts/shop/charts/catalog/templates/deployment.yaml", "or its templates in a component of your own"),
        ("charts/shop/values.yaml", "gen owns the values of the chart shop: change environments/shop/production.yaml"),
        ("kustomize/catalog/base/deployment.yaml", "a patch of your own goes into an overlay outside of output/"),
        ("kustomize/regions/eu-central-1/kustomization.yaml", "change the spec in environments/shop/"),
        ("clusters/eu-central-1/catalog/deployment.yaml", "or add to its 'patches'"),
    ],
)
def test_whoever_edits_a_rendered_file_is_told_what_to_edit_instead(
    workspace: Path, capsys: pytest.CaptureFixture[str], path: str, instead: str
) -> None:
    gen(capsys, "render", "--form", "helm,kustomize")
    file = workspace / TREE / path
    edited = file.read_bytes() + b"# by hand\n"
    file.write_bytes(edited)
    code, said = gen(capsys, "render", "--form", "helm,kustomize")
    assert code == 1
    assert f"! {TREE}/{path}" in said
    assert instead in said
    assert file.read_bytes() == edited
    code, said = gen(capsys, "render", "--form", "helm,kustomize", "--format", "json")
    (problem,) = json.loads(said)["problems"]
    assert instead in problem["hint"]
    assert gen(capsys, "render", "--form", "helm,kustomize", "--force")[0] == 0
    assert file.read_bytes() != edited


def two_regions(workspace: Path) -> None:
    """Bring a component of the workspace's own that says its region, and a second region."""
    platform, environment = workspace / SPEC, workspace / "environments" / "shop" / "production.yaml"
    region = "\n    cloud: aws\n    zones: [{0}a, {0}b]\n    registry: registry.example.com/shop\n"
    edit(platform, "namespaces:\n", "  eu-west-1:" + region.format("eu-west-1") + "namespaces:\n")
    component = {"use": "own/place", "namespace": "shop"}
    with platform.open("a", encoding="utf-8") as file:
        file.write(f"components: {json.dumps({'place': component})}\n")
    edit(environment, "[eu-central-1]", "[eu-central-1, eu-west-1]")
    folder = workspace / "templates" / "own" / "place"
    (folder / "manifests").mkdir(parents=True)
    (folder / "component.yaml").write_text("description: Says where\nscope: instance\nwave: 1\nkinds: [ConfigMap]\n")
    (folder / "manifests" / "configmap.yaml.j2").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: [[ instance.name ]]\n"
        "  namespace: [[ instance.namespace ]]\ndata:\n  where: [[ region.name ]]\n"
    )


def test_what_a_chart_cannot_say_is_refused_with_the_template_and_the_way_out(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    two_regions(workspace)
    assert gen(capsys, "render", "--form", "kustomize")[0] == 0
    before = read_tree(workspace / TREE)
    code, said = gen(capsys, "render", "--form", "helm")
    assert code == 1
    assert "templates/own/place/manifests/configmap.yaml.j2:7:10" in said
    assert "the value differs between regions ('eu-central-1' in eu-central-1, 'eu-west-1' in eu-west-1)" in said
    assert 'Mark it in the template with regional("path", value)' in said
    assert read_tree(workspace / TREE) == before
    marked = workspace / "templates" / "own" / "place" / "manifests" / "configmap.yaml.j2"
    edit(marked, "[[ region.name ]]", '[[ regional("where", region.name) ]]')
    code, said = gen(capsys, "render", "--form", "helm")
    assert code == 1
    assert "templates/own/place/values.schema.json" in said
    schema = {"properties": {"where": {"description": "Where it runs.", "type": "string"}}}
    (workspace / "templates" / "own" / "place" / "values.schema.json").write_text(json.dumps(schema), "utf-8")
    assert gen(capsys, "render", "--form", "helm")[0] == 0


def test_a_patched_component_cannot_be_a_chart(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    operation = "{op: add, path: /spec/sessionAffinity, value: None}"
    patch = f"\n    patches: [{{kind: Service, name: catalog, operations: [{operation}]}}]"
    edit(workspace / SPEC, "    size: medium", f"    size: medium{patch}")
    assert gen(capsys, "render", "--form", "kustomize")[0] == 0
    code, said = gen(capsys, "render", "--form", "helm")
    assert code == 1
    assert f"{SPEC}:" in said
    assert "a patch cannot reach the templates of a Helm chart" in said


def test_a_component_called_regions_cannot_be_a_kustomization(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (workspace / SPEC).read_text("utf-8").replace("catalog", "regions")
    (workspace / SPEC).write_text(text, "utf-8")
    environment = workspace / "environments" / "shop" / "production.yaml"
    environment.write_text(environment.read_text("utf-8").replace("catalog", "regions"), "utf-8")
    assert gen(capsys, "render", "--form", "helm")[0] == 0
    code, said = gen(capsys, "render", "--form", "kustomize")
    assert code == 1
    assert "regions" in said


def verified(workspace: Path, *words: str) -> Result:
    from generator.cli.main import cli

    return CliRunner().invoke(cli, ["verify", "--workspace", str(workspace), "--format", "json", *words])


@pytest.mark.parametrize("environment", ["growth", "staging"])
def test_talai_means_the_same_in_three_forms_in_every_tier(
    environment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Production is verified in three forms as it is committed."""
    shutil.copytree(CHECKOUT / "environments", tmp_path / "environments")
    monkeypatch.chdir(tmp_path)
    assert gen(capsys, "render", "--env", environment, "--form", "manifests,helm,kustomize")[0] == 0
    left_out = ("yamllint", "kubeconform", "promtool", "istioctl", "admission", "reachability")
    without = [word for name in left_out for word in ("--without", name)]
    report = json.loads(verified(tmp_path, "--env", environment, "--allow-incomplete", *without).stdout)
    stages = {stage["name"]: stage for stage in report["stages"]}
    assert [problem for problem in report["problems"] if problem["severity"] == "error"] == []
    charts, components = stages["helm"]["note"], stages["kustomize"]["note"]
    clusters = tmp_path / "output" / "talai" / environment / "clusters"
    names = {path.name for path in clusters.glob("*/*/")}
    count = len(list(clusters.rglob("*.yaml")))
    assert {"orchex", "namespaces", "kafka"} <= names  # services, what regions bring, further components
    assert f"{len(names)} charts" in charts
    assert f"{len(names)} components" in components
    for note in (charts, components):
        assert f"{count} objects compared" in note
