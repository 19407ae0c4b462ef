"""Provisioning: which tools are provided, several processes at once, and the inventory of all that is pinned."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from provisioned import real_toolbox, this_host

from generator.base.errors import GenError
from generator.tools.cache import Cache
from generator.tools.pins import Wheel, load_pins
from generator.tools.provision import chosen_tools, inventory, provision
from generator.tools.wheels import fetch_wheel

PINS = load_pins()
# Two programs that want the same thing at the same time, in two processes.
RACE = """
import os, sys
from pathlib import Path
from generator.tools.cache import Cache
from generator.tools.host import Host
from generator.tools.pins import load_pins
from generator.tools.programs import provide_tool
pins = load_pins()
host = Host(dict(os.environ), sys.executable, print, downloads=False)
assert provide_tool(pins.tools[0], pins, host, Cache(Path(sys.argv[1]))).is_file()
"""


def test_two_processes_that_provision_at_once_both_succeed_and_one_of_them_works(tmp_path: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, tmp_path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    answers = [process.communicate() for process in processes]
    assert [(process.returncode, said[1]) for process, said in zip(processes, answers, strict=True)] == [(0, "")] * 2
    assert sum(said[0].count("building") for said in answers) == 1


def test_a_wheel_that_pip_gets_with_another_checksum_is_refused(tmp_path: Path) -> None:
    tampered = Wheel(PINS.native.wheel.package, PINS.native.wheel.version, ("0" * 64,))
    with pytest.raises(GenError, match=r"(?s)DO NOT MATCH THE HASHES|Expected sha256"):
        fetch_wheel(tampered, this_host(), tmp_path)


def test_only_the_named_tools_are_provided_and_the_schemas_always(tmp_path: Path) -> None:
    everything = real_toolbox()
    schemas = tmp_path / "schemas"  # of the real cache, so that nothing is fetched; the tools' folder is empty
    schemas.symlink_to(everything.native.parent)
    host = replace(this_host(PATH=str(everything.tools["etcd"].parent)), python="/nonexistent")
    found = provision(PINS, host, Cache(tmp_path), {"etcd"})
    assert dict(found.tools) == {"etcd": everything.tools["etcd"]}
    assert found.native.resolve() == everything.native
    assert provision(PINS, host, Cache(tmp_path), ()).tools == {}


def test_without_names_every_tool_is_chosen() -> None:
    assert chosen_tools(PINS, None) == PINS.tools
    assert chosen_tools(PINS, ()) == ()
    assert [tool.name for tool in chosen_tools(PINS, ["promtool", "helm"])] == ["helm", "promtool"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("kustomise", "There is no tool 'kustomise'. Did you mean 'kustomize'?"),
        (
            "terraform",
            "There is no tool 'terraform'. There are kubeconform, kustomize, helm, promtool, istioctl, etcd, "
            "kube-apiserver, kubectl.",
        ),
    ],
)
def test_a_tool_that_is_not_pinned_is_an_error_with_those_that_are(name: str, message: str) -> None:
    with pytest.raises(GenError) as refused:
        chosen_tools(PINS, ["helm", name])
    assert str(refused.value) == message


def test_everything_that_is_pinned_is_in_the_inventory_with_its_place(tmp_path: Path) -> None:
    missing = inventory(PINS, this_host(PATH=""), Cache(tmp_path))
    assert [item.place for item in missing] == [""] * (len(PINS.tools) + 1 + len(PINS.crds))
    assert {item.kind for item in missing} == {"tool", "schemas"}
