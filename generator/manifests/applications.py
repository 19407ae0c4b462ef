"""Argo CD Applications in a tree, those of its ApplicationSets included: what each sends where."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import product

from generator.manifests import values
from generator.manifests.load import Manifests
from generator.manifests.object import Object

GROUP = "argoproj.io"
IN_CLUSTER = "https://kubernetes.default.svc"
_PLACEHOLDER = re.compile(r"\{\{-?\s*\.?([^{}]*?)\s*-?\}\}")
# Where a tree that gen rendered holds a component as a chart, as an overlay of a region, and as plain manifests.
_CHART = re.compile(r"(?P<above>(?:.*/)?)charts/[^/]+/charts/(?P<component>[^/]+)/?")
_OVERLAY = re.compile(r"(?P<above>(?:.*/)?)kustomize/(?P<component>[^/]+)/overlays/(?P<region>[^/]+)/?")
_REGION_VALUES = re.compile(r"values-(?P<region>[^/]+)\.yaml")


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One source of an Application; path is None for a chart, folder is where its manifests lie in the tree, if there.

    plain is the path of the manifests as they are: those that a chart or an overlay of a rendered tree is another form
    of, if the tree has them, else the path itself.
    """

    repository: str
    path: str | None
    plain: str | None
    folder: str | None
    chart: str
    recurse: bool
    at: values.Path


@dataclass(frozen=True, slots=True, eq=False)
class Application:
    """An Application as Argo CD sees it; object is what declares it (an ApplicationSet for a generated one).

    base is the path of its spec in the object: ("spec",) or ("spec", "template", "spec").
    """

    object: Object
    name: str
    namespace: str
    project: str
    server: str
    destination: str
    target_namespace: str
    sources: tuple[Source, ...]
    base: values.Path
    spec: Mapping[str, values.Value]

    @property
    def in_cluster(self) -> bool:
        """Say whether it deploys into the cluster that its Argo CD runs in."""
        return self.server == IN_CLUSTER or self.destination == "in-cluster"

    @property
    def resolved(self) -> bool:
        """Say whether no placeholder of an ApplicationSet is left in where it sends its objects."""
        return "{{" not in f"{self.server}{self.destination}"


def applications(manifests: Manifests) -> tuple[Application, ...]:
    """Return every Application that a tree declares, with its sources looked up in the tree."""
    found = []
    folders = _Folders(manifests)
    for item in manifests.objects:
        if item.group != GROUP:
            continue
        if item.kind == "Application":
            found.append(_application(item, item.name, item.mapping("spec"), ("spec",), folders))
        elif item.kind == "ApplicationSet":
            template = item.mapping("spec", "template")
            for parameters in _parameters(item.mapping("spec"), folders):
                spec = _filled(template.get("spec"), parameters)
                name = _filled(values.text(template, "metadata", "name"), parameters)
                if isinstance(spec, dict):
                    found.append(_application(item, name, spec, ("spec", "template", "spec"), folders))
    return tuple(found)


def _application(
    of: Object, name: str, spec: Mapping[str, values.Value], base: values.Path, folders: "_Folders"
) -> Application:
    sources = [(values.mapping(spec, "source"), (*base, "source"))] if "source" in spec else []
    sources += [(item, (*base, "sources", index)) for index, item in values.mappings(spec, "sources")]
    return Application(
        object=of,
        name=name,
        namespace=of.namespace,
        project=values.text(spec, "project"),
        server=values.text(spec, "destination", "server"),
        destination=values.text(spec, "destination", "name"),
        target_namespace=values.text(spec, "destination", "namespace"),
        sources=tuple(_source(item, at, folders) for item, at in sources),
        base=base,
        spec=spec,
    )


def _source(value: Mapping[str, values.Value], at: values.Path, folders: "_Folders") -> Source:
    chart, repository = values.text(value, "chart"), values.text(value, "repoURL")
    path = None if chart or "path" not in value else values.text(value, "path")
    plain = _plain(path or "", values.strings(value, "helm", "valueFiles"))
    folder = folders.find(plain) if plain else None
    # find() takes the tree for a part of its repository: of a tree that gen rendered the whole end has to be there.
    if folder is not None and f"/{folder}".endswith(f"/{'/'.join(plain.split('/')[-3:])}"):
        return Source(repository, path, plain, folder, chart, False, at)
    folder = folders.find(path) if path is not None else None
    # Kustomize and Helm decide themselves what belongs to a folder.
    built = folder is not None and folders.is_built(folder)
    recurse = built or values.flag(value, "directory", "recurse")
    return Source(repository, path, path, folder, chart, recurse, at)


