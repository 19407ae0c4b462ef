"""`gen verify` finds the trees of a workspace, compares them with their specs, reports, and exits 0, 1 or 2."""

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner, Result
from rendered import kind_file, write_tree

from generator.base.errors import GenError
from generator.cli.render import command as render
from generator.cli.verify import command

EXAMPLE = Path(__file__).parents[2] / "examples" / "valid" / "shop"
PLACE = "clusters/eu/shop/service.yaml"
# What takes seconds is left out here; the committed trees are verified by everything in `make test`.
QUICK = ("--without", "promtool", "--without", "istioctl", "--without", "admission")
ALLOWED = (*QUICK, "--allow-incomplete")


def run(workspace: Path, *words: str) -> Result:
    return CliRunner().invoke(command, ["--workspace", str(workspace), *words])


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with one rendered platform."""
    workspace = tmp_path_factory.mktemp("shop")
    shutil.copytree(EXAMPLE / "environments", workspace / "environments")
    assert CliRunner().invoke(render, ["--workspace", str(workspace)]).exit_code == 0
    return workspace


@pytest.fixture
def workspace(rendered: Path, tmp_path: Path) -> Path:
    shutil.copytree(rendered, tmp_path, dirs_exist_ok=True)
    return tmp_path


def some_manifest(workspace: Path, kind: str) -> Path:
    return next(path for path in sorted(workspace.glob("output/**/*.yaml")) if f"\nkind: {kind}\n" in path.read_text())


def test_a_good_workspace_exits_0_with_counts_and_stages(workspace: Path) -> None:
    result = run(workspace, *ALLOWED)
    assert result.exit_code == 0, result.output
    objects = len(list(workspace.glob("output/**/*.yaml")))
    first, summary, *rest = result.stdout.splitlines()
    assert first.startswith("INCOMPLETE: without admission, istioctl, promtool.")
    assert summary.startswith(f"{objects} objects: 0 errors, ")
    assert "0 skipped" in summary
    stages = [line.split()[0] for line in rest if line.startswith("  ") and " s " in line]
    assert stages[:4] == ["inventory", "render", "yamllint", "kubeconform"]
    assert "rules" in stages


def test_a_result_without_some_tool_fails_unless_that_is_allowed(workspace: Path) -> None:
    assert run(workspace, *QUICK).exit_code == 1
    report = json.loads(run(workspace, *QUICK, "--format", "json").stdout)
    assert report["without"] == ["admission", "istioctl", "promtool"]
    assert {stage["name"] for stage in report["stages"]} & {"admission", "istioctl", "promtool"} == set()


def test_what_is_wrong_is_shown_below_its_object_and_exits_1(workspace: Path) -> None:
    path = some_manifest(workspace, "Service")
    path.write_text(path.read_text().replace("targetPort", "targetport", 1))
    result = run(workspace, *ALLOWED)
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    place = path.relative_to(workspace).as_posix()
    (line,) = [line for line in lines if "[kubeconform/invalid]" in line]
    assert line.startswith(f"  {place}:")
    assert "error: $.spec.ports[0].targetport: unknown field. Did you mean 'targetPort'?" in line
    assert any(line.startswith("Service ") for line in lines)
    assert any(line.startswith(f"  {place}: error:") and "[inventory/changed]" in line for line in lines)


def test_json_holds_problems_objects_skipped_and_stages(workspace: Path) -> None:
    path = some_manifest(workspace, "Service")
    path.write_text(path.read_text().replace("targetPort", "targetport", 1))
    result = run(workspace, *ALLOWED, "--format", "json")
    report = json.loads(result.stdout)
    assert result.exit_code == 1
    assert list(report) == ["problems", "objects", "skipped", "suppressed", "without", "stages"]
    assert report["skipped"] == 0
    (problem,) = [found for found in report["problems"] if found["rule"] == "kubeconform/invalid"]
    assert set(problem) == {"rule", "severity", "file", "line", "column", "path", "message", "hint", "object"}
    assert (problem["object"]["kind"], problem["path"]) == ("Service", "$.spec.ports[0].targetport")
    assert problem["line"] > 1


def test_sarif_points_to_the_line(workspace: Path) -> None:
    path = some_manifest(workspace, "Service")
    path.write_text(path.read_text().replace("targetPort", "targetport", 1))
    log = json.loads(run(workspace, *ALLOWED, "--format", "sarif").stdout)
    (found,) = [result for result in log["runs"][0]["results"] if result["ruleId"] == "kubeconform/invalid"]
    place = found["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == path.relative_to(workspace).as_posix()
    assert "targetport" in path.read_text().splitlines()[place["region"]["startLine"] - 1]
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert rules[found["ruleIndex"]]["id"] == "kubeconform/invalid"


def test_junit_has_a_suite_a_stage_and_a_failure_an_object(workspace: Path) -> None:
    path = some_manifest(workspace, "Service")
    path.write_text(path.read_text().replace("targetPort", "targetport", 1))
    root = ET.fromstring(run(workspace, *ALLOWED, "--format", "junit").stdout)  # noqa: S314  (our own output)
    suites = {suite.get("name"): suite for suite in root}
    assert {"inventory", "render", "yamllint", "kubeconform", "rules"} <= set(suites)
    assert suites["kubeconform"].get("failures") == "1"
    assert suites["promtool"].get("skipped") == "1"
    (failure,) = suites["kubeconform"].findall("testcase/failure")
    assert failure.get("type") == "kubeconform/invalid"


def test_a_spec_that_was_changed_and_not_rendered_again_is_found(workspace: Path) -> None:
    spec = workspace / "environments" / "shop" / "production.yaml"
    spec.write_text(spec.read_text() + "description: Another one\n")
    result = run(workspace, *ALLOWED)
    assert result.exit_code == 1
    assert "[render/changed]" in result.stdout
    assert "[inventory/changed]" not in result.stdout


def test_a_spec_that_is_wrong_is_reported_beside_what_the_tree_shows(workspace: Path) -> None:
    spec = workspace / "environments" / "shop" / "production.yaml"
    spec.write_text(spec.read_text() + "descripton: Another one\n")
    result = run(workspace, *ALLOWED)
    assert result.exit_code == 1
    assert "Did you mean 'description'?" in result.stdout
    assert "kubeconform" in result.stdout


def test_the_workspace_is_the_nearest_folder_above_that_holds_environments(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(next(workspace.glob("output/*/*/clusters")))
    assert CliRunner().invoke(command, ALLOWED).exit_code == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [(["--env", "test"], 1), (["--platform", "shop"], 1), (["--platform", "shop", "--env", "production"], 0)],
)
def test_platform_and_environment_narrow_what_is_checked(words: list[str], code: int, workspace: Path) -> None:
    shutil.copy(workspace / "environments/shop/production.yaml", workspace / "environments/shop/test.yaml")
    assert CliRunner().invoke(render, ["--workspace", str(workspace), "--env", "test"]).exit_code == 0
    tree = workspace / "output" / "shop" / "test"
    broken = next(path for path in sorted(tree.rglob("*.yaml")) if "targetPort" in path.read_text())
    broken.write_text(broken.read_text().replace("targetPort", "targetport", 1))
    assert run(workspace, *words, *ALLOWED).exit_code == code


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
