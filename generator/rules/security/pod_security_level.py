"""Which Pod Security level a namespace enforces, by its labels. Source: k8s.io/pod-security-admission/api of 1.36."""

import re
from dataclasses import dataclass

from generator.manifests.cluster import Cluster

PREFIX = "pod-security.kubernetes.io/"
LEVELS = ("privileged", "baseline", "restricted")
MODES = ("enforce", "audit", "warn")
LATEST = 1000
"""The minor version that "latest" and a missing version stand for: newer than every check."""
VERSION = re.compile(r"v1\.(0|[1-9][0-9]*)")


@dataclass(frozen=True, slots=True)
class Enforced:
    """What a namespace enforces: level is "" when no label says; minor is the 1.x version of the standard.

    system is set for the kube-* namespaces, whose pods come with the cluster.
    """

    level: str
    minor: int = LATEST
    system: bool = False


def enforced(cluster: Cluster, namespace: str) -> Enforced:
    """Return what Pod Security admission enforces in a namespace."""
    labels = cluster.namespace_labels(namespace)
    level = labels.get(f"{PREFIX}enforce", "")
    if level and level not in LEVELS:
        level = "restricted"  # admission takes an unknown level for the strictest one
    version = VERSION.fullmatch(labels.get(f"{PREFIX}enforce-version", ""))
    return Enforced(level, int(version[1]) if version else LATEST, namespace.startswith("kube-"))
