"""The admission stage: every object of every cluster goes to a real API server as a server-side dry run."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.base.errors import GenError
from generator.base.problem import sort_problems
from generator.manifests.cluster import Cluster
from generator.manifests.finding import Finding
from generator.manifests.object import Object
from generator.manifests.problems import problems_at
from generator.manifests.values import text
from generator.tools.cache import Cache
from generator.tools.toolbox import Toolbox
from generator.verify.admission import crds
from generator.verify.admission.ground import Ground, ground_of, lay
from generator.verify.admission.judge import Judge
from generator.verify.admission.resources import Kind, discover
from generator.verify.admission.server import Programs, serve
from generator.verify.outcome import Outcome


@dataclass(frozen=True, slots=True)
class _Sitting:
    """Clusters that one server can judge one after another, and what must be on it."""

    clusters: tuple[Cluster, ...]
    ground: Ground


@dataclass(frozen=True, slots=True)
class _Hall:
    """What every sitting needs; given are the definitions besides the tree's and the pinned ones."""

    toolbox: Toolbox
    cache: Cache
    progress: Callable[[str], None]
    given: tuple[Mapping[str, Any], ...]
    programs: Programs


def admit(
    clusters: Sequence[Cluster],
    toolbox: Toolbox,
    cache: Cache,
    progress: Callable[[str], None] = lambda _: None,
    *,
    definitions: Sequence[Mapping[str, Any]] = (),
) -> Outcome:
    """Return what a Kubernetes API server has against the objects of clusters; its version is in the note.

    definitions are CustomResourceDefinitions besides those in the clusters and the pinned ones, over which they win.
    Clusters share a server only where no verdict can depend on it. GenError when the server does not start, stops
    in the middle, or did not judge every object.
    """
    hall = _Hall(
        toolbox,
        cache,
        progress,
        tuple(definitions),
        Programs(etcd=_tool(toolbox, "etcd"), apiserver=_tool(toolbox, "kube-apiserver")),
    )
    findings: list[Finding] = []
    versions: set[str] = set()
    for sitting in _sittings(cluster for cluster in clusters if cluster.objects):
        version, found = _sit(sitting, hall)
        versions.add(version)
        findings += found
    return Outcome(
        sort_problems(problems_at(findings)), note=f"by Kubernetes {', '.join(sorted(versions))}" if versions else ""
    )


def _tool(toolbox: Toolbox, name: str) -> Path:
    if name not in toolbox.tools:
        raise GenError(f"Admission needs {name}, which is not provided. Provide it: gen tools install.")
    return toolbox.tools[name]


def _sittings(clusters: Iterable[Cluster]) -> list[_Sitting]:
    sittings: list[_Sitting] = []
    for cluster in clusters:
        ground = ground_of(cluster)
        for number, sitting in enumerate(sittings):
            if sitting.ground.agrees_with(ground):
                sittings[number] = _Sitting((*sitting.clusters, cluster), sitting.ground.joined_with(ground))
                break
        else:
            sittings.append(_Sitting((cluster,), ground))
    return sittings


def _sit(sitting: _Sitting, hall: _Hall) -> tuple[str, list[Finding]]:
    """Return the server's version and its findings on the clusters of a sitting."""
    objects = [item for cluster in sitting.clusters for item in cluster.objects]
    data = crds.data_with(_definitions(objects, hall), hall.programs, hall.cache, hall.progress)
    names = ", ".join(cluster.name for cluster in sitting.clusters)
    hall.progress(f"API server: starting for {names}")
    with serve(hall.programs, data) as server:
        definitions = crds.installed(server.client)
        _check_given(hall, definitions)
        resources = discover(server.client, [crd.kind for crd in definitions if crd.kind and not crd.refusal])
        lay(sitting.ground, server.client, resources)
        hall.progress(f"API server: judging {len(objects)} objects of {names}")
        judge = Judge(server.client, resources, {crd.name: crd.refusal for crd in definitions if crd.refusal})
        verdicts = server.client.each(judge.findings, objects)
        version = text(server.client.request("GET", "/version").body, "gitVersion")
        if server.client.request("GET", "/readyz").status != 200:  # verdicts of a failing server are none
            raise GenError(f"The API server for admission failed in the middle.\n{server.client.last_words()}")
    if len(verdicts) != len(objects):  # never silently fewer
        raise GenError(f"The API server judged {len(verdicts)} of {len(objects)} objects. Report this, please.")
    return version, [finding for found in verdicts for finding in found]


def _check_given(hall: _Hall, installed: Iterable[crds.Installed]) -> None:
    served = {crd.name for crd in installed if not crd.refusal}
    refused = sorted({text(given, "metadata", "name") for given in hall.given} - served)
    if refused:
        raise GenError(f"The API server refuses the definition {refused[0]}. Correct or leave out what --crds names.")


def _definitions(objects: Sequence[Object], hall: _Hall) -> crds.Definitions:
    """Return the definitions for the objects: the tree's own, the given ones, the pinned ones of the other kinds."""
    own = [item.value for item in objects if (item.group, item.kind) == (crds.GROUP, crds.KIND)]
    names = {text(crd, "metadata", "name") for crd in own}
    own += [given for given in hall.given if text(given, "metadata", "name") not in names]
    defined: set[Kind] = {(text(crd, "spec", "group"), text(crd, "spec", "names", "kind")) for crd in own}
    used = {(item.group, item.kind) for item in objects} - defined
    files = [file for kind in sorted(used) if (file := hall.toolbox.definition(*kind)) is not None]
    return crds.definitions_of(own, files)
