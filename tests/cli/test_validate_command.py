"""`gen validate`: all problems of all environments at once, as text and as JSON."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from command import shop
from rendering import CHECKOUT, edit

from generator.cli.main import cli


def validate(workspace: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["validate", "--workspace", str(workspace), *words])


def test_a_valid_workspace_is_called_so(tmp_path: Path) -> None:
    ran = validate(shop(tmp_path))
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, "Valid: shop/production.\n", "")


def test_the_specs_of_talai_are_valid() -> None:
    ran = validate(CHECKOUT)
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert "talai/production" in ran.stdout


def test_nothing_is_written(tmp_path: Path) -> None:
    workspace = shop(tmp_path)
    before = sorted(workspace.rglob("*"))
    validate(workspace)
    assert sorted(workspace.rglob("*")) == before


def test_json_lists_the_environments_that_were_checked(tmp_path: Path) -> None:
    ran = validate(shop(tmp_path), "--format", "json")
    assert (ran.exit_code, json.loads(ran.stdout)) == (0, {"problems": [], "environments": ["shop/production"]})


def test_problems_of_every_environment_are_told_once_each(tmp_path: Path) -> None:
    workspace = shop(tmp_path)
    (workspace / "environments/shop/staging.yaml").write_text("regions: [mars]\n", "utf-8")
    edit(workspace / "environments/shop/platform.yaml", "size: medium", "size: medum")
    ran = validate(workspace)
    lines = ran.stderr.splitlines()
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert sum("size: there is no size 'medum'" in line for line in lines) == 1
    assert sum("environments/shop/staging.yaml:1:" in line for line in lines) == 1
    assert lines[-1] == f"{len(lines) - 1} problems."


@pytest.mark.parametrize("command", ["render", "validate", "verify"])
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_broken_list_of_what_is_committed_is_a_problem_like_any_other(
    form: str, command: str, tmp_path: Path
) -> None:
    workspace = shop(tmp_path)
    (workspace / "environments/workspace.yaml").write_text("rendr: {shop: [production]}\n", "utf-8")
    ran = CliRunner().invoke(cli, [command, "--workspace", str(workspace), "--format", form])
    assert ran.exit_code == 1
    shown = json.loads(ran.stdout)["problems"][0]["hint"] if form == "json" else ran.stderr
    assert "Did you mean 'render'?" in shown
