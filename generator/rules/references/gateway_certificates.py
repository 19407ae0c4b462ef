"""Secrets with certificates that gateways name."""

from collections.abc import Collection
from dataclasses import dataclass

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests.cluster import Cluster
from generator.rules.references.lookup import is_near

_MAKERS = (
    "Secret", "ExternalSecret", "ClusterExternalSecret", "SealedSecret", "Certificate", "VaultStaticSecret",
    "VaultDynamicSecret", "VaultPKISecret", "InfisicalSecret", "DopplerSecret", "OnePasswordItem",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Absence:
    """Why a Secret cannot be used; severity is a warning where people may have made it by hand."""

    message: str
    hint: str
    severity: Severity


def certificate_missing(
    cluster: Cluster, name: str, homes: Collection[str], namespace: str, *, strict: bool = False
) -> Absence | None:
    """Return why no gateway can read a Secret, or None if it can.

    homes are the namespaces of the gateway's pods where they are known; else the Secret may lie wherever a gateway may
    run, unless strict says that it must lie in `namespace`.
    """
    wanted = sorted(homes) or [namespace]
    if any(cluster.exists("", "Secret", where, name) for where in wanted):
        doubtful = all(_doubtful(cluster, where, name) for where in wanted)
        return _unlikely(cluster, name, wanted) if doubtful else None
    elsewhere = [where for where in cluster.namespaces() if _made(cluster, where, name)]
    if not homes and not strict:
        if elsewhere:
            return None
        if any(cluster.exists("", "Secret", where, name) for where in cluster.namespaces()):
            return _unlikely(cluster, name, wanted)
    if elsewhere:
        message = f"The Secret '{name}' is in namespace '{elsewhere[0]}', not in '{wanted[0]}' where it is read."
        return Absence(message, f"Make it in namespace '{wanted[0]}'.", Severity.ERROR)
    certain = any(cluster.of(kind) for kind in _MAKERS)
    known = {found for where in wanted for found in cluster.names("", "Secret", where)}
    hint = did_you_mean(name, known) or "Make it by a Certificate or an ExternalSecret."
    message = f"There is no Secret '{name}' in namespace '{wanted[0]}'."
    return Absence(message, hint, Severity.ERROR if certain else Severity.WARNING)


def _made(cluster: Cluster, namespace: str, name: str) -> bool:
    found = cluster.get("", "Secret", namespace, name) or cluster.made("", "Secret", namespace, name)
    return found is not None


def _prefixes(cluster: Cluster, namespace: str) -> set[str]:
    return {prefix for item in cluster.releases if item.namespace in {namespace, "*"} for prefix in item.names}


def _doubtful(cluster: Cluster, namespace: str, name: str) -> bool:
    """Say whether only a chart could make a Secret, whose name is none of the chart's, beside Secrets of the tree."""
    if _made(cluster, namespace, name) or not cluster.names("", "Secret", namespace):
        return False
    prefixes = _prefixes(cluster, namespace)
    return bool(prefixes) and not any(name.startswith(prefix) for prefix in prefixes)


def _unlikely(cluster: Cluster, name: str, wanted: list[str]) -> Absence | None:
    """Return why a Secret that a chart might bring is not there: it is near another, or beside others."""
    known = {found for where in wanted for found in cluster.names("", "Secret", where)}
    near = did_you_mean(name, known) if is_near(name, known) else ""
    if not near and not all(_doubtful(cluster, where, name) for where in wanted):
        return None
    message = f"There is no Secret '{name}' in namespace '{wanted[0]}', where the tree makes others."
    hint = near or "Make it by a Certificate or an ExternalSecret."
    return Absence(message, hint, Severity.ERROR if near else Severity.WARNING)
