"""The kustomize stage over the shop: silent when all is right, and one case for each problem that it knows."""

import shutil
from pathlib import Path

from shop_tree import OVERLAY, edit, kustomize, of_rule, read, rules, shop

ROOT = "kustomize/regions/us/kustomization.yaml"


def test_overlays_that_equal_the_manifests_have_no_problem(tmp_path: Path) -> None:
    outcome = kustomize(shop(tmp_path))
    assert outcome.problems == ()
    assert outcome.note == "2 components built 5 times; 5 objects compared"


def test_a_tree_without_kustomizations_is_not_judged(tmp_path: Path) -> None:
    tree = shop(tmp_path)
    shutil.rmtree(tree.root / "kustomize")
    assert kustomize(tree).note == ""


def test_a_patch_that_was_removed_is_reported(tmp_path: Path) -> None:
    tree = shop(tmp_path)
    file = tree.root / OVERLAY / "kustomization.yaml"
    file.write_text(file.read_text().partition("patches:")[0])
    (problem,) = kustomize(tree).problems
    assert (problem.rule, problem.path) == ("forms/differs", "$.spec.replicas")
    assert problem.message == "The overlay of us has 2, the manifest has 3."


def test_a_patch_changed_by_hand_is_the_file_to_look_at(tmp_path: Path) -> None:
    tree = edit(shop(tmp_path), f"{OVERLAY}/patch-deployment.yaml", "replicas: 3", "replicas: 9")
    (problem,) = kustomize(tree).problems
    assert problem.file == f"output/shop/test/{OVERLAY}/patch-deployment.yaml"


def test_a_resource_changed_by_hand_is_the_file_to_look_at(tmp_path: Path) -> None:
    tree = edit(shop(tmp_path), "kustomize/cart/base/configmap.yaml", '"yes"', '"no"')
    problems = kustomize(tree).problems
    assert {problem.file for problem in problems} == {"output/shop/test/kustomize/cart/base/configmap.yaml"}
    assert {problem.path for problem in problems} == {"$.data.ENABLED"}


def test_a_transformer_changed_by_hand_is_reported(tmp_path: Path) -> None:
    tree = edit(shop(tmp_path), f"{OVERLAY}/kustomization.yaml", "newName: registry.us", "newName: registry.eu")
    (problem,) = kustomize(tree).problems
    assert problem.path == "$.spec.template.spec.containers[0].image"


def test_an_object_that_an_overlay_lacks_is_missing(tmp_path: Path) -> None:
    tree = edit(shop(tmp_path), "kustomize/cart/base/kustomization.yaml", "  - configmap.yaml\n", "")
    found = kustomize(tree).problems
    assert {problem.rule for problem in found} == {"forms/missing"}
    assert {str(problem.object) for problem in found} == {"ConfigMap shop/cart"}


def test_an_object_that_an_overlay_has_beside_the_manifests_is_extra(tmp_path: Path) -> None:
    tree = shop(tmp_path)
    (tree.root / OVERLAY / "more.yaml").write_text("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: more\n")
    tree = edit(tree, f"{OVERLAY}/kustomization.yaml", "  - ../../base\n", "  - ../../base\n  - more.yaml\n")
    found = kustomize(tree).problems
    assert {problem.rule for problem in found} == {"forms/extra"}
    assert {problem.message for problem in found} == {
        "The overlay of us has this object, the manifests have not.",
        "The root of us has this object, the manifests have not.",
    }


def test_a_root_that_leaves_a_component_out_is_reported(tmp_path: Path) -> None:
    (problem,) = kustomize(edit(shop(tmp_path), ROOT, "  - ../../audit/overlays/us\n", "")).problems
    assert (problem.rule, problem.file) == ("forms/missing", f"output/shop/test/{ROOT}")
    assert str(problem.object) == "ConfigMap shop/audit"


def test_a_root_that_changes_an_object_is_reported(tmp_path: Path) -> None:
    (problem,) = kustomize(
        edit(shop(tmp_path), ROOT, "resources:", "replicas:\n  - name: cart\n    count: 8\nresources:")
    ).problems
    assert problem.message == "The root of us has 8, the manifest has 3."


def test_a_region_without_root_is_reported(tmp_path: Path) -> None:
    tree = shop(tmp_path)
    shutil.rmtree(tree.root / "kustomize/regions/us")
    (problem,) = kustomize(tree).problems
    assert problem.rule == "forms/regions"
    assert "regions/us is not there" in problem.message


def test_a_region_without_overlay_is_reported(tmp_path: Path) -> None:
    tree = edit(shop(tmp_path), ROOT, "  - ../../cart/overlays/us\n", "")
    shutil.rmtree(tree.root / OVERLAY)
    (problem,) = kustomize(tree).problems
    assert problem.rule == "forms/regions"


def test_an_overlay_of_a_region_without_manifests_is_reported(tmp_path: Path) -> None:
    tree = shop(tmp_path)
    shutil.copytree(tree.root / "kustomize/audit/overlays/us", tree.root / "kustomize/audit/overlays/eu")
    (problem,) = kustomize(tree).problems
    assert "overlays/eu is there, but eu has no manifests" in problem.message


def test_a_warning_of_kustomize_is_a_problem(tmp_path: Path) -> None:
    tree = edit(shop(tmp_path), "kustomize/audit/overlays/us/kustomization.yaml", "resources:", "bases: []\nresources:")
    tree = edit(tree, "kustomize/audit/overlays/us/kustomization.yaml", "bases: []", "commonLabels:\n  a: b")
    found = of_rule(kustomize(tree), "kustomize/warning")
    assert f"{tree.shown}/kustomize/audit/overlays/us/kustomization.yaml" in {problem.file for problem in found}
    assert "commonLabels" in found[0].message


def test_a_build_that_fails_is_reported_without_the_folder_of_this_machine(tmp_path: Path) -> None:
    tree = edit(shop(tmp_path), f"{OVERLAY}/kustomization.yaml", "../../base\n", "../../bsae\n")
    found = of_rule(kustomize(tree), "kustomize/build")
    assert {problem.file for problem in found} == {
        f"output/shop/test/{OVERLAY}/kustomization.yaml",
        f"output/shop/test/{ROOT}",
    }
    assert all(str(tmp_path) not in problem.message for problem in found)


def test_a_resource_from_the_network_is_not_fetched(tmp_path: Path) -> None:
    tree = edit(
        shop(tmp_path), f"{OVERLAY}/kustomization.yaml", "../../base\n", "../../base\n  - https://example.com/x.yaml\n"
    )
    assert "kustomize/build" in rules(kustomize(tree))


def test_a_key_that_kustomize_takes_for_a_merge_and_loses_is_reported(tmp_path: Path) -> None:
    text = 'apiVersion: example.com/v1\nkind: Odd\nmetadata:\n  name: odd\nspec:\n  "<<": x\n  a: "<<"\n  b: 1.0\n'
    tree = shop(tmp_path)
    for path in ("clusters/us/audit/configmap.yaml", "kustomize/audit/overlays/us/configmap.yaml"):
        (tree.root / path).write_text(text)
    (problem,) = kustomize(read(tree.root)).problems
    assert (problem.rule, problem.path) == ("forms/differs", "$.spec['<<']")
