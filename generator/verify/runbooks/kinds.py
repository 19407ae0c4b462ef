"""The words by which kubectl knows kinds: plural, singular and short names, alone or with their group."""

from collections.abc import Iterable
from dataclasses import dataclass

from generator.tools.library import Library


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of objects; namespaced says whether its objects live in namespaces."""

    group: str
    name: str
    namespaced: bool


# group → plural, kind, short names; * before what has no namespace. Source: `kubectl api-resources` of Kubernetes 1.36.
_NATIVE = {
    "": (
        "configmaps ConfigMap cm", "endpoints Endpoints ep", "events Event ev", "limitranges LimitRange limits",
        "*namespaces Namespace ns", "*nodes Node no", "persistentvolumeclaims PersistentVolumeClaim pvc",
        "*persistentvolumes PersistentVolume pv", "pods Pod po", "resourcequotas ResourceQuota quota", "secrets Secret",
        "serviceaccounts ServiceAccount sa", "services Service svc",
    ),
    "admissionregistration.k8s.io": (
        "*mutatingwebhookconfigurations MutatingWebhookConfiguration",
        "*validatingwebhookconfigurations ValidatingWebhookConfiguration",
        "*validatingadmissionpolicies ValidatingAdmissionPolicy",
    ),
    "apiextensions.k8s.io": ("*customresourcedefinitions CustomResourceDefinition crd crds",),
    "apiregistration.k8s.io": ("*apiservices APIService",),
    "apps": (
        "daemonsets DaemonSet ds", "deployments Deployment deploy", "replicasets ReplicaSet rs",
        "statefulsets StatefulSet sts",
    ),
    "autoscaling": ("horizontalpodautoscalers HorizontalPodAutoscaler hpa",),
    "batch": ("cronjobs CronJob cj", "jobs Job"),
    "certificates.k8s.io": ("*certificatesigningrequests CertificateSigningRequest csr",),
    "coordination.k8s.io": ("leases Lease",),
    "discovery.k8s.io": ("endpointslices EndpointSlice",),
    "networking.k8s.io": ("ingresses Ingress ing", "networkpolicies NetworkPolicy netpol"),
    "policy": ("poddisruptionbudgets PodDisruptionBudget pdb",),
    "rbac.authorization.k8s.io": (
        "*clusterroles ClusterRole", "*clusterrolebindings ClusterRoleBinding", "roles Role",
        "rolebindings RoleBinding",
    ),
    "scheduling.k8s.io": ("*priorityclasses PriorityClass pc",),
    "storage.k8s.io": (
        "*csidrivers CSIDriver", "*csinodes CSINode", "*storageclasses StorageClass sc",
        "*volumeattachments VolumeAttachment",
    ),
    # Served by what is not in a tree, but in every cluster with autoscaling.
    "metrics.k8s.io": ("*nodes NodeMetrics", "pods PodMetrics"),
}  # fmt: skip
_FIRST = ("", "apps", "batch", "autoscaling", "networking.k8s.io", "policy")
"""Groups whose names count before those of others, as kubectl takes them."""

# The name of these cannot be made by adding an s.
_PLURALS = {"Elasticsearch": "elasticsearches", "Kafka": "kafkas", "Kibana": "kibanas", "Logstash": "logstashes"}


class Kinds:
    """What a word of a command means in a tree."""

    def __init__(self, library: Library, groups: Iterable[str], present: Iterable[tuple[str, str]]) -> None:
        """Take all kinds that a library of definitions knows; groups and present are those of the tree's objects."""
        self.groups = frozenset(groups)
        self._words: dict[str, dict[str, Kind]] = {}
        for group, lines in _NATIVE.items():
            for line in lines:
                plural, name, *short = line.lstrip("*").split()
                self._add(Kind(group, name, not line.startswith("*")), [plural, name.lower(), *short])
        for (group, name), known in library.kinds.items():
            kind = Kind(group, name, known.scope == "Namespaced")
            self._add(kind, [known.plural, name.lower()])
        for group, name in present:
            plural = _PLURALS.get(name, _plural(name.lower()))
            if group not in self._words.get(name.lower(), {}):
                self._add(Kind(group, name, namespaced=True), [plural, name.lower()])

    def _add(self, kind: Kind, words: Iterable[str]) -> None:
        for word in words:
            self._words.setdefault(word, {}).setdefault(kind.group, kind)

    def find(self, word: str) -> Kind | str:
        """Return the kind that a word of a command names, or why it names none."""
        plain, _, group = word.lower().partition(".")
        known = self._words.get(plain, {})
        if group:
            version, _, rest = group.partition(".")
            found = known.get(group) or (known.get(rest) if version[:1] == "v" else None)
            return found or f"no kind is called {word}."
        for first in _FIRST:
            if first in known:
                return known[first]
        here = [kind for name, kind in sorted(known.items()) if self._served(name)]
        if len(here) == 1:
            return here[0]
        if here:
            return f"{word} is the name of several kinds: write {' or '.join(f'{plain}.{k.group}' for k in here)}."
        if known:
            return f"nothing of the tree is of the group of {word}: write {' or '.join(f'{plain}.{g}' for g in known)}."
        return f"no kind is called {word}."

    def _served(self, group: str) -> bool:
        """Say whether a cluster of the tree has a group, or one that the same project defines."""
        native = "." not in group or group in _NATIVE
        return native or any(_project(group) == _project(other) for other in self.groups)


def _project(group: str) -> str:
    return ".".join(group.split(".")[-2:])


def _plural(word: str) -> str:
    if word.endswith(("s", "x", "ch", "sh")):
        return f"{word}es"
    return f"{word[:-1]}ies" if word.endswith("y") and word[-2:-1] not in "aeiou" else f"{word}s"
