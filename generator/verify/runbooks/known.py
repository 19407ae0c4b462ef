"""What the words of a runbook can name: clusters, namespaces, objects, Applications, hosts and files of one tree."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING

from generator.base.problem import Severity
from generator.manifests.cluster import SYSTEM_NAMESPACES, Cluster
from generator.manifests.object import Object
from generator.manifests.selectors import selects_map
from generator.manifests.workload import TEMPLATES
from generator.rules.references.lookup import is_near
from generator.spec.model import Platform, Region
from generator.tools.library import Library
from generator.verify.runbooks.kinds import Kind, Kinds
from generator.verify.runbooks.words import UNKNOWN
from generator.verify.subject import Subject

if TYPE_CHECKING:
    from pathlib import Path

_HOST = re.compile(r"https?://([A-Za-z0-9](?:[-A-Za-z0-9.]*[A-Za-z0-9])?)")
_IN_TEXT = re.compile(
    r"(?<![-A-Za-z0-9.])[A-Za-z0-9](?:[-A-Za-z0-9]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[-A-Za-z0-9]*[A-Za-z0-9])?)+"
)
# What the clouds and Cloudflare answer at, whatever the platform.
_VENDORS = frozenset(
    {"api.cloudflare.com", "www.cloudflarestatus.com", "status.cloud.google.com", "health.aws.amazon.com"}
)
_HERE = frozenset({"localhost", "127.0.0.1"})
_SLIP = 0.92  # how alike names are of which one is the other misspelt
# Kinds that controllers make of others, under names that begin with theirs.
_MADE = frozenset({
    "ConfigMap", "ControllerRevision", "DaemonSet", "Deployment", "Endpoints", "EndpointSlice",
    "HorizontalPodAutoscaler", "Job", "PersistentVolumeClaim", "Pod",
    "PodDisruptionBudget", "ReplicaSet", "Secret", "Service", "ServiceAccount", "StatefulSet",
})  # fmt: skip
_FOLDERS = (
    "environments",
    "output",
    "templates",
    "charts",
    "clusters",
    "kustomize",
    "argocd",
    "edge",
    "plan",
    "runbooks",
)


@dataclass(frozen=True, slots=True)
class Remark:
    """What is wrong with a command: the last part of the rule's name, and what to say of it."""

    rule: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR


