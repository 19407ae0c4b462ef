"""The wheel is all that a user needs: gen works from it on a workspace of theirs, with no checkout in sight."""

import json
import os
import site
import subprocess
import sys
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest
from rendering import CHECKOUT, SHOP, copied, read_tree, render

from generator import __version__

# What may be packed: code, the pins with their modules, templates, schemas.
SUFFIXES = {".py", ".toml", ".json", ".yaml", ".j2", ".md", ".mod", ".sum", ".txt"}
# The Worker of the edge and what deploys it, below templates/edge/.
WORKER = {".js", ".mjs", ".sh", ".wasm", ".wat"}
DIST_INFO = f"gitops_gen-{__version__}.dist-info"


@dataclass(frozen=True, slots=True)
class Installed:
    """A virtual environment into which the wheel was installed, and a user's workspace beside it."""

    wheel: Path
    bin: Path
    workspace: Path

    def gen(self, *words: str) -> subprocess.CompletedProcess[str]:
        environ = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
        return subprocess.run(
            [str(self.bin / "gen"), *words],
            cwd=self.workspace,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist"))
    (wheel,) = (folder / "dist").glob("*.whl")
    venv.create(folder / "venv", with_pip=False, symlinks=True)
    python = folder / "venv" / "bin" / "python"
    run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
        str(wheel),
    )
    # The dependencies are those of this environment. A .pth adds its folder alone: the editable install of the
    # checkout, a .pth of that folder, is not followed.
    (packages,) = (folder / "venv" / "lib").glob("python*/site-packages")
    (packages / "dependencies.pth").write_text("\n".join(site.getsitepackages()), "utf-8")
    return Installed(wheel, folder / "venv" / "bin", copied(SHOP, folder / "workspace"))


def run(*command: str, cwd: Path = CHECKOUT) -> str:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
    return done.stdout


def packed(root: Path, into: str) -> set[str]:
    files = (path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {f"{into}/{path.relative_to(root).as_posix()}" for path in files}


def test_the_wheel_holds_code_templates_schemas_and_pins_and_nothing_else(installed: Installed) -> None:
    names = set(zipfile.ZipFile(installed.wheel).namelist())
    about = {name for name in names if name.startswith(DIST_INFO)}
    assert {name.removeprefix(f"{DIST_INFO}/") for name in about} == {
        "METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE",
    }  # fmt: skip
    assert names - about == (
        packed(CHECKOUT / "generator", "generator")
        | packed(CHECKOUT / "templates", "generator/data/templates")
        | packed(CHECKOUT / "schemas", "generator/data/schemas")
    )
    worker = {name for name in names if name.startswith("generator/data/templates/edge/")}
    assert {PurePosixPath(name).suffix for name in names - about - worker} <= SUFFIXES
    assert {PurePosixPath(name).suffix for name in worker} <= SUFFIXES | WORKER
    assert "generator/tools/pins.toml" in names


def test_two_builds_give_the_same_wheel(installed: Installed, tmp_path: Path) -> None:
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path))
    (again,) = tmp_path.glob("*.whl")
    assert again.read_bytes() == installed.wheel.read_bytes()


def test_code_templates_and_schemas_come_from_the_wheel_and_the_checkout_is_out_of_reach(installed: Installed) -> None:
    code = "import json, sys, generator; from generator.base.resources import data_root; " \
           "print(json.dumps([generator.__file__, str(data_root()), sys.path]))"  # fmt: skip
    package, data, path = json.loads(run(str(installed.bin / "python"), "-I", "-c", code, cwd=installed.workspace))
    environment = installed.bin.parent
    assert Path(package).is_relative_to(environment)
    assert Path(data).is_relative_to(environment)
    assert str(CHECKOUT) not in path


def test_a_user_renders_and_verifies_a_workspace_of_their_own(installed: Installed) -> None:
    rendered = installed.gen("render")
    assert (rendered.returncode, rendered.stderr) == (0, "")
    verified = installed.gen("verify", "--format", "json")
    report = json.loads(verified.stdout)
    files = read_tree(installed.workspace / "output" / "shop" / "production")
    errors = [problem for problem in report["problems"] if problem["severity"] == "error"]
    assert (verified.returncode, errors, report["skipped"]) == (0, [], 0)
    assert report["objects"] == sum(path.endswith(".yaml") for path in files) > 20


def test_the_wheel_renders_what_the_checkout_renders(installed: Installed) -> None:
    assert installed.gen("render").returncode == 0
    found = read_tree(installed.workspace / "output" / "shop" / "production")
    assert found == dict(render(SHOP, "shop", "production").files)


def test_a_platform_of_two_services_in_one_region_is_under_forty_lines() -> None:
    files = sorted((SHOP / "environments").rglob("*.yaml"))
    assert [path.name for path in files] == ["platform.yaml", "production.yaml"]
    assert sum(len(path.read_text("utf-8").splitlines()) for path in files) < 40
