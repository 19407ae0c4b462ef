"""The small shop in tests/verify_forms/shop, in three forms and two regions, to be changed by tests."""

import shutil
from pathlib import Path

from rendered import real_toolbox

from generator.base.problem import Problem
from generator.verify.forms.helm import check_helm
from generator.verify.forms.kustomize import check_kustomize
from generator.verify.forms.tree import FormTree
from generator.verify.outcome import Outcome

SHOP = Path(__file__).parent / "shop"
CART = "charts/shop/charts/cart"
OVERLAY = "kustomize/cart/overlays/us"


def shop(folder: Path) -> FormTree:
    """Return a copy of the shop; the manifests are read when the tree is returned."""
    root = folder / "shop"
    shutil.copytree(SHOP, root)
    return read(root)


def read(root: Path) -> FormTree:
    manifests = {path.relative_to(root).as_posix(): path.read_bytes() for path in root.glob("clusters/*/*/*.yaml")}
    return FormTree(root, "output/shop/test", ("eu", "us"), manifests)


def edit(tree: FormTree, file: str, old: str, new: str) -> FormTree:
    """Return the tree after a text in one of its files was replaced."""
    path = tree.root / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return read(tree.root)


def helm(*trees: FormTree) -> Outcome:
    return check_helm(trees, real_toolbox().tools["helm"], lambda _: None)


def kustomize(*trees: FormTree) -> Outcome:
    return check_kustomize(trees, real_toolbox().tools["kustomize"], lambda _: None)


def rules(outcome: Outcome) -> set[str]:
    return {problem.rule for problem in outcome.problems}


def of_rule(outcome: Outcome, rule: str) -> list[Problem]:
    return [problem for problem in outcome.problems if problem.rule == rule]
