"""Provides a pinned program: the one on PATH, else its official release, else one built from its Go module."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

from generator.base.errors import GenError
from generator.tools.cache import Cache
from generator.tools.golang import build, find_go
from generator.tools.host import Host, go_platform, system
from generator.tools.pins import Pins, Release, Tool, content_key
from generator.tools.releases import UnavailableError, fetch_release, unpack_release

# Seconds: a program that takes longer to say its version is not the one that we want.
_PATIENCE = 30


def provide_tool(tool: Tool, pins: Pins, host: Host, cache: Cache) -> Path:
    """Return a tool's program, making it if it is neither on PATH nor in the cache.

    A release that is not reached gives way to the build; one with a wrong checksum is an error (GenError).
    """
    found = on_path(tool, host) or in_cache(tool, cache)
    if found:
        return found
    try:
        return _released(tool, host, cache) or _built(tool, pins, host, cache)
    except GenError as error:
        raise GenError(
            f"{tool.name} {tool.says[0]} cannot be had.\n{error}\n"
            f"Or put {tool.name} {tool.says[0]} on PATH, or do without what it checks by --without {tool.name}."
        ) from error


def on_path(tool: Tool, host: Host) -> Path | None:
    """Return the tool on PATH if it says that it is of the pinned version."""
    found = shutil.which(tool.name, path=host.search_path)
    return Path(found) if found and tool.of_pinned_version(answer(Path(found), tool, host)) else None


def in_cache(tool: Tool, cache: Cache) -> Path | None:
    """Return the tool in the cache, whether it was downloaded or built; it is not run."""
    return next((entry / tool.name for entry in entries(tool, cache) if entry.is_dir()), None)


def entries(tool: Tool, cache: Cache) -> Iterator[Path]:
    """Yield where a tool may lie in the cache: as a release of this platform, and built."""
    release = tool.releases.get(go_platform())
    if release:
        yield _release_entry(tool, release, cache)
    yield _built_entry(tool, cache)


def answer(program: Path, tool: Tool, host: Host) -> str:
    """Return what a program answers when it is asked for its version; "" when it cannot be run or does not end."""
    try:
        done = subprocess.run(
            [program, *tool.version_command],
            env=dict(host.environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=_PATIENCE,
        )
    except (OSError, subprocess.TimeoutExpired):  # not a program for this machine: as good as absent
        return ""
    return done.stdout


def discard_broken(tool: Tool, host: Host, cache: Cache) -> None:
    """Take out of the cache a program that does not say that it is of the pinned version."""
    for entry in entries(tool, cache):
        if entry.is_dir() and not tool.of_pinned_version(answer(entry / tool.name, tool, host)):
            host.progress(f"{tool.name}: the one in the cache is broken: {entry}")
            cache.discard(entry)


def _released(tool: Tool, host: Host, cache: Cache) -> Path | None:
    """Return the official release of a tool, or None when there is none to be had."""
    release = tool.releases.get(go_platform())
    if release is None or not host.downloads:
        return None
    part = cache.root / "downloads" / f"{tool.name}-{release.sha256[:16]}.part"

    def make(stage: Path) -> None:
        host.progress(f"{tool.name} {tool.says[0]}: downloading {release.url}")
        fetch_release(release, part, host.progress)
        unpack_release(part, release, stage / tool.name)
        _check(stage / tool.name, tool, host)
        part.unlink()

    try:
        return cache.provide(_release_entry(tool, release, cache), make) / tool.name
    except UnavailableError as why:
        host.progress(f"{tool.name} {tool.says[0]}: no download ({why})")
        return None


def _built(tool: Tool, pins: Pins, host: Host, cache: Cache) -> Path:
    def make(stage: Path) -> None:
        start = monotonic()
        build(tool, find_go(pins.go, host, cache), host, stage / tool.name)
        _check(stage / tool.name, tool, host)
        mib = (stage / tool.name).stat().st_size / 2**20
        host.progress(f"{tool.name} {tool.says[0]}: built in {monotonic() - start:.0f} s, {mib:.0f} MiB")

    return cache.provide(_built_entry(tool, cache), make) / tool.name


def _check(program: Path, tool: Tool, host: Host) -> None:
    said = answer(program, tool, host)
    if not tool.of_pinned_version(said):
        raise GenError(
            f"{tool.name}: what was made says {said.strip()!r} and not {' or '.join(tool.says)}. "
            "Correct `says`, `stamps` or `release` in pins.toml."
        )


def _release_entry(tool: Tool, release: Release, cache: Cache) -> Path:
    return cache.entry("tools", f"{tool.name}-release", content_key((tool.name, release.sha256, release.member)))


def _built_entry(tool: Tool, cache: Cache) -> Path:
    module = (tool.folder / "go.mod", tool.folder / "go.sum")
    pinned = (tool.name, tool.version, tool.stamps, tool.tags)
    return cache.entry("tools", tool.name, content_key(pinned, system(), *module))
