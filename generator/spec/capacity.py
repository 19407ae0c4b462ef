"""How much a number of users asks for and what a core carries: the `capacity` section of a platform. All exact."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from generator.base.scalars import decimal_bytes, per_second

Tree = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that the platform is meant for; None: not said.

    connections at one time, requests a second, ingestion in bytes an hour, storage in bytes.
    """

    connections: int | None = None
    requests: Decimal | None = None
    ingestion: int | None = None
    storage: int | None = None


@dataclass(frozen=True, slots=True)
class Capacity:
    """The model: requests a user and day, peak over average, requests a core and second, bytes.

    storage and transfer are bytes of each request, memory bytes beside each core.
    """

    requests_per_user: int
    peak: int
    requests_per_core: Decimal
    memory_per_core: int
    storage_per_request: int
    transfer_per_request: int
    cores_per_node: int
    limits: Limits


def capacity_of(tree: Tree) -> Capacity:
    """Return the section of a checked spec."""
    return Capacity(
        requests_per_user=int(tree["requestsPerUser"].removesuffix("/d")),
        peak=int(tree["peak"]),
        requests_per_core=per_second(tree["requestsPerCore"]),
        memory_per_core=decimal_bytes(tree["memoryPerCore"]),
        storage_per_request=decimal_bytes(tree["storagePerRequest"]),
        transfer_per_request=decimal_bytes(tree["transferPerRequest"]),
        cores_per_node=int(tree["coresPerNode"]),
        limits=_limits(tree.get("limits", {})),
    )


def _limits(tree: Tree) -> Limits:
    return Limits(
        connections=int(tree["connections"]) if "connections" in tree else None,
        requests=per_second(tree["requests"]) if "requests" in tree else None,
        ingestion=decimal_bytes(tree["ingestion"].removesuffix("/h")) if "ingestion" in tree else None,
        storage=decimal_bytes(tree["storage"]) if "storage" in tree else None,
    )
