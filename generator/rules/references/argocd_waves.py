"""Sync waves: nothing may wait for what only a later wave brings."""

from collections.abc import Callable, Iterator

from generator.manifests import values
from generator.manifests.applications import GROUP
from generator.manifests.cluster import Cluster
from generator.manifests.clusters import Repository
from generator.manifests.object import Object
from generator.rules.references.argocd_order import Families, Pair, order, wave_path
from generator.rules.references.argocd_settings import PREFIX
from generator.rules.references.pod_references import pod_references
from generator.rules.rule import Mistake, repository_rule

_Need = tuple[Object, str, str, str, str]  # who needs; group, kind, namespace and name of what


_Resolve = Callable[[Cluster], Iterator[tuple[Object, Object]]]


@repository_rule("references/sync-wave-order")
def sync_wave_order(repository: Repository) -> Iterator[Mistake]:
    """Find objects and Applications whose wave comes before that of something they wait for."""
    yield from before_what_they_need(repository, _resolved)


def before_what_they_need(repository: Repository, resolved: _Resolve) -> Iterator[Mistake]:
    """Yield a mistake for each pair (who needs, what is needed) of a cluster in which the needed comes later.

    Pairs within one Application are ordered by their own waves, others by those of their Applications.
    """
    homes = {id(item.value): cluster.name for cluster in repository.clusters for item in cluster.objects}
    families = Families(repository)
    owners: dict[tuple[str, int], int] = {}
    for index, item in enumerate(repository.applications):
        for thing in repository.delivered[index]:
            owners.setdefault((repository.cluster_of(item), id(thing.value)), index)
    seen = set()
    for cluster in repository.clusters if homes else ():
        for needer, needed in resolved(cluster):
            mine = owners.get((cluster.name, id(needer.value)))
            theirs = owners.get((cluster.name, id(needed.value)))
            if mine is None or theirs is None:
                continue
            mistake = (
                _within(needer, needed) if mine == theirs else _between(families.pair(mine, theirs), needer, needed)
            )
            if mistake is not None and (key := (id(mistake.object.value), id(needed.value), mistake.path)) not in seen:
                if mine == theirs or (id(mistake.object.value), theirs) not in seen:
                    yield mistake
                seen |= {key, (id(mistake.object.value), theirs)}


def _within(needer: Object, needed: Object) -> Mistake | None:
    first, second = order(needer), order(needed)
    if first is None or second is None or second <= first or needer.kind == "CronJob":
        return None
    what = f"{needed.kind} '{needed.name}'"
    if first[0] < second[0]:
        message = f"The hook runs before the sync that brings {what}, which it needs."
        path: values.Path = ("metadata", "annotations", f"{PREFIX}hook")
        return Mistake(needer, path, message, f"Make {what} a hook of an earlier wave too.")
    message = f"Wave {first[1]} waits for {what}, which comes in wave {second[1]} only."
    return Mistake(needer, wave_path(needer), message, f"Give {what} the wave {first[1]} or a lower one.")


def _between(pair: Pair | None, needer: Object, needed: Object) -> Mistake | None:
    first, second = (order(pair.first), order(pair.second)) if pair else (None, None)
    if pair is None or first is None or second is None or second <= first:
        return None
    message = f"Wave {first[1]} comes before Application '{pair.second.name}' (wave {second[1]}), which brings "
    message += f"{needed.kind} '{needed.name}' for {needer.kind} '{needer.name}'."
    hint = f"Give '{pair.second.name}' a lower wave than '{pair.first.name}'."
    return Mistake(pair.first, wave_path(pair.first), message, hint)


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
