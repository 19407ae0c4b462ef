"""`gen render` writes the same bytes whoever runs it, where, when and under which Python."""

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest
from interpreters import CHECKOUT, Python, equipped, others
from rendering import copied, read_tree

ATLAS = CHECKOUT / "tests" / "golden" / "atlas"
HERE = Python(".".join(map(str, sys.version_info[:3])), sys.executable)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Return a workspace with the inputs of a platform that uses every part of the spec."""
    return with_inputs(tmp_path / "workspace")


@pytest.fixture
def talai(tmp_path: Path) -> Path:
    """Return a workspace with the inputs of TalAI's production, which every component takes part in."""
    return with_talai(tmp_path / "talai")


def with_inputs(folder: Path) -> Path:
    shutil.copytree(ATLAS / "environments", folder / "environments")
    shutil.copytree(ATLAS / "templates", folder / "templates")
    return folder


def with_talai(folder: Path) -> Path:
    copied(CHECKOUT, folder)
    for left_out in ("growth", "staging"):
        (folder / "environments" / "talai" / f"{left_out}.yaml").unlink()
    # Without the list of what is committed every environment is rendered.
    (folder / "environments" / "workspace.yaml").unlink()
    return folder


@cache
def expected() -> Mapping[str, bytes]:
    """Return the files that this Python renders in the simplest way, in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return rendered(with_inputs(Path(folder) / "plain"))


def rendered(
    workspace: Path,
    *,
    python: str = sys.executable,
    environ: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    umask: int = -1,
) -> dict[str, bytes]:
    """Render all environments of a workspace in a process of its own and return the files."""
    inherited = {k: v for k, v in os.environ.items() if k in {"PATH", "HOME", "TMPDIR"}}
    done = subprocess.run(
        [python, "-m", "generator.cli.main", "render", *(["--workspace", str(workspace)] if cwd else [])],
        cwd=cwd or workspace,
        env={**inherited, "PYTHONPATH": str(CHECKOUT), "PYTHONDONTWRITEBYTECODE": "1", **(environ or {})},
        umask=umask,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return read_tree(workspace / "output")


def assert_same(found: Mapping[str, bytes]) -> None:
    wanted = expected()
    assert found.keys() == wanted.keys()
    assert [path for path in wanted if found[path] != wanted[path]] == []


@pytest.mark.parametrize("seed", ["0", "12345"])
def test_the_tree_of_talai_is_the_committed_one_whatever_surrounds_it(seed: str, talai: Path, tmp_path: Path) -> None:
    around = {
        "PYTHONHASHSEED": seed,
        "TZ": "Asia/Kolkata",
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
    }
    (tmp_path / "elsewhere").mkdir()
    found = rendered(talai, environ=around, cwd=tmp_path / "elsewhere", umask=0o077)
    folder = "talai/production"
    assert found == {f"{folder}/{path}": c for path, c in read_tree(CHECKOUT / "output" / folder).items()}


def test_rendering_again_into_a_fresh_workspace_gives_the_same_bytes(workspace: Path) -> None:
    assert_same(rendered(workspace))


def test_rendering_twice_into_one_workspace_changes_nothing(workspace: Path) -> None:
    rendered(workspace)
    before = {path: path.stat().st_ino for path in sorted((workspace / "output").rglob("*"))}
    assert_same(rendered(workspace))
    assert {path: path.stat().st_ino for path in sorted((workspace / "output").rglob("*"))} == before


def test_removing_the_output_and_rendering_again_gives_the_same_bytes(workspace: Path) -> None:
    rendered(workspace)
    shutil.rmtree(workspace / "output")
    assert_same(rendered(workspace))


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/Los_Angeles", "XYZ-13"])
def test_the_time_zone_does_not_matter(zone: str, workspace: Path) -> None:
    assert_same(rendered(workspace, environ={"TZ": zone}))


@pytest.mark.parametrize(
    "environ",
    [
        {"LC_ALL": "C"},
        {"LC_ALL": "C.UTF-8"},
        {"LC_ALL": "POSIX"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "tr_TR.UTF-8"},
        {"PYTHONUTF8": "1"},
        {"PYTHONIOENCODING": "latin-1"},
    ],
    ids=lambda environ: ",".join(f"{key}={value}" for key, value in environ.items()),
)
def test_the_locale_does_not_matter(environ: dict[str, str], workspace: Path) -> None:
    assert_same(rendered(workspace, environ=environ))


@pytest.mark.parametrize("seed", ["0", "1", "12345"])
def test_the_hash_seed_does_not_matter(seed: str, workspace: Path) -> None:
    assert_same(rendered(workspace, environ={"PYTHONHASHSEED": seed}))


@pytest.mark.parametrize("flag", ["PYTHONOPTIMIZE", "PYTHONDEVMODE", "PYTHONSAFEPATH"])
def test_how_python_is_started_does_not_matter(flag: str, workspace: Path) -> None:
    assert_same(rendered(workspace, environ={flag: "1"}))


def test_the_working_directory_does_not_matter(workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    assert_same(rendered(workspace, cwd=tmp_path / "elsewhere"))


def test_a_folder_deep_inside_the_workspace_will_do(workspace: Path) -> None:
    inside = workspace / "environments" / "atlas"
    done = subprocess.run(
        [sys.executable, "-m", "generator.cli.main", "render"],
        cwd=inside, env={**os.environ, "PYTHONPATH": str(CHECKOUT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert_same(read_tree(workspace / "output"))


@pytest.mark.parametrize("name", ["a b", "größer-世界", "x" * 200, "{{ name }} $HOME"])
def test_where_the_workspace_lies_does_not_matter(name: str, tmp_path: Path) -> None:
    assert_same(rendered(with_inputs(tmp_path / name / "workspace")))


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_the_umask_does_not_matter_for_what_is_written(umask: int, workspace: Path) -> None:
    assert_same(rendered(workspace, umask=umask))


def test_no_home_is_needed(workspace: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o500)
    assert_same(rendered(workspace, environ={"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}))
    assert list(home.iterdir()) == []
    assert stat.S_IMODE(home.stat().st_mode) == 0o500


def test_the_order_in_which_the_file_system_lists_does_not_matter(tmp_path: Path) -> None:
    folder = with_inputs(tmp_path / "original")
    turned = tmp_path / "turned"
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_file():
            target = turned / path.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            os.utime(target, (0, 0))
    assert_same(rendered(turned))


def test_line_ends_of_another_system_in_the_specs_do_not_matter(workspace: Path) -> None:
    for path in (workspace / "environments").rglob("*.yaml"):
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert_same(rendered(workspace))


@pytest.mark.parametrize("python", [HERE, *others()], ids=lambda python: python.version)
def test_the_version_of_python_does_not_matter(python: Python, workspace: Path) -> None:
    own = python == HERE
    assert_same(rendered(workspace, python=python.executable if own else str(equipped(python))))


def test_a_difference_of_one_byte_would_be_noticed() -> None:
    path = next(path for path in sorted(expected()) if path.endswith("README.md"))
    with pytest.raises(AssertionError, match=path):
        assert_same({**expected(), path: expected()[path] + b" "})
