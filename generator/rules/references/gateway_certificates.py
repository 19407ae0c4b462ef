"""Secrets with certificates that gateways name."""

from collections.abc import Collection
from dataclasses import dataclass

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests.cluster import Cluster

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
        return None
    elsewhere = [where for where in cluster.namespaces() if cluster.exists("", "Secret", where, name)]
    if elsewhere and not homes and not strict:
        return None
    if elsewhere:
        message = f"The Secret '{name}' is in namespace '{elsewhere[0]}', not in '{wanted[0]}' where it is read."
        return Absence(message, f"Make it in namespace '{wanted[0]}'.", Severity.ERROR)
    certain = any(cluster.of(kind) for kind in _MAKERS)
    known = {found for where in wanted for found in cluster.names("", "Secret", where)}
    hint = did_you_mean(name, known) or "Make it by a Certificate or an ExternalSecret."
    message = f"There is no Secret '{name}' in namespace '{wanted[0]}'."
    return Absence(message, hint, Severity.ERROR if certain else Severity.WARNING)
