"""The doctor sees what is missing, what is broken and what this machine lacks, and says what to do."""

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from provisioned import real_toolbox, this_host

from generator.tools.cache import Cache
from generator.tools.doctor import Finding, Status, examine, exit_code
from generator.tools.host import Host
from generator.tools.pins import Pins, Tool, load_pins
from generator.tools.programs import entries, provide_tool

ALL = load_pins()
KUBECONFORM = next(tool for tool in ALL.tools if tool.name == "kubeconform")
# One tool and no source of CRDs: what the doctor says of one he says of all.
PINS = replace(ALL, tools=(KUBECONFORM,), crds=())


def program(folder: Path, name: str, says: str) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\necho '{says}'\n")
    (folder / name).chmod(0o755)
    return str(folder)


def findings(host: Host, cache: Path, pins: Pins = PINS) -> Mapping[str, Finding]:
    """Return what is found, by the first word of the subject."""
    return {finding.subject.split()[0]: finding for finding in examine(pins, host, Cache(cache))}


def cached(cache: Path, tool: Tool = KUBECONFORM) -> Path:
    """Return where a built tool lies in a cache, making its folder."""
    *_, entry = entries(tool, Cache(cache))
    entry.mkdir(parents=True)
    return entry


def test_all_is_well_where_everything_was_provisioned() -> None:
    cache = real_toolbox().native.parent.parent
    found = examine(ALL, this_host(), Cache(cache))
    assert [finding for finding in found if finding.status is not Status.OK] == []
    assert len(found) == len(ALL.tools) + 1 + len(ALL.crds) + 4
    assert exit_code(found) == 0


def test_what_is_missing_is_for_install_to_make(tmp_path: Path) -> None:
    found = findings(this_host(), tmp_path)
    assert found["kubeconform"] == Finding(
        "kubeconform v0.8.0", Status.MISSING, "neither on PATH nor in the cache", "gen tools install"
    )
    assert found["schemas"].status is Status.MISSING
    assert exit_code(found.values()) == 1


def test_another_version_on_path_is_named_with_what_it_says(tmp_path: Path) -> None:
    path = program(tmp_path / "bin", "kubeconform", "v0.7.0")
    found = findings(this_host(PATH=path), tmp_path / "cache")["kubeconform"]
    assert (found.status, found.detail) == (Status.OTHER_VERSION, f"{path}/kubeconform on PATH says v0.7.0")
    assert found.remedy == "gen tools install (makes our own; the one on PATH stays as it is)"


def test_another_version_on_path_does_no_harm_where_the_cache_has_the_right_one(tmp_path: Path) -> None:
    path = program(tmp_path / "bin", "kubeconform", "v0.7.0")
    program(cached(tmp_path / "cache"), "kubeconform", "v0.8.0")
    found = findings(this_host(PATH=path), tmp_path / "cache")["kubeconform"]
    assert found.status is Status.OK
    assert found.detail.endswith(f"(not used: {path}/kubeconform on PATH says v0.7.0)")


@pytest.mark.parametrize(("says", "shown"), [("v0.7.0", "v0.7.0"), ("", "nothing")])
def test_a_program_in_the_cache_that_says_another_version_is_broken(says: str, shown: str, tmp_path: Path) -> None:
    program(cached(tmp_path), "kubeconform", says)
    found = findings(this_host(PATH=""), tmp_path)["kubeconform"]
    assert found.status is Status.BROKEN
    assert found.detail.endswith(f"/kubeconform says {shown}")
    assert found.remedy == "gen tools install"


def test_an_entry_of_the_cache_without_its_program_is_broken(tmp_path: Path) -> None:
    cached(tmp_path)
    assert findings(this_host(PATH=""), tmp_path)["kubeconform"].status is Status.BROKEN


def test_without_go_pip_fetches_one(tmp_path: Path) -> None:
    found = findings(this_host(PATH=""), tmp_path)
    assert found["Go"].status is Status.OK
    assert found["Go"].detail == f"none on PATH: pip will fetch Go {PINS.go.wheel.version}"


def test_without_go_and_without_pip_nothing_can_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    found = findings(this_host(PATH=""), tmp_path)
    assert (found["Go"].status, found["pip"].status) == (Status.UNFIT, Status.UNFIT)
    assert "ensurepip" in found["pip"].remedy
    assert exit_code(found.values()) == 2


def test_a_go_that_does_not_work_is_unfit_only_while_there_is_something_to_make(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "go").write_text("#!/bin/sh\nexit 3\n")
    (tmp_path / "bin" / "go").chmod(0o755)
    host = this_host(PATH=str(tmp_path / "bin"))
    assert findings(host, tmp_path / "cache")["Go"].status is Status.UNFIT
    shutil.copytree(real_toolbox().native, tmp_path / "cache" / "schemas" / real_toolbox().native.name)
    program(cached(tmp_path / "cache"), "kubeconform", "v0.8.0")
    assert findings(host, tmp_path / "cache")["Go"].status is Status.OK


def test_a_cache_that_cannot_be_is_unfit(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = findings(this_host(), tmp_path / "file" / "cache")["cache"]
    assert found.status is Status.UNFIT
    assert found.detail.endswith(f"{tmp_path / 'file'} is no folder")
    assert "--cache or GITOPS_GEN_CACHE" in found.remedy


def test_a_disk_without_room_for_what_is_missing_is_unfit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Usage:
        free = 100 << 20

    monkeypatch.setattr("shutil.disk_usage", lambda _: Usage)
    found = findings(this_host(), tmp_path)["disk"]
    assert found.status is Status.UNFIT
    assert found.detail.startswith("100 MiB free")
    monkeypatch.setattr(Usage, "free", 100 << 30)
    assert findings(this_host(), tmp_path)["disk"].status is Status.OK


def test_what_the_doctor_calls_broken_install_makes_anew(tmp_path: Path) -> None:
    program(cached(tmp_path), "kubeconform", "v0.8.0")
    found = findings(this_host(PATH=""), tmp_path)["kubeconform"]
    assert found.status is Status.OK
    assert found.detail == str(provide_tool(KUBECONFORM, PINS, this_host(PATH=""), Cache(tmp_path)))
