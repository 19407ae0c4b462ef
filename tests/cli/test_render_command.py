"""`gen render`: what it writes, what it leaves alone, what it says, and how it exits."""

import json
import os
import shutil
from pathlib import Path

import pytest
from command import TREE, Gen, Ran, process, shop
from rendering import CHECKOUT, copied, edit, read_tree

from generator.cli.main import main

CATALOG = "clusters/eu-central-1/catalog"
ATLAS = CHECKOUT / "tests" / "golden" / "atlas"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return shop(tmp_path)


@pytest.fixture
def gen(workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Gen:
    """Return a function that runs gen in the workspace."""
    monkeypatch.chdir(workspace)

    def run(*words: str) -> Ran:
        with pytest.raises(SystemExit) as ended:
            main(words)
        shown = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        assert "Traceback" not in shown.err
        return Ran(ended.value.code, shown.out, shown.err)

    return run


def tree(workspace: Path) -> dict[str, bytes]:
    return read_tree(workspace / TREE)


def test_it_says_what_it_rendered_and_exits_0(gen: Gen, workspace: Path) -> None:
    ran = gen("render")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0] == "shop/production: 4 units, 32 objects"
    assert "2 Deployment" in ran.out
    assert lines[-1].startswith(f"  files: {len(tree(workspace))} added, 0 changed, 0 removed; ")


def test_rendering_again_finds_nothing_to_do(gen: Gen) -> None:
    gen("render")
    ran = gen("render")
    assert ran.code == 0
    assert "files: up to date" in ran.out


def test_json_tells_the_same_to_a_machine(gen: Gen, workspace: Path) -> None:
    ran = gen("render", "--format", "json")
    report = json.loads(ran.out)
    assert (ran.code, ran.err, list(report), report["problems"]) == (0, "", ["problems", "trees"], [])
    (told,) = report["trees"]
    assert list(told) == [
        "tree", "forms", "units", "objects", "kinds", "added", "changed", "removed", "edited", "seconds",
    ]  # fmt: skip
    assert (told["tree"], told["units"], told["objects"]) == ("shop/production", 4, sum(told["kinds"].values()))
    assert sorted(told["added"]) == sorted(tree(workspace))
    assert (told["changed"], told["removed"], told["edited"]) == ([], [], [])


def test_a_change_of_the_spec_changes_just_the_files_that_follow_from_it(gen: Gen, workspace: Path) -> None:
    gen("render")
    edit(workspace / "environments/shop/platform.yaml", "tag: 2.0.1", "tag: 2.0.2")
    (told,) = json.loads(gen("render", "--format", "json").out)["trees"]
    assert told["changed"] == ["README.md", f"{CATALOG}/deployment.yaml", "inventory.json", "runbooks/deploy.md"]
    assert (told["added"], told["removed"]) == ([], [])


def test_a_service_that_leaves_takes_its_files_along(gen: Gen, workspace: Path) -> None:
    gen("render")
    edit(workspace / "environments/shop/platform.yaml", "    calls: {catalog: {}}\n", "")
    with (workspace / "environments/shop/production.yaml").open("a", encoding="utf-8") as spec:
        spec.write("services: {catalog: null}\n")
    assert gen("render").code == 0
    assert not [path for path in tree(workspace) if "catalog" in path]
    assert not (workspace / TREE / CATALOG).exists()


def test_problems_of_the_spec_are_told_together_and_nothing_is_written(gen: Gen, workspace: Path) -> None:
    spec = workspace / "environments/shop/platform.yaml"
    edit(spec, "    calls: {catalog: {}}", "    call: {catalog: {}}")
    edit(spec, "size: medium", "size: medum")
    ran = gen("render")
    assert (ran.code, ran.out) == (1, "")
    assert "$.services.frontend.call: unknown key. Did you mean 'calls'?" in ran.err
    assert ran.err.endswith("problem.\n") or ran.err.endswith("problems.\n")
    assert not (workspace / "output").exists()


def test_json_of_problems_has_their_places(gen: Gen, workspace: Path) -> None:
    edit(workspace / "environments/shop/platform.yaml", "size: medium", "size: medum")
    ran = gen("render", "--format", "json")
    assert (ran.code, ran.err) == (1, "")
    (problem,) = json.loads(ran.out)["problems"]
    assert list(problem) == [
        "rule", "message", "hint", "severity", "file", "line", "column", "path", "object",
    ]  # fmt: skip
    assert (problem["file"], problem["path"]) == ("environments/shop/platform.yaml", "$.services.catalog.size")
    assert (problem["line"], problem["column"], problem["severity"]) == (21, 11, "error")


def test_one_wrong_environment_keeps_every_tree_from_being_written(gen: Gen, workspace: Path) -> None:
    (workspace / "environments/shop/staging.yaml").write_text("regions: [mars]\n", "utf-8")
    ran = gen("render")
    assert ran.code == 1
    assert "environments/shop/staging.yaml:1:" in ran.err
    assert not (workspace / "output").exists()


