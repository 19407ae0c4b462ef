"""What the project pins, read from `pins.toml` and `modules/` beside this file."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.base.errors import GenError

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
class Tool:
    """A program built from the Go module in `folder`; `stamp` is the Go variable that takes the version."""

    name: str
    version: str
    version_command: tuple[str, ...]
    stamp: str
    tags: tuple[str, ...]
    folder: Path


@dataclass(frozen=True, slots=True)
class Native:
    """The schemas of Kubernetes' own kinds for several minor versions ("1.36")."""

    wheel: Wheel
    folder: str
    kubernetes: tuple[str, ...]
    default: str


@dataclass(frozen=True, slots=True)
class CrdSource:
    """A Go module whose zip holds CustomResourceDefinitions at `path` (a file or a folder)."""

    name: str
    module: str
    version: str
    sum: str
    path: str


@dataclass(frozen=True, slots=True)
class Pins:
    """Everything that is pinned."""

    go: GoPin
    tools: tuple[Tool, ...]
    native: Native
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
        crds=tuple(CrdSource(name=name, **pin) for name, pin in document["crds"].items()),
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
        version_command=tuple(pin["version_command"]),
        stamp=pin["stamp"],
        tags=tuple(pin.get("tags", ())),
        folder=package / "modules" / name,
    )
