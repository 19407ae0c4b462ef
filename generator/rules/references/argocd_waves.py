"""Sync waves: nothing may wait for what only a later wave brings."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.applications import GROUP
from generator.manifests.cluster import Cluster
from generator.manifests.clusters import Repository
from generator.manifests.object import Object
from generator.rules.references.argocd_settings import PREFIX
from generator.rules.references.pod_references import pod_references
from generator.rules.rule import Mistake, repository_rule

_WAVE = f"{PREFIX}sync-wave"
_AT = ("metadata", "annotations", _WAVE)
_PHASES = {"PreSync": 0, "Sync": 1, "PostSync": 2}
# API group → what the charts that install its operator are called.
_OPERATORS: Mapping[str, tuple[str, ...]] = {
    "cert-manager.io": ("cert-manager",),
    "external-secrets.io": ("external-secrets",),
    "kafka.strimzi.io": ("strimzi-kafka-operator", "strimzi"),
    "keda.sh": ("keda",),
    "karpenter.sh": ("karpenter", "karpenter-crd"),
    "kyverno.io": ("kyverno",),
    "monitoring.coreos.com": ("kube-prometheus-stack", "prometheus-operator-crds"),
    "networking.istio.io": ("base", "istio-base", "istiod"),
    "postgresql.cnpg.io": ("cloudnative-pg",),
    "security.istio.io": ("base", "istio-base", "istiod"),
    "velero.io": ("velero",),
}

_Need = tuple[Object, str, str, str, str]  # who needs; group, kind, namespace and name of what


@repository_rule("references/sync-wave-order")
def sync_wave_order(repository: Repository) -> Iterator[Mistake]:
    """Find objects and Applications whose wave comes before that of something they wait for."""
    yield from _among_objects(repository)
    yield from _behind_charts(repository)


def _among_objects(repository: Repository) -> Iterator[Mistake]:
    homes = {id(item.value): cluster.name for cluster in repository.clusters for item in cluster.objects}
    parents = _parents(repository)
    owners: dict[tuple[str, int], int] = {}
    for index, item in enumerate(repository.applications):
        for thing in repository.delivered[index]:
            owners.setdefault((repository.cluster_of(item), id(thing.value)), index)
    seen = set()
    for cluster in repository.clusters if homes else ():
        for needer, needed in _resolved(cluster):
            mine = owners.get((cluster.name, id(needer.value)))
            theirs = owners.get((cluster.name, id(needed.value)))
            if mine is None or theirs is None:
                continue
            mistake = None
            if mine == theirs:
                mistake = _within(needer, needed)
            elif parents.get(mine) is not None and parents.get(mine) == parents.get(theirs):
                mistake = _between(repository, mine, theirs, needer, needed)
            if mistake is not None and (key := (id(mistake.object.value), id(needed.value), mistake.path)) not in seen:
                if mine == theirs or (id(mistake.object.value), theirs) not in seen:
                    yield mistake
                seen |= {key, (id(mistake.object.value), theirs)}


def _parents(repository: Repository, kinds: tuple[str, ...] = ("Application",)) -> dict[int, int]:
    """Return which Application delivers each: by itself, or by the ApplicationSet that generates it."""
    positions: dict[int, list[int]] = defaultdict(list)
    for index, item in enumerate(repository.applications):
        positions[id(item.object.value)].append(index)
    found: dict[int, int] = {}
    for index, things in repository.delivered.items():
        for thing in things:
            for child in positions.get(id(thing.value), ()) if thing.kind in kinds else ():
                if child != index:
                    found.setdefault(child, index)
    return found


def _order(of: Object) -> tuple[int, int] | None:
    """Return (phase, wave) of an object, or None for what no sync waits for."""
    stated = [part.strip() for part in of.annotations.get(f"{PREFIX}hook", "Sync").split(",")]
    phases = [_PHASES[part] for part in stated if part in _PHASES]
    wave = of.annotations.get(_WAVE, "0")
    return (min(phases), int(wave)) if phases and re.fullmatch(r"[+-]?\d{1,9}", wave) else None


def _within(needer: Object, needed: Object) -> Mistake | None:
    first, second = _order(needer), _order(needed)
    if first is None or second is None or second <= first or needer.kind == "CronJob":
        return None
    what = f"{needed.kind} '{needed.name}'"
    if first[0] < second[0]:
        message = f"The hook runs before the sync that brings {what}, which it needs."
        path: values.Path = ("metadata", "annotations", f"{PREFIX}hook")
        return Mistake(needer, path, message, f"Make {what} a hook of an earlier wave too.")
    message = f"Wave {first[1]} waits for {what}, which comes in wave {second[1]} only."
    path = _AT if _WAVE in needer.annotations else ("metadata", "name")
    return Mistake(needer, path, message, f"Give {what} the wave {first[1]} or a lower one.")


def _between(repository: Repository, mine: int, theirs: int, needer: Object, needed: Object) -> Mistake | None:
    one, other = repository.applications[mine], repository.applications[theirs]
    first, second = _order(one.object), _order(other.object)
    if first is None or second is None or second <= first:
        return None
    message = f"Wave {first[1]} comes before Application '{other.name}' (wave {second[1]}), which brings "
    message += f"{needed.kind} '{needed.name}' for {needer.kind} '{needer.name}'."
    path = _AT if _WAVE in one.object.annotations else ("metadata", "name")
    return Mistake(one.object, path, message, f"Give '{other.name}' a lower wave than '{one.name}'.")


def _resolved(cluster: Cluster) -> Iterator[tuple[Object, Object]]:
    """Yield (who needs, what is needed) where both are in the tree; what an operator makes is its resource."""
    for needer, group, kind, namespace, name in _needs(cluster):
        found = cluster.get(group, kind, namespace, name)
        if found is None:
            made = cluster.made(group, kind, namespace, name)
            found = made.by if made is not None else None
        if found is not None and found is not needer:
            yield needer, found


def _needs(cluster: Cluster) -> Iterator[_Need]:
    for kind in ("ConfigMap", "Secret"):
        for reference in pod_references(cluster, kind):
            if not reference.optional and "imagePullSecrets" not in reference.path:
                yield reference.object, "", kind, reference.namespace, reference.name
    for pod in cluster.templates():
        account = values.text(pod.spec, "serviceAccountName")
        yield pod.object, "", "ServiceAccount", pod.namespace, account
        yield pod.object, "scheduling.k8s.io", "PriorityClass", "", values.text(pod.spec, "priorityClassName")
        for _, volume in values.mappings(pod.spec, "volumes"):
            claim = values.text(volume, "persistentVolumeClaim", "claimName")
            yield pod.object, "", "PersistentVolumeClaim", pod.namespace, claim
    yield from _custom_needs(cluster)


def _custom_needs(cluster: Cluster) -> Iterator[_Need]:
    kinds = {
        (item.text("spec", "group"), item.text("spec", "names", "kind")): item.name
        for item in cluster.of("CustomResourceDefinition", "apiextensions.k8s.io")
    }
    for item in cluster.objects:
        if item.namespace:
            yield item, "", "Namespace", "", item.namespace
        crd = kinds.get((item.group, item.kind))
        if crd:
            yield item, "apiextensions.k8s.io", "CustomResourceDefinition", "", crd
    for kind, at_project in (("Application", ("spec",)), ("ApplicationSet", ("spec", "template", "spec"))):
        for item in cluster.of(kind, GROUP):
            yield item, GROUP, "AppProject", item.namespace, item.text(*at_project, "project")
    for kind, group, at, default in (
        ("ExternalSecret", "external-secrets.io", ("spec", "secretStoreRef"), "SecretStore"),
        ("Certificate", "cert-manager.io", ("spec", "issuerRef"), "Issuer"),
    ):
        for item in cluster.of(kind, group):
            wanted = item.text(*at, "kind") or default
            namespace = "" if wanted.startswith("Cluster") else item.namespace
            yield item, group, wanted, namespace, item.text(*at, "name")


def _behind_charts(repository: Repository) -> Iterator[Mistake]:
    """Yield Applications with custom resources whose operator's chart is installed by a later one beside them."""
    parents = _parents(repository, ("Application", "ApplicationSet"))
    charts: dict[tuple[str, int | None, str], int] = {}
    for index, item in enumerate(repository.applications):
        for source in item.sources:
            if source.chart:
                charts[repository.cluster_of(item), parents.get(index), source.chart.rpartition("/")[2]] = index
    told: set[tuple[int, int]] = set()
    for index, item in enumerate(repository.applications if charts else ()):
        parent, place = parents.get(index), repository.cluster_of(item)
        groups = {thing.group: thing for thing in repository.delivered[index] if thing.group in _OPERATORS}
        for group, thing in groups.items():
            for name in _OPERATORS[group]:
                theirs = charts.get((place, parent, name))
                if parent is None or theirs is None or item.object.group != GROUP:
                    continue
                key = (id(item.object), id(repository.applications[theirs].object))
                mistake = _after_chart(repository, index, theirs, thing) if key not in told else None
                if mistake is not None:
                    told.add(key)
                    yield mistake
                    break


def _after_chart(repository: Repository, mine: int, theirs: int, thing: Object) -> Mistake | None:
    found = _between(repository, mine, theirs, thing, thing)
    if found is None:
        return None
    one, other = repository.applications[mine].object, repository.applications[theirs].object
    message = f"{other.kind} '{other.name}' installs the operator of {thing.kind} in a later wave."
    # A generated Application is tried again until the operator is there: it comes late, and with errors.
    severity = None if one.kind == other.kind == "Application" else Severity.WARNING
    hint = f"Give '{other.name}' a lower wave than '{one.name}'."
    return Mistake(one, found.path, message, hint, severity)