def test_check_of_a_fresh_tree_exits_0(gen: Gen) -> None:
    gen("render")
    ran = gen("render", "--check")
    assert ran.code == 0
    assert "files: up to date" in ran.out


def test_check_lists_every_difference_exits_1_and_writes_nothing(gen: Gen, workspace: Path) -> None:
    gen("render")
    root = workspace / TREE
    (root / f"{CATALOG}/service.yaml").write_text("by: hand\n", "utf-8")
    (root / f"{CATALOG}/deployment.yaml").unlink()
    edit(workspace / "environments/shop/platform.yaml", "tag: 1.4.0", "tag: 1.5.0")
    before = tree(workspace)
    ran = gen("render", "--check")
    assert ran.code == 1
    listed = {line for line in ran.out.splitlines() if line[:2] in {"+ ", "~ ", "- ", "! "}}
    assert f"! {TREE}/{CATALOG}/service.yaml" in listed
    assert f"~ {TREE}/clusters/eu-central-1/frontend/deployment.yaml" in listed
    assert {line for line in listed if f"{CATALOG}/deployment.yaml" in line}
    assert tree(workspace) == before


def test_check_without_a_tree_lists_all_of_it_and_makes_no_folder(gen: Gen, workspace: Path) -> None:
    ran = gen("render", "--check")
    assert ran.code == 1
    assert f"+ {TREE}/README.md" in ran.out.splitlines()
    assert "files: would be " in ran.out
    assert not (workspace / "output").exists()


def test_a_file_that_was_edited_by_hand_is_named_and_nothing_is_written(gen: Gen, workspace: Path) -> None:
    gen("render")
    path = workspace / TREE / CATALOG / "deployment.yaml"
    path.write_text(path.read_text("utf-8").replace("2.0.1", "6.6.6"), "utf-8")
    edit(workspace / "environments/shop/platform.yaml", "tag: 1.4.0", "tag: 1.5.0")
    before = tree(workspace)
    ran = gen("render")
    assert ran.code == 1
    assert f"! {TREE}/{CATALOG}/deployment.yaml\n" in ran.err
    assert "1 file(s) of output/shop/production were edited by hand; they are left as they are" in ran.err
    assert "render with --force" in ran.err
    assert tree(workspace) == before


def test_json_names_an_edited_file_as_a_problem(gen: Gen, workspace: Path) -> None:
    gen("render")
    (workspace / TREE / CATALOG / "deployment.yaml").write_text("by: hand\n", "utf-8")
    ran = gen("render", "--format", "json")
    report = json.loads(ran.out)
    (problem,) = report["problems"]
    assert (ran.code, problem["rule"], problem["file"]) == (1, "render/edited", f"{TREE}/{CATALOG}/deployment.yaml")
    assert report["trees"][0]["edited"] == [f"{CATALOG}/deployment.yaml"]
    forced = gen("render", "--format", "json", "--force")
    assert (forced.code, json.loads(forced.out)["problems"]) == (0, [])


def test_force_overwrites_what_was_edited_and_names_it(gen: Gen, workspace: Path) -> None:
    gen("render")
    before = tree(workspace)
    (workspace / TREE / CATALOG / "deployment.yaml").write_text("by: hand\n", "utf-8")
    ran = gen("render", "--force")
    assert ran.code == 0
    assert f"! {TREE}/{CATALOG}/deployment.yaml\n" in ran.err
    assert tree(workspace) == before
    assert gen("render", "--check").code == 0


def test_a_file_of_somebody_else_in_the_tree_stays(gen: Gen, workspace: Path) -> None:
    gen("render")
    (workspace / TREE / "NOTES.txt").write_text("mine\n", "utf-8")
    edit(workspace / "environments/shop/platform.yaml", "tag: 1.4.0", "tag: 1.5.0")
    assert gen("render").code == 0
    assert (workspace / TREE / "NOTES.txt").read_text("utf-8") == "mine\n"


def test_a_narrowed_rendering_changes_what_it_names_and_leaves_the_rest(gen: Gen, workspace: Path) -> None:
    gen("render")
    before = tree(workspace)
    spec = workspace / "environments/shop/platform.yaml"
    edit(spec, "tag: 1.4.0", "tag: 1.5.0")
    edit(spec, "tag: 2.0.1", "tag: 2.1.0")
    assert gen("render", "--component", "catalog").code == 0
    after = tree(workspace)
    assert after.keys() == before.keys()
    assert {path for path in after if after[path] != before[path]} == {f"{CATALOG}/deployment.yaml", "inventory.json"}
    assert gen("render", "--component", "catalog", "--check").code == 0
    assert gen("render", "--check").code == 1


