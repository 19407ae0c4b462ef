"""Reads CustomResourceDefinitions from YAML and JSON: in texts, files, folders, the zips of Go modules, and jars."""

import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from generator.base.errors import GenError
from generator.tools.crds import Definition
from generator.tools.sources import GoSource, JarSource, OwnSource

_YAML = frozenset({".yaml", ".yml"})
_SUFFIXES = _YAML | {".json"}


class _Loader(yaml.CSafeLoader):
    """Reads a bare `=` and a time stamp as the strings that they are in CRDs."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, shape) for tag, shape in pairs if tag.rsplit(":", 1)[1] not in {"value", "timestamp"}]
    for first, pairs in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def read_text(text: str | bytes) -> Iterator[Definition]:
    """Yield the definitions (apiextensions.k8s.io/v1) among the documents of a YAML or JSON text."""
    for document in yaml.load_all(text, _Loader):
        yield from _definitions(document)


def read_module(module_zip: Path, source: GoSource) -> Iterator[Definition]:
    """Yield the definitions of a Go module's zip at the paths that are pinned; GenError for a path without any."""
    root = PurePosixPath(f"{source.module}@{source.version}")
    yield from _read_zip(module_zip, root, source)


def read_jar(jar: Path, source: JarSource) -> Iterator[Definition]:
    """Yield the definitions of a jar at the paths that are pinned; GenError for a path without any."""
    yield from _read_zip(jar, PurePosixPath(), source)


def read_own(source: OwnSource) -> Iterator[Definition]:
    """Yield the definitions that we wrote; GenError for a text without any."""
    found = list(read_text(source.text))
    if not found:
        raise GenError(f"{source.name} {source.version}: no CRD in own/{source.name}.yaml. Write one there.")
    yield from found


def read_paths(paths: Iterable[Path]) -> Iterator[Definition]:
    """Yield the definitions in files, and in the YAML and JSON files below folders; GenError for what is not YAML."""
    for path in paths:
        files = sorted(file for file in path.rglob("*") if file.suffix in _SUFFIXES) if path.is_dir() else [path]
        for file in files:
            try:
                yield from read_text(file.read_bytes())
            except (OSError, yaml.YAMLError) as error:
                reason = str(error).partition("\n")[0]
                raise GenError(f"{file}: no CRDs can be read from it: {reason}. Correct it or leave it out.") from error


def _read_zip(archive: Path, root: PurePosixPath, source: GoSource | JarSource) -> Iterator[Definition]:
    with zipfile.ZipFile(archive) as members:
        names = [name for name in sorted(members.namelist()) if PurePosixPath(name).suffix in _YAML]
        for path in source.paths:
            wanted = [name for name in names if PurePosixPath(name).is_relative_to(root / path)]
            found = [definition for name in wanted for definition in read_text(members.read(name))]
            if not found:
                raise GenError(f"{source.name} {source.version}: no CRD at {path!r}. Correct the path in pins.toml.")
            yield from found


def _definitions(document: Any) -> Iterator[Definition]:
    if not isinstance(document, dict):
        return
    kind, version = document.get("kind"), document.get("apiVersion")
    if kind in ("List", "CustomResourceDefinitionList"):
        for item in document.get("items") or ():
            yield from _definitions(item)
    elif kind == "CustomResourceDefinition" and version == "apiextensions.k8s.io/v1":
        yield document