class Known:
    """What one tree has."""

    def __init__(self, subject: Subject, platform: Platform, library: Library) -> None:
        self.subject = subject
        self.platform = platform
        tree = subject.rendering.tree if subject.rendering else None
        self.root: Path = tree.root if tree else subject.root
        self.workspace = self.root.parents[2]
        self.regions: Mapping[str, Region] = {region.cluster: region for region in platform.regions}
        self.clusters: Mapping[str, Cluster] = dict(_clusters(subject, platform))
        self.applications = frozenset(item.name for item in subject.repository.applications)
        objects = subject.repository.manifests.objects
        groups = {item.group for item in objects}
        groups.update(group for project, brought in _BROUGHT.items() if project in groups for group in brought)
        self.kinds = Kinds(library, groups, {(item.group, item.kind) for item in objects})

    def namespaces(self, cluster: Cluster) -> frozenset[str]:
        """Return the namespaces of a cluster."""
        return frozenset({*cluster.namespaces(), *SYSTEM_NAMESPACES})

    def exists(self, cluster: Cluster, kind: Kind, namespace: str, name: str) -> bool:
        """Say whether an object is there, or is made by an operator or a controller of what is there."""
        space = namespace if kind.namespaced else ""
        if self._misspelt(cluster, kind, space, name):
            return False
        if cluster.exists(kind.group, kind.name, space, name) or self._foreign(cluster, kind, space):
            return True
        if kind.name in {"Node", "PersistentVolume", "CSIDriver", "CSINode"}:
            return False  # their names are the cloud's
        if not kind.namespaced:
            return any(release.names for release in cluster.releases if any(name.startswith(n) for n in release.names))
        owners = self._owners(cluster, namespace)
        custom = "." in kind.group and kind.group not in _BUILT_IN
        if kind.name in _MADE or custom:
            return any(name.startswith(f"{owner}-") or (name == owner and kind.name != "Pod") for owner in owners)
        return False

    def _misspelt(self, cluster: Cluster, kind: Kind, namespace: str, name: str) -> bool:
        """Say whether a name is not there, and is one slip of a finger away from one that is.

        What may be there unseen is not believed then: much of it is known by the beginning of its name only.
        """
        there = cluster.get(kind.group, kind.name, namespace, name) or cluster.made(
            kind.group, kind.name, namespace, name
        )
        return not there and is_near(name, cluster.names(kind.group, kind.name, namespace), _SLIP)

    def _foreign(self, cluster: Cluster, kind: Kind, namespace: str) -> bool:
        """Say whether a namespace is somebody else's: the tree runs nothing there, yet needs what does."""
        return kind.name in _MADE and not cluster.workloads(namespace)

    def _owners(self, cluster: Cluster, namespace: str) -> frozenset[str]:
        key = (id(cluster), namespace)
        found = self._owned.get(key)
        if found is None:
            found = frozenset(_owner_names(cluster, namespace))
            self._owned[key] = found
        return found

    @cached_property
    def _owned(self) -> dict[tuple[int, str], frozenset[str]]:
        return {}

    def selects(self, cluster: Cluster, kind: Kind, namespace: str | None, wanted: Mapping[str, str | None]) -> bool:
        """Say whether labels select something; a value None stands for any. namespace None: every namespace."""
        spaces = [namespace] if namespace else list(self.namespaces(cluster))
        fixed = {key: value for key, value in wanted.items() if value is not None}
        keys = frozenset(wanted) - fixed.keys()
        if kind.name == "Pod" or kind.name in _MADE:
            for space in spaces:
                if cluster.unseen(space) or self._foreign(cluster, kind, space):
                    return True
                pods = cluster.pods_with(space, fixed) if fixed else cluster.workloads(space)
                if any(keys <= pod.labels.keys() for pod in pods):
                    return True
        here = [item for item in cluster.of(kind.name, kind.group) if item.namespace in {"", *spaces}]
        if any(selects_map(fixed, item.labels) and keys <= item.labels.keys() for item in here):
            return True
        # What a controller makes carries labels that only it knows: those of its own groups.
        return not here and kind.name != "Pod" and all("/" in key for key in wanted)

    def containers(self, cluster: Cluster, kind: Kind, namespace: str, name: str) -> frozenset[str] | None:
        """Return the names of the containers of a workload's pods, None where an operator decides."""
        item = cluster.get(kind.group, kind.name, namespace, name)
        found = next((pod for pod in cluster.workloads(namespace) if pod.object is item and pod.complete), None)
        if found is None:
            return None
        return frozenset({*(str(container.get("name")) for _, container in found.containers()), *_SIDECARS})

    def known_host(self, host: str) -> bool:
        """Say whether a host is one of the tree's: it stands in the spec or in a manifest."""
        return (
            host in self._hosts
            or host in _HERE
            or host in _VENDORS
            or any(fnmatchcase(host, each) for each in self._wild)
        )

    @cached_property
    def _hosts(self) -> frozenset[str]:
        found: set[str] = set()
        for item in self.subject.repository.manifests.objects:
            found.update(match for match in _IN_TEXT.findall(item.flat) if not match.replace(".", "").isdigit())
        gitops = self.platform.gitops
        for url in (gitops.repository, gitops.browse):
            found.update(_HOST.findall(url))
        found |= {region.host for region in self.platform.regions}
        for cluster in self.clusters.values():
            for service in cluster.of("Service"):
                found |= {f"{service.name}.{service.namespace}{end}" for end in ("", ".svc", ".svc.cluster.local")}
        return frozenset(found)

    @cached_property
    def _wild(self) -> frozenset[str]:
        return frozenset(f"*.{host}" for external in self.platform.external.values() for host in external.hosts)

    def missing_path(self, word: str) -> bool:
        """Say whether a word is a path into the workspace or the tree to something that is not there."""
        path = word.removeprefix("./")
        prefix = f"{self.platform.gitops.path}/"
        path = path.removeprefix(prefix) if len(prefix) > 1 else path
        first = path.split("/")[0]
        if "/" not in path or first not in _FOLDERS or UNKNOWN in path or any(sign in path for sign in "*?[{ =:"):
            return False
        if first == "output":
            own = f"output/{self.platform.name}/{self.platform.environment}"
            if path.rstrip("/") == own:
                return False
            if path.startswith(f"{own}/"):
                return not (self.root / path.removeprefix(f"{own}/")).exists()
        return not ((self.workspace / path).exists() or (self.root / path).exists())


def hosts_in(word: str) -> Iterable[str]:
    """Return the hosts of the URLs in a word."""
    return _HOST.findall(word)


_SIDECARS = frozenset({"istio-proxy", "istio-init", "istio-validation"})
_BUILT_IN = frozenset({"rbac.authorization.k8s.io", "networking.k8s.io", "storage.k8s.io", "scheduling.k8s.io"})
# Groups of other projects that come with what the tree has objects of.
_BROUGHT: Mapping[str, tuple[str, ...]] = {
    "": ("snapshot.storage.k8s.io",),  # what the clouds run in every cluster with volumes
    "kyverno.io": ("wgpolicyk8s.io", "openreports.io"),
    "policies.kyverno.io": ("wgpolicyk8s.io", "openreports.io"),
}


def _clusters(subject: Subject, platform: Platform) -> Iterator[tuple[str, Cluster]]:
    repository = subject.repository
    for region in platform.regions:
        folder = f"clusters/{region.name}/"
        for cluster in repository.clusters:
            if any(repository.manifests.relative(item).startswith(folder) for item in cluster.objects):
                yield region.cluster, cluster
                break


def _owner_names(cluster: Cluster, namespace: str) -> Iterator[str]:
    for item in cluster.objects:
        if item.namespace == namespace and _makes(item):
            yield item.name


def _makes(item: Object) -> bool:
    """Say whether something is made of an object: pods, or what an operator makes of its own kinds."""
    if (item.group, item.kind) in TEMPLATES:
        return True
    if item.group == "monitoring.coreos.com":
        return item.kind in {"Prometheus", "Alertmanager", "ThanosRuler"}
    return "." in item.group and not item.group.endswith(("istio.io", "k8s.io", "keda.sh"))