def test_a_narrowed_rendering_then_a_whole_one_is_a_whole_one(
    gen: Gen, workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    atlas = copied(ATLAS, tmp_path / "atlas")
    monkeypatch.chdir(atlas)
    assert gen("render", "--region", "north").code == 0
    assert {path.split("/")[1] for path in read_tree(atlas / "output/atlas/live") if "/" in path} == {"north"}
    assert gen("render", "--region", "us-east-1", "--component", "web", "--component", "istio").code == 0
    assert gen("render").code == 0
    assert read_tree(atlas / "output") == read_tree(ATLAS / "output")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--region", "eu-centrl-1"], "shop/production has no region 'eu-centrl-1'. Did you mean 'eu-central-1'?"),
        (["--region", "mars"], "shop/production has no region 'mars'. Its regions: eu-central-1."),
        (["--component", "catalogue"], "shop/production has no component 'catalogue'. Did you mean 'catalog'?"),
        (
            ["--component", "catalog", "--component", "xyz"],
            "shop/production has no component 'xyz'. Its components: catalog, frontend, namespaces, storage.",
        ),
    ],
)
def test_an_unknown_region_or_component_is_told_the_nearest(
    words: list[str], message: str, gen: Gen, workspace: Path
) -> None:
    assert gen("render", *words) == Ran(2, "", f"{message}\n")
    assert not (workspace / "output").exists()


def test_a_component_that_one_region_lacks_is_unknown_there(tmp_path: Path, gen: Gen) -> None:
    atlas = copied(ATLAS, tmp_path / "atlas")
    ran = gen("render", "--workspace", str(atlas), "--region", "north", "--component", "search")
    assert ran.code == 2
    assert ran.err.startswith("atlas/live has no component 'search'. ")


def test_a_region_narrows_to_the_environments_that_have_it(gen: Gen, workspace: Path) -> None:
    specs = workspace / "environments" / "shop"
    edit(
        specs / "platform.yaml",
        "regions:\n",
        "regions:\n  eu-west-3: {cloud: aws, zones: [a], registry: example.com}\n",
    )
    (specs / "france.yaml").write_text("regions: [eu-west-3]\n")
    ran = gen("render", "--region", "eu-west-3")
    assert (ran.code, ran.out.splitlines()[0].split(":")[0]) == (0, "shop/france")
    assert not (workspace / TREE).exists()


def test_a_tree_that_no_environment_renders_any_more_is_named_and_fails_a_check(gen: Gen, workspace: Path) -> None:
    gen("render")
    (workspace / TREE).rename((workspace / TREE).with_name("gone"))
    gone = "output/shop/gone: no environment renders this tree any more."
    said = f"{gone} Remove the folder, or write its environment again."
    ran = gen("render")
    assert (ran.code, ran.err.strip()) == (0, said)
    ran = gen("render", "--check")
    assert (ran.code, ran.err.strip()) == (1, said)
    (problem,) = json.loads(gen("render", "--check", "--format", "json").out)["problems"]
    assert (problem["rule"], problem["severity"]) == ("render/stale-tree", "error")


def test_an_output_that_cannot_be_written_is_an_error_of_the_environment(gen: Gen, workspace: Path) -> None:
    (workspace / "output").write_text("in the way\n", "utf-8")
    ran = gen("render")
    assert (ran.code, ran.out) == (2, "")
    assert str(workspace / "output") in ran.err
    assert (workspace / "output").read_text("utf-8") == "in the way\n"


def test_a_tree_that_is_a_link_is_refused(gen: Gen, workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (workspace / "output/shop").mkdir(parents=True)
    (workspace / TREE).symlink_to(tmp_path / "elsewhere")
    ran = gen("render")
    assert ran.code == 2
    assert "a rendered tree cannot be a symbolic link" in ran.err
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_damaged_inventory_is_no_reason_to_lose_anything(gen: Gen, workspace: Path) -> None:
    gen("render")
    before = tree(workspace)
    (workspace / TREE / "inventory.json").write_text("{", "utf-8")
    assert gen("render").code == 1
    assert gen("render", "--force").code == 0
    assert tree(workspace) == before


@pytest.mark.parametrize(
    ("module", "function"),
    [
        ("generator.spec.load", "load"),
        ("generator.deliver.tree", "render_tree"),
        ("generator.tree.stage", "build"),
        ("generator.tree.swap", "flush"),
    ],
)
def test_ctrl_c_at_any_step_leaves_the_tree_as_it_was(module: str, function: str, workspace: Path) -> None:
    assert process("render", cwd=workspace).code == 0
    before = tree(workspace)
    edit(workspace / "environments/shop/platform.yaml", "tag: 1.4.0", "tag: 1.5.0")
    program = (str(Path(__file__).with_name("interrupted.py")), module, function)
    ran = process("render", cwd=workspace, program=program)
    assert (ran.code, ran.out) == (130, "")
    assert ran.err.strip() == "Interrupted: every tree in output/ is whole, the old one or the new one."
    assert tree(workspace) == before
    assert process("render", cwd=workspace).code == 0
    assert tree(workspace) != before
    assert os.listdir(workspace / "output/shop") == ["production"]  # noqa: PTH208  (hidden names count too)


def test_a_workspace_that_moves_renders_the_same(gen: Gen, workspace: Path) -> None:
    gen("render")
    before = tree(workspace)
    moved = workspace.with_name("moved")
    shutil.copytree(workspace, moved)
    assert gen("render", "--check", "--workspace", str(moved)).code == 0
    assert tree(moved) == before
