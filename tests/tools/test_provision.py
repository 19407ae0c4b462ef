"""Provisioning: the tool on PATH, the cache, several processes at once, and the commands that show it."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from provisioned import real_toolbox, this_host

from generator.base.errors import GenError
from generator.cli.tools import command
from generator.tools.cache import Cache
from generator.tools.pins import Wheel, load_pins
from generator.tools.provision import inventory, on_path, provide_tool
from generator.tools.wheels import fetch_wheel

PINS = load_pins()
KUBECONFORM = next(tool for tool in PINS.tools if tool.name == "kubeconform")
RACE = """
import sys
from pathlib import Path
from generator.tools.cache import Cache
from generator.tools.host import Host
from generator.tools.pins import load_pins
from generator.tools.provision import provide_crds
import os
pins = load_pins()
host = Host(dict(os.environ), sys.executable, print)
source = next(source for source in pins.crds if source.name == "istio")
folder = provide_crds(source, pins, host, Cache(Path(sys.argv[1])))
assert (folder / "networking.istio.io" / "virtualservice_v1.json").is_file()
"""


def kubeconform_saying(folder: Path, version: str) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "kubeconform").write_text(f"#!/bin/sh\necho {version}\n")
    (folder / "kubeconform").chmod(0o755)
    return str(folder)


def test_a_tool_on_path_of_the_pinned_version_is_used(tmp_path: Path) -> None:
    path = kubeconform_saying(tmp_path / "bin", KUBECONFORM.version)
    found = provide_tool(KUBECONFORM, PINS, this_host(PATH=path), Cache(tmp_path / "cache"))
    assert found == tmp_path / "bin" / "kubeconform"
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("version", ["v0.7.0", "v0.8.01", "Version: development"])
def test_a_tool_on_path_of_another_version_is_not_used(version: str, tmp_path: Path) -> None:
    assert on_path(KUBECONFORM, this_host(PATH=kubeconform_saying(tmp_path, version))) is None


def test_a_tool_on_path_that_cannot_be_run_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "kubeconform").write_bytes(b"\x7fELF")
    (tmp_path / "kubeconform").chmod(0o755)
    assert on_path(KUBECONFORM, this_host(PATH=str(tmp_path))) is None


def test_a_tool_is_built_from_its_module_and_says_the_pinned_version(tmp_path: Path) -> None:
    built = provide_tool(KUBECONFORM, PINS, this_host(), Cache(tmp_path))
    assert built.is_relative_to(tmp_path)
    said = subprocess.run([built, *KUBECONFORM.version_command], capture_output=True, text=True, check=True).stdout
    assert said.strip() == KUBECONFORM.version


def test_a_module_that_go_sum_does_not_cover_is_not_built(tmp_path: Path) -> None:
    module = tmp_path / "modules" / "kubeconform"
    module.mkdir(parents=True)
    for name in ("go.mod", "go.sum"):
        text = (KUBECONFORM.folder / name).read_text()
        (module / name).write_text(text.replace("yannh/kubeconform v0.8.0 h1:", "yannh/kubeconform v0.8.0 h1:AAAA"))
    with pytest.raises(GenError, match=r"(?s)go build .*(malformed go.sum|checksum mismatch|SECURITY ERROR)"):
        provide_tool(replace(KUBECONFORM, folder=module), PINS, this_host(), Cache(tmp_path / "cache"))


def test_two_processes_that_provision_at_once_both_succeed_and_one_of_them_works(tmp_path: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, tmp_path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    answers = [process.communicate() for process in processes]
    assert [(process.returncode, said[1]) for process, said in zip(processes, answers, strict=True)] == [(0, "")] * 2
    assert sum(said[0].count("downloading") for said in answers) == 1


def test_a_wheel_that_pip_gets_with_another_checksum_is_refused(tmp_path: Path) -> None:
    tampered = Wheel(PINS.native.wheel.package, PINS.native.wheel.version, ("0" * 64,))
    with pytest.raises(GenError, match=r"(?s)DO NOT MATCH THE HASHES|Expected sha256"):
        fetch_wheel(tampered, this_host(), tmp_path)


def test_everything_that_is_pinned_is_in_the_inventory_with_its_place(tmp_path: Path) -> None:
    real_toolbox()
    missing = inventory(PINS, this_host(PATH=""), Cache(tmp_path))
    assert [item.place for item in missing] == [""] * (len(PINS.tools) + 1 + len(PINS.crds))


def test_the_list_says_what_is_missing_and_how_to_get_it(tmp_path: Path) -> None:
    result = CliRunner(env={"PATH": ""}).invoke(command, ["list", "--cache", str(tmp_path)])
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].split()[:2] == ["tool", "kubeconform"]
    assert all(line.endswith("missing: gen tools install") for line in lines)


def test_after_installing_nothing_is_missing() -> None:
    real_toolbox()
    result = CliRunner().invoke(command, ["install"])
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == len(PINS.tools) + 1 + len(PINS.crds)
    assert "missing" not in result.stdout
