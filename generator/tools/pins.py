"""What the project pins, read from `pins.toml`, `modules/` and `own/` beside this file."""

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.base.errors import GenError
from generator.tools.sources import CrdSource, crd_source

_PACKAGE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel on the Python package index; sha256 holds one checksum a platform."""

    package: str
    version: str
    sha256: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GoPin:
    """The oldest Go that builds everything here, and the wheel that carries one."""

    minimum: str
    wheel: Wheel


@dataclass(frozen=True, slots=True)
class Release:
    """The official release of a tool for one platform; `member` is the program's path in it, "" for no archive."""

    url: str
    sha256: str
    member: str


@dataclass(frozen=True, slots=True)
class Tool:
    """A program: how it says its version, its releases by platform ("linux-amd64"), and the Go module that builds it.

    `says` are the words of which its answer to `version_command` holds one; `stamps` are Go variables and their values;
    `build_mib` is what a build takes on the disk.
    """

    name: str
    version: str
    says: tuple[str, ...]
    version_command: tuple[str, ...]
    releases: Mapping[str, Release]
    stamps: tuple[tuple[str, str], ...]
    tags: tuple[str, ...]
    build_mib: int
    folder: Path

    def of_pinned_version(self, answer: str) -> bool:
        """Say whether an answer to the version command is one of the pinned version."""
        return not set(self.says).isdisjoint(answer.split())


@dataclass(frozen=True, slots=True)
class Native:
    """The schemas of Kubernetes' own kinds for several minor versions ("1.36")."""

    wheel: Wheel
    folder: str
    kubernetes: tuple[str, ...]
    default: str


@dataclass(frozen=True, slots=True)
class JavaPin:
    """The oldest Java that runs the generators of CRDs (a feature release: 21), and the wheel that carries one."""

    minimum: int
    wheel: Wheel


@dataclass(frozen=True, slots=True)
class Pins:
    """Everything that is pinned."""

    go: GoPin
    tools: tuple[Tool, ...]
    native: Native
    java: JavaPin
    crds: tuple[CrdSource, ...]

    def check_kubernetes(self, version: str) -> None:
        """Raise GenError, listing the supported ones, when there are no schemas for the minor version ("1.36")."""
        if version not in self.native.kubernetes:
            supported = ", ".join(self.native.kubernetes)
            raise GenError(f"Kubernetes {version!r} is not supported. Write one of {supported}.")


def load_pins(package: Path = _PACKAGE) -> Pins:
    """Return the pins in `pins.toml` of a folder."""
    with (package / "pins.toml").open("rb") as file:
        document = tomllib.load(file)
    native = document["native"]
    return Pins(
        go=GoPin(minimum=document["go"]["minimum"], wheel=_wheel(document["go"])),
        tools=tuple(_tool(name, pin, package) for name, pin in document["tools"].items()),
        native=Native(_wheel(native), native["folder"], tuple(native["kubernetes"]), native["default"]),
        java=JavaPin(document["java"]["minimum"], _wheel(document["java"])),
        crds=tuple(crd_source(name, pin, package / "own") for name, pin in document["crds"].items()),
    )


def content_key(*parts: object) -> str:
    """Return 16 hexadecimal digits that change when a pin (a dataclass) or a file (a Path) among the parts does."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.read_bytes() if isinstance(part, Path) else repr(part).encode()
        digest.update(hashlib.sha256(data).digest())
    return digest.hexdigest()[:16]


def _wheel(pin: Mapping[str, Any]) -> Wheel:
    return Wheel(pin["package"], pin["version"], tuple(pin["sha256"]))


def _tool(name: str, pin: Mapping[str, Any], package: Path) -> Tool:
    return Tool(
        name=name,
        version=pin["version"],
        says=tuple(pin.get("says", (pin["version"],))),
        version_command=tuple(pin["version_command"]),
        releases=dict(_releases(pin["release"])),
        stamps=tuple(pin.get("stamps", {}).items()),
        tags=tuple(pin.get("tags", ())),
        build_mib=pin["build_mib"],
        folder=package / "modules" / name,
    )


def _releases(pin: Mapping[str, Any]) -> Iterator[tuple[str, Release]]:
    """Yield each platform for which there is a checksum, with the release for it."""
    for platform, sha256 in pin.get("sha256", {}).items():
        words = dict(zip(("os", "arch"), platform.split("-"), strict=True))
        yield platform, Release(pin["url"].format(**words), sha256, pin.get("member", "").format(**words))
