"""The pins are complete, and what is not what was pinned is refused."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from generator.base.errors import GenError
from generator.base.resources import data_root
from generator.tools.pins import Tool, Wheel, content_key, load_pins
from generator.tools.sources import ClassSource, GoSource, JarSource
from generator.tools.wheels import check_sha256

PINS = load_pins()


def numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


@pytest.mark.parametrize("tool", PINS.tools, ids=lambda tool: tool.name)
def test_the_module_of_a_tool_pins_the_version_that_the_pins_say(tool: Tool) -> None:
    module = (tool.folder / "go.mod").read_text()
    package = re.search(r"^tool (\S+)$", module, re.MULTILINE)
    assert package
    required = re.findall(r"^\s+(\S+) (v\S+)", module, re.MULTILINE)
    assert [version for path, version in required if package[1].startswith(path)] == [tool.version]
    assert f" {tool.version} h1:" in (tool.folder / "go.sum").read_text()


@pytest.mark.parametrize("tool", PINS.tools, ids=lambda tool: tool.name)
def test_the_oldest_go_builds_the_module_of_a_tool(tool: Tool) -> None:
    wanted = re.search(r"^go (\S+)$", (tool.folder / "go.mod").read_text(), re.MULTILINE)
    assert wanted
    assert numbers(wanted[1]) <= numbers(PINS.go.minimum) <= numbers(PINS.go.wheel.version)


def test_every_pin_has_a_checksum() -> None:
    modules = [source for source in PINS.crds if isinstance(source, GoSource)]
    assert all(re.fullmatch(r"h1:[A-Za-z0-9+/]{43}=", source.sum) for source in modules)
    wheels = [PINS.go.wheel, PINS.native.wheel, PINS.java.wheel]
    jars = [jar for source in PINS.crds if isinstance(source, ClassSource) for jar in source.jars]
    jars += [source.jar for source in PINS.crds if isinstance(source, JarSource)]
    assert modules
    assert jars
    digests = [digest for wheel in wheels for digest in wheel.sha256] + [jar.sha256 for jar in jars]
    assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in digests)


def test_the_default_kubernetes_is_supported() -> None:
    PINS.check_kubernetes(PINS.native.default)


@pytest.mark.parametrize("version", ["1.2", "1.99", "v1.36", "1.36.0", ""])
def test_an_unsupported_kubernetes_is_refused_with_the_supported_ones(version: str) -> None:
    with pytest.raises(GenError) as refused:
        PINS.check_kubernetes(version)
    listed = "1.30, 1.31, 1.32, 1.33, 1.34, 1.35, 1.36, 1.37"
    assert str(refused.value) == f"Kubernetes {version!r} is not supported. Write one of {listed}."


def test_a_key_follows_pins_and_files(tmp_path: Path) -> None:
    file = tmp_path / "go.sum"
    file.write_text("a")
    before = content_key(PINS.native, file)
    assert content_key(PINS.native, file) == before
    assert content_key(replace(PINS.native, folder="other"), file) != before
    file.write_text("b")
    assert content_key(PINS.native, file) != before


def test_a_wheel_with_another_checksum_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.whl"
    file.write_bytes(b"good")
    good = Wheel("a", "1", ("770e607624d689265ca6c44884d0807d9b054d23c473c106c72be9de08b7376c",))
    check_sha256(file, good)
    file.write_bytes(b"evil")
    with pytest.raises(GenError, match=r"^a 1: the wheel's sha256 is [0-9a-f]{64}, which is not pinned"):
        check_sha256(file, good)


def test_a_spec_may_name_exactly_the_kubernetes_versions_that_are_pinned() -> None:
    schema = json.loads((data_root() / "schemas" / "common.schema.json").read_text("utf-8"))
    assert tuple(schema["$defs"]["kubernetes"]["enum"]) == load_pins().native.kubernetes
