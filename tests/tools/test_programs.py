"""A program comes from PATH, else as an official release, else from its Go module; it says the pinned version."""

import hashlib
import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from provisioned import real_toolbox, this_host
from release_server import Manners, serving, tar_gz

from generator.base.errors import GenError
from generator.tools.cache import Cache
from generator.tools.host import Host, go_platform
from generator.tools.pins import Release, Tool, load_pins
from generator.tools.programs import discard_broken, in_cache, on_path, provide_tool

PINS = load_pins()
TOOLS = {tool.name: tool for tool in PINS.tools}
KUBECONFORM = TOOLS["kubeconform"]

# What official releases answer, as upstream's release notes and issues show it: the words around the version differ
# from those of a build (a commit, a branch), the version does not.
RELEASED = {
    "kubeconform": "v0.8.0",
    "kustomize": "v5.8.2",
    "helm": "v4.3.1",
    "promtool": "promtool, version 3.15.0 (branch: HEAD, revision: 5241a27fe3c6983549fccc32f6e65917408c63cd)",
    "istioctl": "client version: 1.31.1",
    "etcd": "etcd Version: 3.7.3\nGit SHA: 1a2b3c4\nGo Version: go1.26.5\nGo OS/Arch: linux/amd64",
    "kube-apiserver": "Kubernetes v1.36.3",
    "kubectl": "Client Version: v1.36.3\nKustomize Version: v5.8.1",
}


def program(folder: Path, name: str, says: str) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\necho '{says}'\n")
    (folder / name).chmod(0o755)
    return str(folder)


def test_a_tool_on_path_of_the_pinned_version_is_used(tmp_path: Path) -> None:
    path = program(tmp_path / "bin", "kubeconform", KUBECONFORM.version)
    found = provide_tool(KUBECONFORM, PINS, this_host(PATH=path), Cache(tmp_path / "cache"))
    assert found == tmp_path / "bin" / "kubeconform"
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("tool", PINS.tools, ids=lambda tool: tool.name)
def test_what_the_official_release_of_a_tool_answers_is_the_pinned_version(tool: Tool, tmp_path: Path) -> None:
    host = this_host(PATH=program(tmp_path, tool.name, RELEASED[tool.name]))
    assert on_path(tool, host) == tmp_path / tool.name


@pytest.mark.parametrize("tool", PINS.tools, ids=lambda tool: tool.name)
@pytest.mark.parametrize("longer", ["{}1", "{}-rc.1", "9{}", "{}+g1a2b3c4"])
def test_a_tool_on_path_whose_version_is_only_alike_is_not_used(tool: Tool, longer: str, tmp_path: Path) -> None:
    said = RELEASED[tool.name].replace(tool.says[-1], longer.format(tool.says[-1]), 1)
    assert on_path(tool, this_host(PATH=program(tmp_path, tool.name, said))) is None


@pytest.mark.parametrize("says", ["v0.7.0", "Version: development", ""])
def test_a_tool_on_path_of_another_version_is_not_used(says: str, tmp_path: Path) -> None:
    assert on_path(KUBECONFORM, this_host(PATH=program(tmp_path, "kubeconform", says))) is None


def test_a_tool_on_path_that_cannot_be_run_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "kubeconform").write_bytes(b"\x7fELF")
    (tmp_path / "kubeconform").chmod(0o755)
    assert on_path(KUBECONFORM, this_host(PATH=str(tmp_path))) is None


@pytest.mark.parametrize("tool", PINS.tools, ids=lambda tool: tool.name)
def test_each_provisioned_tool_says_the_pinned_version(tool: Tool) -> None:
    command = [str(real_toolbox().tools[tool.name]), *tool.version_command]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert tool.of_pinned_version(said)


def test_a_tool_is_built_from_its_module_when_downloads_are_forbidden(tmp_path: Path) -> None:
    lines: list[str] = []
    host = replace(this_host(), downloads=False, progress=lines.append)
    built = provide_tool(KUBECONFORM, PINS, host, Cache(tmp_path))
    assert built.is_relative_to(tmp_path)
    said = subprocess.run([built, *KUBECONFORM.version_command], capture_output=True, text=True, check=True).stdout
    assert said.strip() == KUBECONFORM.version
    assert [line.split(" in ")[0] for line in lines[1:]] == ["kubeconform v0.8.0: built"]
    assert lines[0].startswith("kubeconform v0.8.0: building with Go ")


def test_a_module_that_go_sum_does_not_cover_is_not_built(tmp_path: Path) -> None:
    module = tmp_path / "modules" / "kubeconform"
    module.mkdir(parents=True)
    for name in ("go.mod", "go.sum"):
        text = (KUBECONFORM.folder / name).read_text()
        (module / name).write_text(text.replace("yannh/kubeconform v0.8.0 h1:", "yannh/kubeconform v0.8.0 h1:AAAA"))
    tampered = replace(KUBECONFORM, folder=module, releases={})
    with pytest.raises(GenError, match=r"(?s)go build .*(malformed go.sum|checksum mismatch|SECURITY ERROR)"):
        provide_tool(tampered, PINS, this_host(), Cache(tmp_path / "cache"))


