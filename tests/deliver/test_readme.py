"""The README of a tree tells people what is there, in numbers that are those of the files."""

import re

import pytest
from rendering import CHECKOUT, SHOP, Rendered, rendered_once

ATLAS = (CHECKOUT / "tests" / "golden" / "atlas", "atlas", "live")
TREES = {"production": (CHECKOUT, "talai", "production"), "shop": (SHOP, "shop", "production"), "atlas": ATLAS}


@pytest.fixture(params=TREES)
def tree(request: pytest.FixtureRequest) -> Rendered:
    return rendered_once(*TREES[request.param])


def readme(tree: Rendered) -> str:
    return tree.files["README.md"].decode()


def test_objects_are_counted_by_kind_and_together(tree: Rendered) -> None:
    text = readme(tree)
    kinds = [o["kind"] for o in tree.objects.values()]
    table = text.partition("## Objects by kind")[2].partition("##")[0]
    told = {kind: int(number) for kind, number in re.findall(r"^\| (\w+) \| (\d+) \|$", table, re.MULTILINE)}
    assert told == {kind: kinds.count(kind) for kind in kinds}
    assert f"\n{len(kinds)} object" in text


def test_every_file_that_a_person_applies_is_named_and_there(tree: Rendered) -> None:
    applied = set(re.findall(r"(?:-f|--patch-file) (\S+)", readme(tree)))
    assert applied == {path for path in tree.files if "/bootstrap/" in path}


def test_every_region_and_service_has_a_row(tree: Rendered) -> None:
    text = readme(tree)
    for region in tree.platform.regions:
        assert f"\n| {region.name} | {region.role} |" in text
        assert all(f"\n| {name} " in text for name in tree.platform.services[region.name])


def test_a_service_of_some_regions_says_which() -> None:
    text = readme(rendered_once(*ATLAS))
    assert "\n| search (only in us-east-1) | Finds places |" in text
    assert "\n| web | Shows maps: the site's only public part |" in text


def test_requirements_of_sections_that_are_not_there_are_left_out() -> None:
    text = readme(rendered_once(SHOP, "shop", "production"))
    assert "Argo CD 2.14" in text
    assert not [word for word in ("Istio", "Prometheus", "External Secrets") if word in text]
