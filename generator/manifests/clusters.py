"""Divides a tree's objects among the clusters that they are for: a reference never leads from one into another."""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from generator.manifests import values
from generator.manifests.applications import Application, Source, applications
from generator.manifests.cluster import Cluster, Release
from generator.manifests.kustomize import generated
from generator.manifests.load import Manifests
from generator.manifests.object import Object
from generator.manifests.scope import CLUSTER_SCOPED

_CLUSTER_FOLDER = re.compile(r"((?:.*/)?)clusters/([^/]+)(?:/|$)")
_INSTANCE_FOLDER = re.compile(r"((?:.*/)?)argocd/([^/]+)(?:/|$)")


@dataclass(frozen=True, slots=True, eq=False)
class Repository:
    """A tree as the rules see it: its clusters, and its Applications with what they deliver.

    delivered maps the index of an Application (in `applications`) to the objects that its sources hold.
    """

    manifests: Manifests
    clusters: tuple[Cluster, ...]
    applications: tuple[Application, ...]
    delivered: Mapping[int, tuple[Object, ...]]

    def cluster_of(self, application: Application) -> str:
        """Return the name of the cluster that an Application deploys to; "" when nothing in the tree tells."""
        return self._cluster_names.get(id(application), "")

    _cluster_names: Mapping[int, str]


def divide(manifests: Manifests, patterns: Sequence[str] = ()) -> Repository:
    """Return the tree's clusters.

    Clusters are the folders that match `patterns` (globs such as "sites/*"), if any are given; else what the Argo CD
    Applications in the tree send paths to; else the folders `clusters/*`; else the whole tree is one.
    """
    found = applications(manifests)
    folders = _by_parent(manifests)
    delivered = {index: tuple(_delivered(item, folders)) for index, item in enumerate(found)}
    if patterns:
        names = {index: _by_pattern(manifests.relative(item), patterns) for index, item in enumerate(manifests.objects)}
    elif any(source.folder is not None for item in found for source in item.sources):
        return _by_application(manifests, found, delivered)
    else:
        names = {index: _by_folder(manifests.relative(item)) for index, item in enumerate(manifests.objects)}
    only = {name for name in names.values() if name}
    if len(only) == 1:  # what lies outside the only cluster's folder is for it too
        names = dict.fromkeys(names, next(iter(only)))
    where = {id(item): name for item in found for name in [_by_folder(manifests.relative(item.object))]}
    grouped: dict[str, list[Object]] = defaultdict(list)
    for index, item in enumerate(manifests.objects):
        grouped[names[index]].append(item)
    return Repository(manifests, _clusters(manifests, grouped, found, where), found, delivered, where)


def _by_pattern(path: str, patterns: Sequence[str]) -> str:
    parts = path.split("/")
    for pattern in patterns:
        depth = pattern.strip("/").count("/") + 1
        folder = "/".join(parts[:depth])
        if len(parts) > depth and fnmatchcase(folder, pattern.strip("/")):
            return folder
    return ""


def _by_folder(path: str) -> str:
    return _below(_CLUSTER_FOLDER, path.rpartition("/")[0])


def _below(pattern: re.Pattern[str], folder: str) -> str:
    """Return a folder's name with what stands before the pattern's: "production/eu" for production/clusters/eu.

    One tree may hold several environments, each with a cluster of the same name.
    """
    found = pattern.match(folder)
    return f"{found[1]}{found[2]}" if found else ""


def _by_application(
    manifests: Manifests, found: tuple[Application, ...], delivered: Mapping[int, tuple[Object, ...]]
) -> Repository:
    """Divide by what Applications send where."""
    instances = _instances(manifests, found, delivered)
    own_folders: dict[str, set[str]] = defaultdict(set)  # instance → folders clusters/<x> that it sends to itself
    for index, item in enumerate(found):
        if item.in_cluster:
            own_folders[instances[index]] |= {name for name in _folder_names(item) if name}
    where: dict[int, str] = {}
    names: dict[int, dict[str, str]] = defaultdict(dict)  # object → cluster → namespace that the Application gives
    for index, item in enumerate(found):
        name = where[id(item)] = _destination(item, instances[index], own_folders)
        for thing in delivered[index]:
            names[id(thing)].setdefault(name, item.target_namespace)
    grouped: dict[str, list[Object]] = defaultdict(list)
    rest = _Rest(manifests, names)
    control = {name: _control(name, own_folders) for name in {*instances.values(), ""}}
    for thing in manifests.objects:
        path = manifests.relative(thing)
        instance = _instance(path)
        default = control.get(instance, control[""])
        sent = names.get(id(thing)) or {rest.nearest(path) or default: ""}
        for name, namespace in sorted(sent.items()):
            grouped[name].append(_landed(thing, namespace))
    return Repository(manifests, _clusters(manifests, grouped, found, where), found, delivered, where)


def _landed(thing: Object, namespace: str) -> Object:
    """Return an object with the namespace that its Application gives it, when it has none of its own."""
    if not namespace or thing.namespace or (thing.group, thing.kind) in CLUSTER_SCOPED:
        return thing
    return Object(thing.place, thing.value, thing.group, thing.version, thing.kind, namespace, thing.name)


