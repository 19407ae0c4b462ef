"""The roots of regions that are too large to be built each: only a plain list is known without building it."""

from pathlib import Path

import pytest
from shop_tree import edit, kustomize, read, shop

from generator.verify.forms import root
from generator.verify.forms.root import is_plain_list, regions_to_build
from generator.verify.forms.tree import find_kustomizations

ROOT = "kustomize/regions/us/kustomization.yaml"


@pytest.fixture
def _small_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(root, "LARGEST", 1)


def test_roots_of_a_small_platform_are_all_built(tmp_path: Path) -> None:
    assert regions_to_build(find_kustomizations(shop(tmp_path))) == ("eu", "us")


@pytest.mark.usefixtures("_small_limit")
def test_of_large_roots_that_are_plain_lists_the_first_is_built(tmp_path: Path) -> None:
    outcome = kustomize(shop(tmp_path))
    assert outcome.problems == ()
    assert outcome.note == "2 components built 4 times; 5 objects compared; 1 large roots known by what they list"


@pytest.mark.usefixtures("_small_limit")
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("resources:", "namePrefix: x-\nresources:"),
        ("  - ../../audit/overlays/us\n", ""),
        ("  - ../../audit/overlays/us\n", "  - ../../audit/overlays/us\n  - ../../audit/overlays/us\n"),
        ("../../audit/overlays/us", "../../audit/overlays/su"),
    ],
)
def test_a_large_root_that_says_more_or_less_is_built_and_reported(tmp_path: Path, old: str, new: str) -> None:
    tree = edit(shop(tmp_path), ROOT, old, new)
    assert not is_plain_list(find_kustomizations(tree), "us")
    assert any(problem.file.endswith(ROOT) for problem in kustomize(tree).problems)


def test_a_root_that_readers_take_differently_is_no_plain_list(tmp_path: Path) -> None:
    tree = edit(shop(tmp_path), ROOT, "resources:", "resources: []\nresources:")
    assert not is_plain_list(find_kustomizations(tree), "us")


@pytest.mark.usefixtures("_small_limit")
def test_an_object_of_two_components_is_found_without_building_the_root(tmp_path: Path) -> None:
    tree = shop(tmp_path)
    for path in ("clusters/us/audit/configmap.yaml", "kustomize/audit/overlays/us/configmap.yaml"):
        edit(tree, path, "name: audit", "name: cart")
    for path in ("kustomize/audit/overlays/us/configmap.yaml", "clusters/us/audit/configmap.yaml"):
        assert "name: cart" in (tree.root / path).read_text()
    problems = kustomize(read(tree.root)).problems
    assert {(problem.rule, str(problem.object)) for problem in problems} == {("forms/duplicate", "ConfigMap shop/cart")}
