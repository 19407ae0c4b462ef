"""`gen tools`: what list, install and doctor print, and how they end."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from provisioned import real_toolbox

from generator.base.errors import GenError
from generator.cli.tools import command, machine, toolbox
from generator.tools.pins import load_pins

PINS = load_pins()
COUNT = len(PINS.tools) + 1 + len(PINS.crds)


def real_cache() -> str:
    return str(real_toolbox().native.parent.parent)


def test_the_list_says_what_is_missing_and_how_to_get_it(tmp_path: Path) -> None:
    result = CliRunner(env={"PATH": ""}).invoke(command, ["list", "--cache", str(tmp_path)])
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].split()[:3] == ["tool", "kubeconform", "v0.8.0"]
    assert all(line.endswith("missing: gen tools install") for line in lines)
    assert len(lines) == COUNT


def test_the_list_as_json_has_a_place_for_each_thing() -> None:
    result = CliRunner().invoke(command, ["list", "--format", "json", "--cache", real_cache()])
    pinned = json.loads(result.stdout)["pinned"]
    assert len(pinned) == COUNT
    helm = next(item for item in pinned if item["name"] == "helm")
    assert (helm["kind"], helm["version"]) == ("tool", "v4.3.1")
    assert os.access(helm["place"], os.X_OK)


def test_after_installing_nothing_is_missing_and_nothing_is_made_again() -> None:
    result = CliRunner().invoke(command, ["install", "--cache", real_cache()])
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == COUNT
    assert "missing" not in result.stdout
    assert result.stderr == ""


def test_a_named_tool_is_installed_alone_with_progress(tmp_path: Path) -> None:
    arguments = ["install", "kubeconform", "--no-downloads", "--cache", str(tmp_path)]
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 0
    assert [line.split()[:2] for line in result.stdout.splitlines()] == [["tool", "kubeconform"]]
    assert [path.name.split("-")[0] for path in (tmp_path / "tools").glob("[!.]*")] == ["kubeconform"]
    building, built = result.stderr.splitlines()
    assert building.startswith("kubeconform v0.8.0: building with Go ")
    assert built.startswith("kubeconform v0.8.0: built in ")


def test_a_broken_program_in_the_cache_is_made_anew_by_install(tmp_path: Path) -> None:
    arguments = ["install", "kubeconform", "--no-downloads", "--cache", str(tmp_path)]
    CliRunner().invoke(command, arguments)
    (entry,) = (tmp_path / "tools").glob("[!.]*")
    (entry / "kubeconform").write_bytes(b"half")
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 0
    assert f"kubeconform: the one in the cache is broken: {entry}" in result.stderr
    assert (entry / "kubeconform").read_bytes() != b"half"


def test_the_doctor_ends_well_where_everything_was_provisioned() -> None:
    result = CliRunner().invoke(command, ["doctor", "--cache", real_cache()])
    assert (result.exit_code, result.stderr) == (0, "")
    assert {line.split()[0] for line in result.stdout.splitlines()} == {"ok"}


def test_the_doctor_says_what_to_do_on_a_line_of_its_own(tmp_path: Path) -> None:
    result = CliRunner(env={"PATH": ""}).invoke(command, ["doctor", "--cache", str(tmp_path)])
    assert result.exit_code == 1
    assert result.stdout.splitlines()[:2] == [
        "missing        kubeconform v0.8.0: neither on PATH nor in the cache",
        "               gen tools install",
    ]


def test_the_doctor_as_json_has_a_remedy_for_each_thing_that_is_not_well(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    arguments = ["doctor", "--format", "json", "--cache", str(tmp_path / "file" / "cache")]
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 2
    findings = json.loads(result.stdout)["findings"]
    assert {bool(finding["remedy"]) == (finding["status"] != "ok") for finding in findings} == {True}
    assert [finding["subject"] for finding in findings if finding["status"] == "unfit"] == ["cache"]


@pytest.mark.parametrize(("said", "allowed"), [("0", False), ("no", False), ("1", True), ("", True)])
def test_the_environment_can_forbid_downloads(said: str, allowed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITOPS_GEN_DOWNLOADS", said)
    assert machine(print).downloads is allowed


def test_a_misspelt_tool_is_an_error_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(GenError, match="Did you mean 'istioctl'"):
        toolbox(tmp_path, print, ["istioctrl"])
    assert list(tmp_path.iterdir()) == []


def test_on_a_terminal_the_time_that_a_tool_takes_is_in_view(tmp_path: Path) -> None:
    reader, writer = pty.openpty()
    arguments = ["tools", "install", "kubeconform", "--no-downloads", "--cache", str(tmp_path)]
    process = subprocess.Popen(
        [sys.executable, "-m", "generator.cli.main", *arguments],
        env={**os.environ, "TERM": "xterm", "COLUMNS": "120"},
        stdout=subprocess.DEVNULL,
        stderr=writer,
    )
    os.close(writer)
    shown = read_all(reader)
    assert process.wait() == 0
    assert re.search(
        r"kubeconform v0\.8\.0: building with Go \S+ 0:00:\d\d", re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)
    )
    assert "kubeconform v0.8.0: built in " in shown


def read_all(terminal: int) -> str:
    """Return all that is written to a terminal until nobody has it open any more."""
    said = b""
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # Linux's way to say that the other end is closed
            piece = b""
        if not piece:
            os.close(terminal)
            return said.decode()
        said += piece