def _instances(
    manifests: Manifests, found: tuple[Application, ...], delivered: Mapping[int, tuple[Object, ...]]
) -> dict[int, str]:
    """Return which Argo CD each Application belongs to: the folder argocd/<x> that it, or who delivers it, lies in."""
    parents: dict[int, int] = {}
    positions = {id(item.object): index for index, item in enumerate(found)}
    for index, things in delivered.items():
        for thing in things:
            child = positions.get(id(thing))
            if child is not None and child != index:
                parents.setdefault(child, index)
    instances = {}
    for index in range(len(found)):
        at, seen = index, {index}
        while not _instance(manifests.relative(found[at].object)) and at in parents and parents[at] not in seen:
            at = parents[at]
            seen.add(at)
        instances[index] = _instance(manifests.relative(found[at].object))
    return instances


def _instance(path: str) -> str:
    return _below(_INSTANCE_FOLDER, path.rpartition("/")[0])


def _folder_names(item: Application) -> Iterator[str]:
    for source in item.sources:
        yield _below(_CLUSTER_FOLDER, source.folder or "")


def _destination(item: Application, instance: str, own_folders: Mapping[str, set[str]]) -> str:
    if item.in_cluster or not (item.server or item.destination):
        folder = next((name for name in _folder_names(item) if name), "")
        return folder or _control(instance, own_folders)
    return item.destination or item.server


def _control(instance: str, own_folders: Mapping[str, set[str]]) -> str:
    """Return the name of the cluster that an Argo CD runs in: the one region that it sends to itself, if it is one."""
    folders = own_folders.get(instance, set())
    return next(iter(folders)) if len(folders) == 1 else instance or "in-cluster"


def _by_parent(manifests: Manifests) -> Mapping[str, list[Object]]:
    """Return the objects of each folder, folders sorted."""
    folders: dict[str, list[Object]] = defaultdict(list)
    for thing in manifests.objects:
        folders[manifests.relative(thing).rpartition("/")[0]].append(thing)
    return dict(sorted(folders.items()))


def _delivered(item: Application, folders: Mapping[str, list[Object]]) -> Iterator[Object]:
    names = list(folders)
    for source in item.sources:
        if source.folder is None:
            continue
        yield from folders.get(source.folder, ())
        if source.recurse:
            below = f"{source.folder}/" if source.folder else ""
            for position in range(bisect_left(names, below), len(names)):
                if not names[position].startswith(below):
                    break
                if names[position] != source.folder:
                    yield from folders[names[position]]


class _Rest:
    """Where a file belongs that no Application delivers: to the cluster that everything delivered beside it goes to."""

    def __init__(self, manifests: Manifests, names: Mapping[int, Mapping[str, str]]) -> None:
        self.clusters: dict[str, set[str]] = defaultdict(set)
        for thing in manifests.objects:
            folder = manifests.relative(thing).rpartition("/")[0]
            for name in names.get(id(thing), ()):
                above = folder
                while above:
                    self.clusters[above].add(name)
                    above = above.rpartition("/")[0]

    def nearest(self, path: str) -> str:
        folder = path.rpartition("/")[0]
        while folder:
            here = self.clusters.get(folder)
            if here:
                return next(iter(here)) if len(here) == 1 else ""
            folder = folder.rpartition("/")[0]
        return ""


def _clusters(
    manifests: Manifests, grouped: Mapping[str, list[Object]], found: tuple[Application, ...], where: Mapping[int, str]
) -> tuple[Cluster, ...]:
    return tuple(
        Cluster(
            name,
            things,
            [*_releases(name, found, where), *_helm_releases(things)],
            generated(manifests.kustomizations),
        )
        for name, things in sorted(grouped.items())
        if things
    )


def _releases(name: str, found: tuple[Application, ...], where: Mapping[int, str]) -> list[Release]:
    """Return the charts and foreign folders that Applications install into a cluster."""
    releases = []
    for item in found:
        outside = [source for source in item.sources if source.folder is None and (source.chart or source.path)]
        if outside and where[id(item)] in {name, ""}:
            namespace = item.target_namespace if "{{" not in item.target_namespace else "*"
            releases.append(Release(namespace, _release_names(item, outside)))
    return releases


def _helm_releases(things: Iterable[Object]) -> Iterator[Release]:
    """Yield the charts that Flux and K3s install into a cluster."""
    for item in things:
        if (item.group, item.kind) in {("helm.toolkit.fluxcd.io", "HelmRelease"), ("helm.cattle.io", "HelmChart")}:
            namespace = item.text("spec", "targetNamespace") or item.namespace
            named = (item.text("spec", "releaseName"), item.text("spec", "chart", "spec", "chart"))
            yield Release(namespace, {item.name, *named, item.text("spec", "chart")})


def _release_names(item: Application, outside: Sequence[Source]) -> set[str]:
    names = {item.name, *(source.chart for source in outside)}
    for source in outside:
        names.add(values.text(item.spec, *source.at[len(item.base) :], "helm", "releaseName"))
    return {name for name in names if "{{" not in name}