def till(address: str, says: str = "v1.0.0", sha256: str = "") -> tuple[Tool, bytes]:
    """Return a tool that only a release provides, and the release."""
    body = tar_gz({"till/bin/till": f"#!/bin/sh\necho {says}\n".encode()})
    release = Release(f"{address}till.tar.gz", sha256 or hashlib.sha256(body).hexdigest(), "till/bin/till")
    return Tool("till", "v1.0.0", ("v1.0.0",), ("-v",), {go_platform(): release}, (), (), 1, KUBECONFORM.folder), body


@pytest.fixture
def manners() -> Manners:
    return Manners()


@pytest.fixture
def address(manners: Manners) -> Iterator[str]:
    with serving(manners) as address:
        yield address


def telling(lines: list[str]) -> Host:
    return replace(this_host(), progress=lines.append)


def test_a_release_is_downloaded_checked_and_unpacked_into_the_cache(
    manners: Manners, address: str, tmp_path: Path
) -> None:
    tool, manners.body = till(address)
    lines: list[str] = []
    made = [provide_tool(tool, PINS, telling(lines), Cache(tmp_path)) for _ in range(2)]
    assert made[0] == made[1]
    assert os.access(made[0], os.X_OK)
    assert lines == [f"till v1.0.0: downloading {address}till.tar.gz"]
    assert len(manners.asked) == 1
    assert list((tmp_path / "downloads").iterdir()) == []


def test_a_release_that_is_not_reached_gives_way_to_the_build_with_the_reason(
    manners: Manners, address: str, tmp_path: Path
) -> None:
    manners.status = 404
    release = Release(f"{address}kubeconform.tar.gz", "0" * 64, "kubeconform")
    lines: list[str] = []
    tool = replace(KUBECONFORM, releases={go_platform(): release})
    built = provide_tool(tool, PINS, telling(lines), Cache(tmp_path))
    assert built.is_file()
    assert [line for line in lines if "no download" in line] == [
        f"kubeconform v0.8.0: no download ({address}kubeconform.tar.gz: HTTP 404 Not Found)"
    ]
    asked = len(manners.asked)
    assert provide_tool(tool, PINS, telling(lines), Cache(tmp_path)) == built
    assert len(manners.asked) == asked  # the build is there: nobody is asked again


def test_a_wrong_checksum_is_an_error_and_nothing_is_built_instead(
    manners: Manners, address: str, tmp_path: Path
) -> None:
    _, manners.body = till(address)
    release = Release(f"{address}kubeconform.tar.gz", "0" * 64, "till/bin/till")
    tool = replace(KUBECONFORM, releases={go_platform(): release})
    with pytest.raises(GenError, match="not what was pinned") as refused:
        provide_tool(tool, PINS, this_host(), Cache(tmp_path))
    assert in_cache(tool, Cache(tmp_path)) is None
    assert "--without kubeconform" in str(refused.value)


def test_a_release_that_says_another_version_is_an_error(manners: Manners, address: str, tmp_path: Path) -> None:
    tool, manners.body = till(address, says="v0.9.0")
    with pytest.raises(GenError, match=r"says 'v0\.9\.0' and not v1\.0\.0"):
        provide_tool(tool, PINS, this_host(), Cache(tmp_path))


def test_a_tool_that_cannot_be_had_is_an_error_with_every_way_out(tmp_path: Path) -> None:
    tool = replace(KUBECONFORM, releases={})
    host = this_host(GOPROXY="off", GOMODCACHE=str(tmp_path / "empty"))
    with pytest.raises(GenError) as refused:
        provide_tool(tool, PINS, host, Cache(tmp_path / "cache"))
    first, *middle, last = str(refused.value).splitlines()
    assert first == "kubeconform v0.8.0 cannot be had."
    assert "Check the network and GOPROXY" in middle[-1]
    assert last == ("Or put kubeconform v0.8.0 on PATH, or do without what it checks by --without kubeconform.")


@pytest.mark.parametrize("says", ["v0.9.0", ""])
def test_a_broken_program_is_taken_out_of_the_cache_and_a_good_one_stays(
    says: str, manners: Manners, address: str, tmp_path: Path
) -> None:
    tool, manners.body = till(address)
    cache, lines = Cache(tmp_path), list[str]()
    made = provide_tool(tool, PINS, this_host(), cache)
    discard_broken(tool, telling(lines), cache)
    assert made.is_file()
    assert lines == []
    program(made.parent, "till", says)
    discard_broken(tool, telling(lines), cache)
    assert in_cache(tool, cache) is None
    assert lines == [f"till: the one in the cache is broken: {made.parent}"]
    assert provide_tool(tool, PINS, this_host(), cache) == made
