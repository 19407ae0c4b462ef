"""Where CustomResourceDefinitions come from: a Go module's zip, a jar, a generator that runs on jars, or ourselves."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class GoSource:
    """A Go module whose zip holds definitions at `paths` (files or folders); `sum` is the zip's h1 checksum."""

    name: str
    version: str
    licence: str
    module: str
    sum: str
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Jar:
    """An artifact of a Maven repository, named by its coordinates."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def path(self) -> str:
        """Return where a repository of Maven's default layout holds the jar."""
        return f"{self.group.replace('.', '/')}/{self.artifact}/{self.version}/{self.artifact}-{self.version}.jar"


@dataclass(frozen=True, slots=True)
class JarSource:
    """A jar that holds definitions as YAML at `paths` (members)."""

    name: str
    version: str
    licence: str
    jar: Jar
    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClassSource:
    """Strimzi's way: the classes of an API, from which its generator (`main`) writes the definitions."""

    name: str
    version: str
    licence: str
    main: str
    classes: tuple[str, ...]
    jars: tuple[Jar, ...]


@dataclass(frozen=True, slots=True)
class OwnSource:
    """Definitions that we wrote, of kinds whose upstream publishes them nowhere that we can fetch from.

    `after` is upstream's repository and `version` its release that they follow; `text` is the YAML itself, so that
    whatever is made of a source is made anew when the text changes.
    """

    name: str
    version: str
    licence: str
    after: str
    text: str


CrdSource: TypeAlias = GoSource | JarSource | ClassSource | OwnSource


def crd_source(name: str, pin: Mapping[str, Any], own: Path) -> CrdSource:
    """Return the source that a [crds.<name>] table pins; the folder `own` holds the definitions that we wrote."""
    licence = pin["licence"]
    if "after" in pin:
        text = (own / f"{name}.yaml").read_text(encoding="utf-8")
        return OwnSource(name, pin["version"], licence, pin["after"], text)
    if "module" in pin:
        return GoSource(name, pin["version"], licence, pin["module"], pin["sum"], tuple(pin["paths"]))
    if "main" in pin:
        jars = tuple(Jar(**jar) for jar in pin["jars"])
        return ClassSource(name, pin["version"], licence, pin["main"], tuple(pin["classes"]), jars)
    return JarSource(name, pin["version"], licence, Jar(**pin["jar"]), tuple(pin["paths"]))