def _plain(path: str, value_files: Iterable[str]) -> str:
    """Return the path of the manifests that a chart or an overlay of a rendered tree is another form of, or ""."""
    overlay, chart = _OVERLAY.fullmatch(path), _CHART.fullmatch(path)
    if overlay:
        return f"{overlay['above']}clusters/{overlay['region']}/{overlay['component']}"
    regions = [found["region"] for name in value_files if (found := _REGION_VALUES.fullmatch(name))]
    return f"{chart['above']}clusters/{regions[-1]}/{chart['component']}" if chart and regions else ""


class _Folders:
    """The folders of a tree, found by a path in its repository: the tree may be only a part of that."""

    def __init__(self, manifests: Manifests) -> None:
        self.folders = manifests.folders
        self.built = {*manifests.kustomizations, *manifests.charts}
        self.above = tuple(part for part in manifests.root.resolve().parts if part != "/")

    def find(self, path: str) -> str | None:
        """Return the folder of the tree that a path in its repository means, or None.

        The tree may be a folder of the repository: then the path begins with the end of the tree's own path. A tree
        that was copied elsewhere is known by the longest end of the path that is a folder in it.
        """
        parts = [part for part in path.split("/") if part not in {"", "."}]
        if not parts:
            return ""
        for cut in range(len(parts)):
            rest = "/".join(parts[cut:])
            if rest in self.folders:
                return rest
            if cut + 1 <= len(self.above) and tuple(parts[: cut + 1]) == self.above[-cut - 1 :]:
                inner = "/".join(parts[cut + 1 :])
                if inner in self.folders:
                    return inner
        return None

    def is_built(self, folder: str) -> bool:
        """Say whether Kustomize or Helm renders a folder."""
        return folder in self.built

    def matching(self, pattern: str) -> Iterator[str]:
        """Yield the folders (as the pattern would name them) that a pattern of the git generator matches."""
        parts = [part for part in pattern.split("/") if part not in {"", "."}]
        for cut in range(len(parts)):
            tail = parts[cut:]
            hits = [name for name in sorted(self.folders) if _matches(name.split("/"), tail)]
            if hits:
                prefix = "/".join(parts[:cut])
                yield from (f"{prefix}/{name}".lstrip("/") for name in hits)
                return


def _matches(parts: list[str], pattern: list[str]) -> bool:
    return len(parts) == len(pattern) and all(fnmatchcase(*pair) for pair in zip(parts, pattern, strict=True))


_Parameters = Mapping[str, str]


def _parameters(spec: Mapping[str, values.Value], folders: _Folders) -> Iterator[_Parameters]:
    """Yield the parameters of each Application that an ApplicationSet's generators make, as far as the tree tells."""
    found: list[_Parameters] = []
    for _, generator in values.mappings(spec, "generators"):
        found += _generated(generator, folders)
    # A generator that asks the cluster or a code host yields what no tree can tell: one Application of placeholders.
    yield from found or [{}]


def _generated(generator: Mapping[str, values.Value], folders: _Folders) -> list[_Parameters]:
    if "list" in generator:
        elements = values.mappings(generator, "list", "elements")
        return [dict(_flat(element)) for _, element in elements]
    if "git" in generator:
        found: list[_Parameters] = []
        wanted = values.mappings(generator, "git", "directories")
        excluded = {
            path
            for _, item in wanted
            if values.flag(item, "exclude")
            for path in folders.matching(values.text(item, "path"))
        }
        for _, item in wanted:
            if not values.flag(item, "exclude"):
                paths = folders.matching(values.text(item, "path"))
                found += [_path_parameters(path) for path in paths if path not in excluded]
        return found
    for key in ("matrix", "merge"):
        if key in generator:
            lists = [_generated(inner, folders) or [{}] for _, inner in values.mappings(generator, key, "generators")]
            return [{key: item for part in parts for key, item in part.items()} for parts in product(*lists)]
    return []


def _path_parameters(path: str) -> _Parameters:
    parts = path.split("/")
    segments = {f"path.segments.{index}": part for index, part in enumerate(parts)}
    segments |= {f"path[{index}]": part for index, part in enumerate(parts)}
    segments |= {f"index .path.segments {index}": part for index, part in enumerate(parts)}
    return {"path": path, "path.path": path, "path.basename": parts[-1], **segments}


def _flat(value: Mapping[str, values.Value], prefix: str = "") -> Iterable[tuple[str, str]]:
    for key, item in value.items():
        if isinstance(item, dict):
            yield from _flat(item, f"{prefix}{key}.")
        elif isinstance(item, str | int):
            yield f"{prefix}{key}", str(item)


def _filled(value: values.Value, parameters: _Parameters) -> values.Value:
    """Return a value with the placeholders that are known filled in; the others stay as they are."""
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda found: parameters.get(found[1], found[0]), value)
    if isinstance(value, dict):
        return {key: _filled(item, parameters) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, parameters) for item in value]
    return value
