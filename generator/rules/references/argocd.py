"""Argo CD Applications: the paths that they read, where they deploy to, and who deploys whom."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.applications import Application, Source
from generator.manifests.cluster import SYSTEM_NAMESPACES, Cluster
from generator.manifests.clusters import Repository
from generator.rules.rule import Mistake, repository_rule


@repository_rule("references/application-path")
def application_path(repository: Repository) -> Iterator[Mistake]:
    """Find sources of Applications that are not in the tree, although their repository is the tree's."""
    prefixes: dict[str, Counter[str]] = defaultdict(Counter)
    for item in repository.applications:
        for source in item.sources:
            if source.path and source.folder is not None:
                prefixes[source.repository][_prefix(source)] += 1
    seen = set()
    for index, item in enumerate(repository.applications):
        for source in item.sources:
            key = (id(item.object), source.at, source.path)
            if key not in seen:
                seen.add(key)
                yield from _path(repository, index, source, prefixes.get(source.repository, Counter()))


def _prefix(source: Source) -> str:
    """Return what stands before the folder of the tree in the path of a source's plain manifests."""
    parts = [part for part in (source.plain or "").split("/") if part not in {"", "."}]
    inside = (source.folder or "").split("/") if source.folder else []
    return "/".join(parts[: len(parts) - len(inside)])


def _path(repository: Repository, index: int, source: Source, prefixes: Counter[str]) -> Iterator[Mistake]:
    item = repository.applications[index]
    value = item.object.mapping(*source.at)
    path, at = source.path, (*source.at, "path")
    if not source.chart and not path and not value.get("ref"):
        message = "The source names neither a path nor a chart."
        yield Mistake(item.object, source.at, message, "Write path.")
    elif source.chart:
        if "targetRevision" not in value:
            yield Mistake(
                item.object, source.at, f"The chart '{source.chart}' has no version.", "Write targetRevision."
            )
    elif path is None or "{{" in path:
        return
    elif path.startswith("/"):
        message = f"The path '{path}' is absolute, which Argo CD refuses."
        yield Mistake(item.object, at, message, f"Write '{path.lstrip('/')}'.")
    elif source.folder is None:
        if prefixes:
            usual = prefixes.most_common(1)[0][0]
            folders = {f"{usual}/{folder}".strip("/") for folder in repository.manifests.folders if folder}
            hint = did_you_mean(path, folders) or "Name a folder of the tree."
            yield Mistake(item.object, at, f"There is no folder '{path}' in the tree.", hint)
    elif path and prefixes[_prefix(source)] == 1 and prefixes.most_common(1)[0][1] > 2:
        usual = prefixes.most_common(1)[0][0]
        message = f"'{path}' does not begin as the other paths of this repository do ('{usual}')."
        yield Mistake(item.object, at, message, f"Write '{usual}/{source.folder}'.".replace("'/", "'"))
    else:
        yield from _empty(repository, index, source)


def _empty(repository: Repository, index: int, source: Source) -> Iterator[Mistake]:
    """Yield a folder of plain manifests that holds none itself."""
    item, folder = repository.applications[index], source.folder or ""
    manifests = repository.manifests
    settings = item.object.mapping(*source.at, "directory")
    others = {"plugin", "helm", "kustomize"} & {*item.object.mapping(*source.at)}
    built = folder in manifests.kustomizations or folder in manifests.charts or others
    if repository.delivered[index] or built or {"include", "exclude", "jsonnet"} & {*settings} or len(item.sources) > 1:
        return
    below = any(manifests.relative(thing).startswith(f"{folder}/") for thing in manifests.objects)
    message = f"The folder '{source.path}' holds no manifest itself" + (", only folders below it do." if below else ".")
    hint = "Write directory.recurse: true." if below else "Name the folder of the manifests."
    yield Mistake(item.object, (*source.at, "path"), message, hint)


@repository_rule("references/application-destination")
def application_destination(repository: Repository) -> Iterator[Mistake]:
    """Find Applications without a cluster, with two, or for a namespace that nobody makes."""
    clusters = {cluster.name: cluster for cluster in repository.clusters}
    created: dict[str, set[str]] = defaultdict(set)
    for item in repository.applications:
        if _creates(item):
            created[repository.cluster_of(item)].add(item.target_namespace)
    seen = set()
    for index, item in enumerate(repository.applications):
        at = (*item.base, "destination")
        if item.server and item.destination:
            message = "The destination has both a server and a name, and Argo CD refuses it."
            mistake = Mistake(item.object, (*at, "name"), message, "Keep one of them.")
        elif not item.server and not item.destination:
            mistake = Mistake(item.object, at, "The destination names no cluster.", "Write its server or its name.")
        else:
            name = repository.cluster_of(item)
            found = _namespace(repository, index, clusters.get(name), created[name])
            if found is None:
                continue
            mistake = found
        key = (id(item.object), mistake.path, mistake.message)
        if key not in seen:
            seen.add(key)
            yield mistake


def _creates(item: Application) -> bool:
    return "CreateNamespace=true" in values.strings(item.spec, "syncPolicy", "syncOptions")


def _namespace(repository: Repository, index: int, cluster: Cluster | None, created: set[str]) -> Mistake | None:
    item = repository.applications[index]
    name, at = item.target_namespace, (*item.base, "destination", "namespace")
    homeless = [
        thing for thing in repository.delivered[index] if not thing.namespace and not _cluster_wide(cluster, thing.kind)
    ]
    if not name or "{{" in name or cluster is None or name in SYSTEM_NAMESPACES | created:
        return None
    declared = {thing.name for thing in cluster.of("Namespace", "")}
    # Where an Application lies itself, Argo CD runs.
    if not declared or name in declared or (name == item.namespace and item.in_cluster):
        return None
    near = did_you_mean(name, declared)
    foreign = any(source.folder is None for source in item.sources)
    message = f"Nobody makes the namespace '{name}' in this cluster."
    certain = bool(homeless or near or foreign)
    hint = near or "Declare it, or write the sync option CreateNamespace=true."
    return Mistake(item.object, at, message, hint, None if certain else Severity.WARNING)


def _cluster_wide(cluster: Cluster | None, kind: str) -> bool:
    return cluster is not None and any(not thing.namespace for thing in cluster.of(kind)[:1])


@repository_rule("references/application-cycle")
def application_cycle(repository: Repository) -> Iterator[Mistake]:
    """Find Applications that deploy each other in a circle."""
    positions = {id(item.object.value): index for index, item in enumerate(repository.applications)}
    children: dict[int, set[int]] = defaultdict(set)
    for index, things in repository.delivered.items():
        for thing in things:
            child = positions.get(id(thing.value))
            # An Application that manages itself is a usual way to bootstrap.
            if child is not None and child != index:
                children[index].add(child)
    reported: set[int] = set()
    for start in sorted(children):
        circle = _circle(start, children)
        if circle and not reported & set(circle):
            reported |= set(circle)
            item = repository.applications[start]
            names = " → ".join(repository.applications[index].name for index in (*circle, start))
            path = item.sources[0].at if item.sources else item.base
            yield Mistake(
                item.object, (*path, "path"), f"The Applications deploy each other: {names}.", "Open the circle."
            )


def _circle(start: int, children: dict[int, set[int]]) -> tuple[int, ...]:
    """Return the shortest way from an Application back to itself, or nothing."""
    ways: list[tuple[int, ...]] = [(start,)]
    seen = set()
    while ways:
        way = ways.pop(0)
        for child in sorted(children.get(way[-1], ())):
            if child == start:
                return way
            if child not in seen:
                seen.add(child)
                ways.append((*way, child))
    return ()
