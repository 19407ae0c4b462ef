"""The objects of one cluster, indexed once: what rules look up by identity, by kind, by label."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cached_property

from generator.manifests import values
from generator.manifests.object import Object
from generator.manifests.runtime import Made, everywhere, made_by
from generator.manifests.runtime_pods import pods_of
from generator.manifests.selectors import ANY, selects, selects_map
from generator.manifests.workload import Workload, workload

SYSTEM_NAMESPACES = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})
"""Namespaces that every cluster has; what runs in the kube-* ones comes with the cluster."""


class Cluster:
    """One cluster's objects. A reference never leads out of it."""

    def __init__(
        self,
        name: str,
        objects: Iterable[Object],
        releases: Iterable["Release"] = (),
        generated: Iterable[Made] = (),
    ) -> None:
        self.name = name
        self.objects = tuple(objects)
        self.releases = tuple(releases)
        self._identity: dict[tuple[str, str, str, str], Object] = {}
        self._kinds: dict[str, list[Object]] = defaultdict(list)
        for item in self.objects:
            self._identity.setdefault((item.group, item.kind, item.namespace, item.name), item)
            self._kinds[item.kind].append(item)
        found = {item.namespace for item in self.objects if item.namespace}
        self._namespaces = tuple(sorted(found | {item.name for item in self._kinds.get("Namespace", ())}))
        self._workloads: dict[str, list[Workload]] = defaultdict(list)
        self._labelled: dict[tuple[str, str], list[Workload]] = defaultdict(list)  # (namespace, key of a label)
        self._valued: dict[tuple[str, str, str | None], list[Workload]] = defaultdict(list)  # and its value
        self._of: dict[tuple[str, str | None], tuple[Object, ...]] = {}
        self._made: dict[tuple[str, str, str], list[Made]] = defaultdict(list)
        self._patterns: dict[tuple[str, str], list[Made]] = defaultdict(list)
        self._index(generated)

    def _index(self, generated: Iterable[Made]) -> None:
        made = [*everywhere(), *generated]
        for item in self.objects:
            own = workload(item, self._identity)
            pods = [own] if own is not None else list(pods_of(item))
            for pod in pods:
                self._add(pod)
            made += made_by(item)
        for thing in made:
            if "*" in thing.name or thing.namespace == "*":
                self._patterns[thing.group, thing.kind].append(thing)
            else:
                self._made[thing.kind, thing.namespace, thing.name].append(thing)

    def _add(self, pod: Workload) -> None:
        self._workloads[pod.namespace].append(pod)
        for key, value in pod.labels.items():
            self._labelled[pod.namespace, key].append(pod)
            self._valued[pod.namespace, key, value].append(pod)

    def of(self, kind: str, group: str | None = None) -> tuple[Object, ...]:
        """Return the objects of a kind, of one group or of any; in the order of their places."""
        found = self._of.get((kind, group))
        if found is None:
            found = tuple(item for item in self._kinds.get(kind, ()) if group is None or item.group == group)
            self._of[kind, group] = found
        return found

    def get(self, group: str, kind: str, namespace: str, name: str) -> Object | None:
        """Return the object in the tree with an identity, or None."""
        return self._identity.get((group, kind, namespace, name))

    def names(self, group: str, kind: str, namespace: str) -> tuple[str, ...]:
        """Return the sorted names of the objects of a kind in a namespace, for near-miss suggestions."""
        found = {item.name for item in self._kinds.get(kind, ()) if (item.group, item.namespace) == (group, namespace)}
        found |= {name for made_kind, where, name in self._made if (made_kind, where) == (kind, namespace)}
        return tuple(sorted(found))

    def made(self, group: str, kind: str, namespace: str, name: str) -> Made | None:
        """Return what an operator makes under an identity, or None."""
        for thing in self._made.get((kind, namespace, name), ()):
            if thing.group == group:
                return thing
        for thing in self._patterns.get((group, kind), ()):
            if thing.namespace in {"*", namespace} and fnmatchcase(name, thing.name):
                return thing
        return None

    def exists(self, group: str, kind: str, namespace: str, name: str) -> bool:
        """Say whether an object is in the tree, is made by an operator, or may come with a chart or the cluster."""
        return (
            (group, kind, namespace, name) in self._identity
            or self.made(group, kind, namespace, name) is not None
            or self.unseen(namespace, name)
        )

    def unseen(self, namespace: str, name: str = "") -> bool:
        """Say whether an object of a name may be there without being in the tree.

        That is so in the kube-* namespaces, in a namespace that holds nothing of the tree but the releases of charts,
        and for a name that begins with the name of a release there.
        """
        if namespace.startswith("kube-") and namespace in SYSTEM_NAMESPACES:
            return True
        for release in self.releases:
            if release.namespace in {namespace, "*"} and (
                not self._workloads.get(namespace) or any(name.startswith(prefix) for prefix in release.names)
            ):
                return True
        return False

    def workloads(self, namespace: str | None = None) -> tuple[Workload, ...]:
        """Return everything that makes pods, in one namespace or in all."""
        if namespace is not None:
            return tuple(self._workloads.get(namespace, ()))
        return tuple(item for found in self._workloads.values() for item in found)

    def templates(self) -> tuple[Workload, ...]:
        """Return the workloads whose pod template can be read; one that two share (a Rollout's workloadRef) once."""
        return self._templates

    @cached_property
    def _templates(self) -> tuple[Workload, ...]:
        found: dict[int, Workload] = {}
        for pod in self.workloads():
            if pod.complete:
                found.setdefault(id(pod.object), pod)
        return tuple(found.values())

    def pods_with(self, namespace: str, wanted: Mapping[str, str]) -> tuple[Workload, ...]:
        """Return the workloads of a namespace whose pods carry all the wanted labels (a Service's selector)."""
        return tuple(pod for pod in self._candidates(namespace, wanted) if selects_map(wanted, pod.labels))

    def _candidates(self, namespace: str, wanted: Mapping[str, values.Value]) -> Sequence[Workload]:
        """Return a superset of the workloads with all wanted labels: those with the rarest of them."""
        best: Sequence[Workload] | None = None
        for key, value in wanted.items():
            if not isinstance(value, str):
                return ()
            # A label of any value is among all that have the key: then those are the candidates.
            unknown = (namespace, key, ANY) in self._valued
            index = (
                self._labelled.get((namespace, key), ()) if unknown else self._valued.get((namespace, key, value), ())
            )
            if best is None or len(index) < len(best):
                best = index
        return self._workloads.get(namespace, ()) if best is None else best

    def selected(self, namespace: str, selector: Mapping[str, values.Value]) -> tuple[Workload, ...]:
        """Return the workloads of a namespace that a LabelSelector selects."""
        candidates = self._candidates(namespace, values.mapping(selector, "matchLabels"))
        return tuple(pod for pod in candidates if selects(selector, pod.labels))

    def namespace_labels(self, name: str) -> Mapping[str, str]:
        """Return the labels of a namespace, with the one that the API server adds."""
        found = self.get("", "Namespace", "", name)
        return {**(found.labels if found else {}), "kubernetes.io/metadata.name": name}

    def namespaces(self) -> tuple[str, ...]:
        """Return the sorted names of all namespaces that the objects live in or declare."""
        return self._namespaces


class Release:
    """A chart or a folder of another repository that an Application installs: its objects are not in the tree."""

    __slots__ = ("names", "namespace")

    def __init__(self, namespace: str, names: Iterable[str]) -> None:
        self.namespace = namespace
        self.names = tuple(sorted({name for name in names if name}))
