"""What must really be on the server before anything is judged, since admission looks it up; all else is a dry run.

Namespaces (with their Pod Security levels), LimitRanges, ResourceQuotas, PriorityClasses and RuntimeClasses. What
objects name and the tree lacks is made as a plain stand-in: that it is missing is for our rules to say.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Any, TypeAlias

from generator.base.errors import GenError
from generator.manifests.cluster import SYSTEM_NAMESPACES, Cluster
from generator.manifests.object import Object
from generator.manifests.values import mapping, text
from generator.verify.admission import crds
from generator.verify.admission.client import Client, Reply
from generator.verify.admission.pods import pod_of
from generator.verify.admission.resources import Resources

_LEVELS = "pod-security.kubernetes.io/"
_REAL = {"LimitRange": "", "ResourceQuota": "", "PriorityClass": "scheduling.k8s.io", "RuntimeClass": "node.k8s.io"}
_PATIENCE = 10.0
APPLY = {"fieldManager": "gen", "force": "true"}
APPLY_MEDIA = "application/apply-patch+yaml"

Identity: TypeAlias = tuple[str, str, str]
"""Kind, namespace ("" when cluster-scoped), name."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Manifests (as JSON) that must be there, by identity; the namespaces in use; what counts in all of them."""

    things: Mapping[Identity, str]
    namespaces: frozenset[str]
    wide: frozenset[str]

    def agrees_with(self, other: "Ground") -> bool:
        """Say whether both can lie on one server without changing a verdict on either's objects."""
        if self.wide != other.wide:
            return False
        shared = self.namespaces & other.namespaces
        names = {name for name in self.things.keys() | other.things.keys() if name[1] in shared}
        names |= self.things.keys() & other.things.keys()
        return all(self.things.get(name) == other.things.get(name) for name in names)

    def joined_with(self, other: "Ground") -> "Ground":
        """Return the ground for both."""
        return Ground({**self.things, **other.things}, self.namespaces | other.namespaces, self.wide)


def ground_of(cluster: Cluster) -> Ground:
    """Return what the objects of a cluster need on the server."""
    things: dict[Identity, str] = {}
    wide = set()
    for item in cluster.objects:
        manifest = json.dumps(item.value, sort_keys=True)
        if (item.group, item.kind) == (crds.GROUP, crds.KIND) or item.kind == "PriorityClass":
            wide.add(manifest)
        if item.kind == "Namespace" and item.group == "":
            things[item.kind, "", item.name] = _namespace(item.name, item.labels)
        elif _REAL.get(item.kind) == item.group:
            things[item.kind, item.namespace, item.name] = manifest
    for kind, name in _named(cluster):
        things.setdefault((kind, "", name), _stand_in(kind, name))
    namespaces = frozenset(name for kind, _, name in things if kind == "Namespace")
    return Ground(things, namespaces, frozenset(wide))


def lay(ground: Ground, client: Client, resources: Resources) -> None:
    """Make everything of the ground; what the server refuses is left out, and refused again when it is judged."""
    versions = {"PriorityClass": "v1", "RuntimeClass": "v1"}

    def make(identity: Identity, manifest: str) -> Reply:
        kind, namespace, name = identity
        resource = resources.by_kind[_REAL.get(kind, ""), versions.get(kind, "v1"), kind]
        where = resource.item(namespace, name, **APPLY)
        return client.request("PATCH", where, manifest.encode(), media=APPLY_MEDIA)

    def space(name: str) -> None:
        identity = ("Namespace", "", name)
        if make(identity, ground.things[identity]).status >= 400:
            make(identity, _namespace(name, {}))

    def other(identity: Identity) -> bool:
        reply = make(identity, ground.things[identity])
        if identity[0] == "ResourceQuota" and reply.status < 300:
            _count_nothing(client, resources.by_kind["", "v1", "ResourceQuota"].item(*identity[1:], "status"), reply)
        return reply.status < 300

    client.each(space, ground.namespaces)
    others = [identity for identity in ground.things if identity[0] != "Namespace"]
    for (kind, _, name), made in zip(others, client.each(other, others), strict=True):
        if kind == "PriorityClass" and made:
            known = {"priorityClassName": name}
            _wait(client, "default", known, lambda reply: "no PriorityClass" not in reply.message)
    for name in sorted(ground.namespaces & SYSTEM_NAMESPACES):
        if _forbids(ground.things["Namespace", "", name]):  # it was there before, without its levels
            _wait(client, name, {"hostNetwork": True}, _speaks_of_pod_security)


def _count_nothing(client: Client, where: str, quota: Reply) -> None:
    """Write what the quota controller would: that nothing is used yet. Without it, the quota refuses everything."""
    hard = mapping(quota.body, "spec", "hard")
    status = {"status": {"hard": hard, "used": dict.fromkeys(hard, "0")}}
    reply = client.request("PATCH", where, json.dumps(status).encode(), media="application/merge-patch+json")
    if reply.status != 200:
        raise GenError(f"The API server for admission refuses the state of a quota: {reply.message}.")


def _forbids(namespace: str) -> bool:
    levels = mapping(json.loads(namespace), "metadata", "labels")
    return any(levels.get(f"{_LEVELS}{mode}") in {"baseline", "restricted"} for mode in ("enforce", "warn"))


def _speaks_of_pod_security(reply: Reply) -> bool:
    return any("PodSecurity" in said for said in (reply.message, *reply.warnings))


def _wait(client: Client, namespace: str, spec: Mapping[str, Any], seen: Callable[[Reply], bool]) -> None:
    """Wait until admission has seen what was made: its plugins read from caches that follow by milliseconds."""
    pod = {"metadata": {"generateName": "gen-"}, "spec": {"containers": [{"name": "gen", "image": "gen"}], **spec}}
    deadline = monotonic() + _PATIENCE
    while monotonic() < deadline:
        if seen(client.request("POST", f"/api/v1/namespaces/{namespace}/pods?dryRun=All", pod)):
            return
        sleep(0.02)
    raise GenError(f"The API server for admission does not act on what was made.\n{client.last_words()}")


def _named(cluster: Cluster) -> Iterator[tuple[str, str]]:
    """Yield (kind, name) of every namespace and class that objects name."""
    for item in cluster.objects:
        yield "Namespace", item.namespace or "default"
        for spec in _pod_specs(item):
            priority, runtime = text(spec, "priorityClassName"), text(spec, "runtimeClassName")
            if priority and not priority.startswith("system-"):
                yield "PriorityClass", priority
            if runtime:
                yield "RuntimeClass", runtime


def _pod_specs(item: Object) -> Iterable[Mapping[str, Any]]:
    if item.kind == "Pod":
        yield item.mapping("spec")
    pod = pod_of(item)
    if pod:
        yield mapping(pod.manifest, "spec")


def _stand_in(kind: str, name: str) -> str:
    if kind == "Namespace":
        return _namespace(name, {})
    group = _REAL[kind]
    own: dict[str, Any] = {"value": 1000} if kind == "PriorityClass" else {"handler": "gen"}
    return json.dumps({"apiVersion": f"{group}/v1", "kind": kind, "metadata": {"name": name}, **own})


def _namespace(name: str, labels: Mapping[str, str]) -> str:
    levels = {key: value for key, value in labels.items() if key.startswith(_LEVELS)}
    for part in ("", "-version"):
        if f"{_LEVELS}audit{part}" in levels:  # an audit shows in a log only; as a warning, we see it
            levels.setdefault(f"{_LEVELS}warn{part}", levels[f"{_LEVELS}audit{part}"])
    metadata = {"name": name, "labels": levels}
    return json.dumps({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}, sort_keys=True)
