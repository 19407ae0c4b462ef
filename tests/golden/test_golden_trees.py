"""What small platforms render to, byte for byte. `make golden` writes the expected trees again; review the diff."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from rendering import CHECKOUT, SHOP, copied, read_tree, render, talai

from generator.cli.main import cli

HERE = Path(__file__).parent
# Case → its workspace, its platform and its environment.
CASES = {
    "shop": (SHOP, "shop", "production"),
    "atlas": (HERE / "atlas", "atlas", "live"),
    "forge": (HERE / "forge", "forge", "lab"),
    # Delivered in other forms: as charts alone, and each component as its own.
    "workflow": (HERE / "workflow", "workflow", "staging"),
    "tai": (HERE / "tai", "tai", "production"),
}


def differences(expected: dict[str, bytes], found: dict[str, bytes]) -> list[str]:
    """Return a line for each file that is missing, that nobody expects, or that holds something else."""
    return [
        *(f"missing: {path}" for path in sorted(expected.keys() - found.keys())),
        *(f"unexpected: {path}" for path in sorted(found.keys() - expected.keys())),
        *(f"different: {path}" for path in sorted(expected.keys() & found.keys()) if expected[path] != found[path]),
    ]


def test_every_kind_of_difference_is_noticed() -> None:
    expected = {"same": b"1", "changed": b"1", "gone": b"1"}
    found = {"same": b"1", "changed": b"2", "new": b"1"}
    assert differences(expected, found) == ["missing: gone", "unexpected: new", "different: changed"]


@pytest.mark.parametrize("case", CASES)
def test_a_platform_renders_to_its_golden_tree(case: str, request: pytest.FixtureRequest) -> None:
    rendered = dict(render(*CASES[case]).files)
    golden = HERE / case / "output" / CASES[case][1] / CASES[case][2]
    if request.config.getoption("--regenerate"):
        _write(golden, rendered)
    assert differences(read_tree(golden), rendered) == []


def _write(root: Path, files: dict[str, bytes]) -> None:
    shutil.rmtree(root, ignore_errors=True)
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)


def test_every_folder_here_is_a_case() -> None:
    assert sorted(path.name for path in HERE.iterdir() if path.is_dir() and path.name != "__pycache__") == sorted(CASES)


@pytest.mark.parametrize("case", CASES)
def test_the_real_tools_find_nothing_wrong_with_a_golden_tree(case: str, tmp_path: Path) -> None:
    shutil.copytree(HERE / case / "output", copied(CASES[case][0], tmp_path) / "output")
    ran = CliRunner().invoke(cli, ["verify", "--workspace", str(tmp_path), "--format", "json"])
    report = json.loads(ran.stdout)
    assert [problem for problem in report["problems"] if problem["severity"] == "error"] == []
    assert (report["objects"], report["skipped"]) == (render(*CASES[case]).count, 0)
    forms = {stage["name"] for stage in report["stages"]} & {"helm", "kustomize"}
    assert forms == {"workflow": {"helm"}, "tai": {"helm", "kustomize"}}.get(case, set())


@pytest.mark.parametrize("environment", ["growth", "production", "staging"])
def test_the_committed_tree_of_talai_is_what_its_specs_render_to(environment: str) -> None:
    committed = read_tree(CHECKOUT / "output" / "talai" / environment)
    assert differences(committed, dict(talai(environment).files)) == []
