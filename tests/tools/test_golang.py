"""Go is found where it is new enough, and what it fetches is what was pinned."""

import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from provisioned import this_host

from generator.base.errors import GenError
from generator.tools.cache import Cache
from generator.tools.dirhash import h1
from generator.tools.golang import find_go, go_entry
from generator.tools.pins import load_pins
from generator.tools.provision_crds import provide_source
from generator.tools.sources import GoSource

PINS = load_pins()
ISTIO = next(source for source in PINS.crds if isinstance(source, GoSource) and source.name == "istio")


def program(folder: Path, name: str, says: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\necho {says}\n")
    (folder / name).chmod(0o755)


def test_a_go_on_path_that_is_new_enough_is_used(tmp_path: Path) -> None:
    program(tmp_path / "bin", "go", f"go{PINS.go.minimum}")
    go = find_go(PINS.go, this_host(PATH=str(tmp_path / "bin")), Cache(tmp_path / "cache"))
    assert (go.program, go.version) == (tmp_path / "bin" / "go", PINS.go.minimum)


@pytest.mark.parametrize("says", ["go1.20.3", "go1.26rc1", "devel +1a2b3c", None])
def test_without_a_new_enough_go_on_path_the_pinned_one_is_used(says: str | None, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache")
    go_entry(PINS.go, cache).mkdir(parents=True)
    if says:
        program(tmp_path / "bin", "go", f"'{says}'")
    go = find_go(PINS.go, this_host(PATH=str(tmp_path / "bin")), cache)
    assert go.program.is_relative_to(cache.root)
    assert go.version == PINS.go.wheel.version


def module_zip(folder: Path, files: dict[str, str]) -> str:
    with zipfile.ZipFile(folder / "m.zip", "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return h1(folder / "m.zip")


def test_the_checksum_of_a_module_covers_names_and_contents_whatever_their_order(tmp_path: Path) -> None:
    checksum = module_zip(tmp_path, {"m@v1/a.go": "a", "m@v1/b/c.go": "c"})
    assert checksum == module_zip(tmp_path, {"m@v1/b/c.go": "c", "m@v1/a.go": "a"})
    assert checksum != module_zip(tmp_path, {"m@v1/a.go": "a", "m@v1/b/c.go": "C"})
    assert checksum != module_zip(tmp_path, {"m@v1/a.go": "a", "m@v1/b/d.go": "c"})
    assert checksum != module_zip(tmp_path, {"m@v1/a.go": "a"})


def test_a_module_whose_checksum_is_not_the_pinned_one_is_refused(tmp_path: Path) -> None:
    tampered = replace(ISTIO, sum="h1:" + "A" * 43 + "=")
    with pytest.raises(GenError) as refused:
        provide_source(tampered, PINS, this_host(), Cache(tmp_path))
    assert str(refused.value).startswith(
        f"{ISTIO.module}@{ISTIO.version}: the checksum is {ISTIO.sum}, the pin says {tampered.sum}. "
    )
    assert not list((tmp_path / "crds").glob("istio-*"))


def test_a_module_that_is_not_to_be_had_is_an_error_with_the_remedy(tmp_path: Path) -> None:
    missing = replace(ISTIO, version="v1.31.1")
    with pytest.raises(GenError, match=r"(?s)module lookup disabled.*Check the network and GOPROXY"):
        provide_source(missing, PINS, this_host(GOPROXY="off", GOMODCACHE=str(tmp_path / "empty")), Cache(tmp_path))


def test_a_path_that_holds_no_crd_is_an_error(tmp_path: Path) -> None:
    misplaced = replace(ISTIO, paths=("kubernetes/nowhere",))
    with pytest.raises(GenError, match="no CRD at 'kubernetes/nowhere'"):
        provide_source(misplaced, PINS, this_host(), Cache(tmp_path))
