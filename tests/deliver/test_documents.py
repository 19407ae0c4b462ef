"""Documents: one object a file, the file named after the object, and no object made twice."""

from pathlib import Path

import pytest
from rendering import CHECKOUT, copied, edit, render, rendered_once

from generator.base.errors import GenError, ProblemsError
from generator.deliver import tree

ATLAS = CHECKOUT / "tests" / "golden" / "atlas"
TEMPLATE = "templates/batch/report/manifests/serviceaccount.yaml.j2"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return copied(ATLAS, tmp_path)


def test_every_file_holds_one_object_and_says_what_made_it() -> None:
    for path, content in rendered_once(ATLAS, "atlas", "live").files.items():
        if path.endswith(".yaml"):
            lines = content.decode().splitlines()
            assert "---" not in lines, path
            assert ", from templates/" in lines[0], path
            assert lines[1] == "# Written by gen: change the spec in environments/ and render again."
            assert content.endswith(b"\n")
            assert not content.endswith(b"\n\n")
            assert [line for line in lines if line != line.rstrip()] == []


def test_a_file_is_named_after_its_object() -> None:
    for path, o in rendered_once(ATLAS, "atlas", "live").objects.items():
        if path.startswith("clusters/"):
            assert path.rpartition("/")[2].startswith((f"{o['kind'].lower()}.", f"{o['kind'].lower()}-")), path


def test_two_units_that_make_the_same_object_are_both_named(workspace: Path) -> None:
    edit(workspace / TEMPLATE, "name: [[ instance.name ]]", "name: web")
    edit(workspace / TEMPLATE, "namespace: [[ instance.namespace ]]", "namespace: maps")
    with pytest.raises(ProblemsError) as caught:
        render(workspace, "atlas", "live")
    assert "ServiceAccount maps/web" in str(caught.value)
    assert "clusters/us-east-1/web" in str(caught.value)
    assert "clusters/us-east-1/usage" in str(caught.value)


def test_a_template_that_makes_one_object_twice_is_named(workspace: Path) -> None:
    template = workspace / TEMPLATE
    text = template.read_text("utf-8")
    template.write_text(f"{text}---\n{text}", "utf-8")
    with pytest.raises(ProblemsError) as caught:
        render(workspace, "atlas", "live")
    assert "ServiceAccount reports/usage would be written twice" in str(caught.value)


def test_a_component_that_makes_another_kind_than_it_says_is_refused(workspace: Path) -> None:
    edit(workspace / TEMPLATE, "kind: ServiceAccount", "kind: Secret")
    with pytest.raises(ProblemsError) as caught:
        render(workspace, "atlas", "live")
    said = "Secret is not among the kinds of templates/batch/report/component.yaml. Add it there."
    assert all(problem.message + " " + problem.hint == said for problem in caught.value.problems)


def test_a_tree_beyond_the_limit_is_refused_and_not_held_in_memory(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree, "SIZE_LIMIT", 10_000)
    with pytest.raises(GenError, match="Move what is large out of the spec"):
        render(workspace, "atlas", "live")
