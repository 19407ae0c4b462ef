"""`gen verify` finds the trees of a workspace, reports as text and JSON, and exits 0, 1 or 2."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from rendered import good_files, kind_file, write_tree

from generator.base.errors import GenError
from generator.cli.verify import command

PLACE = "clusters/eu/shop/service.yaml"


def run(workspace: Path, *words: str) -> Result:
    return CliRunner().invoke(command, ["--workspace", str(workspace), *words])


def test_a_good_workspace_exits_0_with_a_summary(tmp_path: Path) -> None:
    files = good_files()
    write_tree(tmp_path, files)
    result = run(tmp_path)
    summary = rf"{len(files)} objects, 0 problems, 0 skipped \(inventory .* s, yamllint .* s, kubeconform .* s\)\n"
    assert (result.exit_code, bool(re.fullmatch(summary, result.stdout))) == (0, True)


def test_problems_are_shown_one_a_line_and_exit_1(tmp_path: Path) -> None:
    write_tree(tmp_path, {PLACE: kind_file("Service").replace("targetPort", "targetport")})
    result = run(tmp_path)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[0] == (
        f"output/shop/test/{PLACE}:15:7  $.spec.ports[0].targetport: unknown field. Did you mean 'targetPort'? "
        "[kubeconform/invalid]"
    )


def test_json_holds_problems_objects_skipped_and_stages(tmp_path: Path) -> None:
    write_tree(tmp_path, {PLACE: kind_file("Service").replace("targetPort", "targetport")})
    result = run(tmp_path, "--format", "json")
    report = json.loads(result.stdout)
    assert (result.exit_code, list(report)) == (1, ["problems", "objects", "skipped", "stages"])
    assert (report["objects"], report["skipped"]) == (1, 0)
    assert [(stage["name"], stage["objects"], stage["problems"]) for stage in report["stages"]] == [
        ("inventory", 1, 0),
        ("yamllint", 1, 0),
        ("kubeconform", 1, 1),
    ]
    (problem,) = report["problems"]
    assert problem == {
        "rule": "kubeconform/invalid",
        "severity": "error",
        "file": f"output/shop/test/{PLACE}",
        "line": 15,
        "column": 7,
        "path": "$.spec.ports[0].targetport",
        "message": "unknown field.",
        "hint": "Did you mean 'targetPort'?",
        "object": {"group": "", "kind": "Service", "namespace": "talai", "name": "orchex"},
    }


def test_the_workspace_is_the_nearest_folder_above_that_holds_environments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = write_tree(tmp_path, {PLACE: kind_file("Service")})
    monkeypatch.chdir(tree.root / "clusters")
    assert CliRunner().invoke(command).exit_code == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [(["--env", "test"], 1), (["--platform", "shop"], 1), (["--platform", "shop", "--env", "other"], 0)],
)
def test_platform_and_environment_narrow_what_is_checked(words: list[str], code: int, tmp_path: Path) -> None:
    good = write_tree(tmp_path, {PLACE: kind_file("Service")})
    good.root.rename(good.root.with_name("other"))
    (tmp_path / "environments" / "shop" / "other.yaml").touch()
    write_tree(tmp_path, {PLACE: kind_file("Service").replace("targetPort", "targetport")})
    assert run(tmp_path, *words).exit_code == code


def test_an_environment_that_was_never_rendered_stops_with_the_remedy(tmp_path: Path) -> None:
    write_tree(tmp_path, {PLACE: kind_file("Service")})
    (tmp_path / "environments" / "shop" / "other.yaml").touch()
    error = run(tmp_path).exception
    assert isinstance(error, GenError)
    assert str(error) == "output/shop/other is not rendered. Render it first: gen render --env other."


@pytest.mark.parametrize("words", [["--env", "tset"], ["--platform", "shopp"]])
def test_a_name_that_is_not_there_gets_a_suggestion(words: list[str], tmp_path: Path) -> None:
    write_tree(tmp_path, {PLACE: kind_file("Service")})
    error = run(tmp_path, *words).exception
    assert isinstance(error, GenError)
    assert "Did you mean" in str(error)


def test_a_tree_for_an_unsupported_kubernetes_is_refused(tmp_path: Path) -> None:
    write_tree(tmp_path, {PLACE: kind_file("Service")}, "1.12")
    error = run(tmp_path).exception
    assert isinstance(error, GenError)
    assert str(error).startswith("Kubernetes '1.12' is not supported. Write one of 1.30, ")
