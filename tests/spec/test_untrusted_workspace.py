"""A workspace that somebody else wrote: its names, links and numbers are judged before anything is made of them."""

import os
from pathlib import Path

import pytest
from specs import problems, write

from generator.base.errors import ProblemsError
from generator.spec import checks
from generator.spec.workspace import open_workspace

COMPONENT = "description: A thing\nscope: instance\nwave: 40\nkinds: [ConfigMap]\n"
TEMPLATE = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: [[ instance.name ]]\n"


def component(root: Path, name: str = "data/thing", template: str = "configmap.yaml.j2") -> Path:
    folder = root / "templates" / name
    (folder / "manifests").mkdir(parents=True)
    (folder / "component.yaml").write_text(COMPONENT, "utf-8")
    (folder / "manifests" / template).write_text(TEMPLATE, "utf-8")
    return folder


def refusal(root: Path) -> list[str]:
    with pytest.raises(ProblemsError) as raised:
        open_workspace(root)
    return [problem.text() for problem in raised.value.problems]


@pytest.mark.parametrize(
    ("name", "shown"),
    [(b"\x1b[31mred", r"\x1b[31mred"), (b"a\nlive.yaml: fine", r"a\nlive.yaml: fine"), (b"\xff", r"\udcff")],
)
def test_a_file_name_is_shown_without_doing_anything_to_the_terminal(name: bytes, shown: str, tmp_path: Path) -> None:
    folder = os.fsencode(write(tmp_path) / "environments" / "shop")
    Path(os.fsdecode(folder + b"/" + name + b".yaml")).write_text("regions: [north]\n", "utf-8")
    said = refusal(tmp_path)
    assert len(said) == 1
    assert said[0].startswith(f"environments/shop/{shown}.yaml: '{shown}' is not a usable name.")
    assert said[0].isprintable()


def test_a_value_is_shown_without_doing_anything_to_the_terminal(tmp_path: Path) -> None:
    write(tmp_path, environment={"regions": ["\u202enorth"]})
    assert "'\\u202enorth' is not a usable name." in problems(tmp_path)[0]


def test_a_link_that_leads_out_of_the_workspace_is_not_read(tmp_path: Path) -> None:
    outside = tmp_path / "outside.yaml"
    outside.write_text("secret: 1\n", "utf-8")
    spec = write(tmp_path / "workspace") / "environments" / "shop" / "live.yaml"
    spec.unlink()
    spec.symlink_to(outside)
    assert problems(tmp_path / "workspace") == [
        "environments/shop/live.yaml: a symbolic link leads out of the workspace. Replace it by a copy."
    ]


def test_a_link_within_the_workspace_is_followed(tmp_path: Path) -> None:
    spec = write(tmp_path) / "environments" / "shop" / "live.yaml"
    spec.rename(tmp_path / "shared.yaml")
    spec.symlink_to("../../shared.yaml")
    assert problems(tmp_path) == []


@pytest.mark.parametrize("file", ["component.yaml", "schema.json", "manifests/configmap.yaml.j2"])
def test_a_component_is_not_read_through_a_link_that_leads_out(file: str, tmp_path: Path) -> None:
    folder = component(write(tmp_path / "workspace"))
    target = tmp_path / "target"
    target.write_text((folder / file).read_text("utf-8") if (folder / file).exists() else "{}", "utf-8")
    (folder / file).unlink(missing_ok=True)
    (folder / file).symlink_to(target)
    assert refusal(tmp_path / "workspace") == [
        f"templates/data/thing/{file}: a symbolic link leads out of the workspace. Replace it by a copy."
    ]


@pytest.mark.parametrize("name", ["data/my thing", "data/x\nkind: Evil", "Data/thing"])
def test_a_component_folder_needs_a_name_that_a_spec_can_use(name: str, tmp_path: Path) -> None:
    component(write(tmp_path), name)
    assert [" not a usable name. Use 1 to 40" in text for text in refusal(tmp_path)] == [True]


def test_a_template_name_cannot_break_out_of_the_comment_that_it_stands_in(tmp_path: Path) -> None:
    component(write(tmp_path), template="a\nkind: Evil\n.yaml.j2")
    assert refusal(tmp_path) == [
        r"templates/data/thing/manifests/a\nkind: Evil\n.yaml.j2: not a usable name. "
        "Use letters, digits, '.', '_' and '-'."
    ]


def test_hidden_folders_and_files_are_no_components_and_no_templates(tmp_path: Path) -> None:
    folder = component(write(tmp_path))
    (folder / "manifests" / ".configmap.yaml.j2").write_text("an editor's copy", "utf-8")
    component(tmp_path, ".trash/thing")
    found = open_workspace(tmp_path).catalogue.components
    assert list(found["data/thing"].templates) == ["templates/data/thing/manifests/configmap.yaml.j2"]
    assert not [name for name in found if name.startswith(".")]


def test_a_workspace_file_that_cannot_be_read_is_a_problem_and_not_as_good_as_none(tmp_path: Path) -> None:
    os.mkfifo(write(tmp_path) / "environments" / "workspace.yaml")
    assert refusal(tmp_path) == [
        "environments/workspace.yaml: not a regular file. A spec is a plain text file of YAML."
    ]


def test_more_services_than_fit_into_memory_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path)
    monkeypatch.setattr(checks, "UNIT_LIMIT", 2)
    assert problems(tmp_path) == []  # one service in each of two regions
    monkeypatch.setattr(checks, "UNIT_LIMIT", 1)
    assert [text.partition("$")[2] for text in problems(tmp_path)] == [
        ".regions: the services and components of these regions are more than 1 together. "
        "Split the platform, or spread the regions over several environments."
    ]
