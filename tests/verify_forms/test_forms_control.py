"""The stages notice when they are blind: each has negative controls, and a control that fails is a problem."""

from pathlib import Path

import pytest
from rendered import real_toolbox
from shop_tree import OVERLAY, edit, shop

from generator.base.errors import GenError
from generator.verify.forms import control
from generator.verify.forms.chart import check_chart
from generator.verify.forms.control import helm_controls, kustomize_controls
from generator.verify.forms.control_tree import write_control_tree
from generator.verify.forms.helm import check_helm
from generator.verify.forms.kustomize import check_kustomize
from generator.verify.forms.overlay import check_overlays
from generator.verify.forms.tool import Tool
from generator.verify.forms.tree import find_kustomizations, find_umbrellas


def tool(name: str, folder: Path, binary: Path | None = None) -> Tool:
    homes = folder / "homes"
    homes.mkdir(exist_ok=True)
    return Tool(name, binary or real_toolbox().tools[name], homes)


def blind(name: str, folder: Path, output: str) -> Tool:
    """Return a tool that answers the same whatever it is asked."""
    script = folder / "blind.sh"
    script.write_text(f"#!/bin/sh\n/bin/cat {output}\n")
    script.chmod(0o755)
    return tool(name, folder, script)


def test_the_controls_of_a_sound_stage_are_silent(tmp_path: Path) -> None:
    assert helm_controls([], tool("helm", tmp_path), tmp_path / "helm") == []
    assert kustomize_controls([], tool("kustomize", tmp_path), tmp_path / "kustomize") == []


def test_a_helm_that_sees_no_change_fails_the_control(tmp_path: Path) -> None:
    tree = write_control_tree(tmp_path / "tree")
    manifest = tmp_path / "east.yaml"
    manifest.write_bytes(tree.manifests["clusters/east/control/deployment.yaml"])
    problems = helm_controls([], blind("helm", tmp_path, str(manifest)), tmp_path / "files")
    assert {problem.rule for problem in problems} == {"forms/control"}


def test_a_comparison_that_sees_no_change_fails_the_controls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generator.verify.forms.equality.equal", lambda *_: True)
    by_helm = helm_controls([], tool("helm", tmp_path), tmp_path / "helm")
    by_kustomize = kustomize_controls([], tool("kustomize", tmp_path), tmp_path / "kustomize")
    assert [problem.message.partition(" goes ")[0].split("/")[-1] for problem in (*by_helm, *by_kustomize)] == [
        "values-west.yaml",
        "west",
    ]


def test_a_stage_that_finds_fault_with_what_is_right_fails_the_controls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("generator.verify.forms.equality.equal", lambda *_: False)
    problems = helm_controls([], tool("helm", tmp_path), tmp_path / "helm")
    assert any("finds fault where there is none" in problem.message for problem in problems)


def test_the_first_chart_of_a_tree_with_values_that_differ_is_a_control(tmp_path: Path) -> None:
    tree, helm = shop(tmp_path), tool("helm", tmp_path)
    (umbrella,) = find_umbrellas(tree)
    checked = [check_chart(part, helm) for part in umbrella.components]
    assert helm_controls(checked, helm, tmp_path / "files") == []
    assert [path.name for path in (tmp_path / "files/1/charts/shop/charts").iterdir()] == ["cart"]


def test_a_values_file_that_nothing_reads_fails_the_control(tmp_path: Path) -> None:
    tree, helm = shop(tmp_path), tool("helm", tmp_path)
    template = "charts/shop/charts/audit/templates/configmap.yaml"
    edit(tree, template, "{{ quote .Values.level }}", "debug")
    # A second region, so that the first one's defaults are not what changes.
    cart = tree.root / "charts/shop/charts/cart"
    (cart / "values-us.yaml").write_text("unused: 1\nreplicaCount: 2\n")
    (cart / "values.schema.json").unlink()
    deployment = (tree.root / "clusters/eu/cart/deployment.yaml").read_bytes()
    manifests = {**tree.manifests, "clusters/us/cart/deployment.yaml": deployment}
    tree = type(tree)(tree.root, tree.shown, tree.regions, manifests)
    edit(tree, "charts/shop/charts/cart/templates/deployment.yaml", "{{ int64 .Values.replicaCount }}", "2")
    (umbrella,) = find_umbrellas(tree)
    checked = [check_chart(part, helm) for part in umbrella.components]
    assert [problem for part in checked for problem in part.problems] == []
    (problem,) = helm_controls(checked, helm, tmp_path / "files")
    assert problem.rule == "forms/control"
    assert problem.file == "output/shop/test/charts/shop/charts/cart"


def test_a_patch_that_changes_nothing_fails_the_control(tmp_path: Path) -> None:
    tree, kustomize = shop(tmp_path), tool("kustomize", tmp_path)
    edit(tree, f"{OVERLAY}/patch-deployment.yaml", "replicas: 3", "replicas: 2")
    changed = tree.manifests["clusters/us/cart/deployment.yaml"].replace(b"replicas: 3", b"replicas: 2")
    tree = type(tree)(
        tree.root, tree.shown, tree.regions, {**tree.manifests, "clusters/us/cart/deployment.yaml": changed}
    )
    checked = [check_overlays(part, kustomize) for part in find_kustomizations(tree).components]
    assert [problem for part in checked for problem in part.problems] == []
    (problem,) = kustomize_controls(checked, kustomize, tmp_path / "files")
    assert "A patch missing in output/shop/test/kustomize/cart/overlays/us goes unnoticed." in problem.message


def test_the_controls_run_with_each_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = shop(tmp_path)
    monkeypatch.setattr(control, "_noticed", lambda *_: False)
    for check, name in ((check_helm, "helm"), (check_kustomize, "kustomize")):
        outcome = check([tree], real_toolbox().tools[name], lambda _: None)
        assert {problem.rule for problem in outcome.problems} == {"forms/control"}


def test_a_binary_that_is_not_there_stops_the_stage_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(GenError, match="gen tools install"):
        check_helm([shop(tmp_path)], tmp_path / "no-helm", lambda _: None)


@pytest.mark.parametrize("name", ["helm", "kustomize"])
def test_a_run_sees_a_home_of_its_own_and_no_path(tmp_path: Path, name: str) -> None:
    script = tmp_path / "env.sh"
    script.write_text('#!/bin/sh\necho "$HOME|$PATH|$HELM_PLUGINS|$HELM_CONFIG_HOME|$HTTPS_PROXY|$HTTP_PROXY"\n')
    script.chmod(0o755)
    runner = tool(name, tmp_path, script)
    first, second = (runner.run().output.decode().strip().split("|") for _ in range(2))
    assert first[0] != second[0]
    assert Path(first[0]).parent == tmp_path / "homes"
    assert first[1:3] == ["", ""]
    assert first[3].startswith(first[0])
    assert first[4] == first[5] == "http://127.0.0.1:9"
    assert list((tmp_path / "homes").iterdir()) == []
