"""Where CustomResourceDefinitions come from: a Go module's zip, a jar, or a generator that runs on jars."""

from collections.abc import Mapping
from dataclasses import dataclass
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


CrdSource: TypeAlias = GoSource | JarSource | ClassSource


def crd_source(name: str, pin: Mapping[str, Any]) -> CrdSource:
    """Return the source that a [crds.<name>] table pins."""
    licence = pin["licence"]
    if "module" in pin:
        return GoSource(name, pin["version"], licence, pin["module"], pin["sum"], tuple(pin["paths"]))
    if "main" in pin:
        jars = tuple(Jar(**jar) for jar in pin["jars"])
        return ClassSource(name, pin["version"], licence, pin["main"], tuple(pin["classes"]), jars)
    return JarSource(name, pin["version"], licence, Jar(**pin["jar"]), tuple(pin["paths"]))
