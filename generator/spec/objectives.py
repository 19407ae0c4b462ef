"""Service levels: how available, how fast and how correct a service has to be, and what the platform has to carry.

Everything is exact: shares and rates are Decimal, lengths of time whole milliseconds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from generator.base.scalars import milliseconds, per_second, share
from generator.spec.layers import Layer, merge

Tree = Mapping[str, Any]

# The percentiles that an objective of latency may bound, lowest first: name → share of the answers that keep the bound.
PERCENTILES: Mapping[str, Decimal] = {
    "p50": Decimal("0.5"),
    "p90": Decimal("0.9"),
    "p95": Decimal("0.95"),
    "p99": Decimal("0.99"),
}


@dataclass(frozen=True, slots=True)
class Objectives:
    """What has to be kept over 30 days; None or empty where nothing is asked.

    availability is the least share of requests that are answered without a 5xx status, errors the largest share that
    is not, both of one; latency is percentile → longest answer in milliseconds. throughput (requests a second) and
    processing (milliseconds from an event to its result) are of the whole platform, not of a service.
    """

    availability: Decimal | None = None
    errors: Decimal | None = None
    latency: Mapping[str, int] = field(default_factory=dict)
    throughput: Decimal | None = None
    processing: int | None = None

    @property
    def budget(self) -> Decimal | None:
        """Return the share of requests that may fail: the stricter of 1 - availability and errors."""
        asked = [] if self.availability is None else [1 - self.availability]
        asked += [] if self.errors is None else [self.errors]
        return min(asked, default=None)


NONE = Objectives()


def objectives_of(tree: Tree) -> Objectives:
    """Return the objectives of a merged, checked tree."""
    latency = tree.get("latency") or {}
    return Objectives(
        availability=share(tree["availability"]) if "availability" in tree else None,
        errors=share(tree["errors"]) if "errors" in tree else None,
        latency={name: milliseconds(latency[name]) for name in PERCENTILES if name in latency},
        throughput=per_second(tree["throughput"]) if "throughput" in tree else None,
        processing=milliseconds(tree["processing"]) if "processing" in tree else None,
    )


def merged(platform: Tree, layers: Iterable[Layer]) -> dict[str, Any]:
    """Return the objectives of a service: the platform's, and on top what each of the service's layers says.

    `objectives: null` in a layer takes all away that lies below it, a part that is null only that part. throughput and
    processing are the platform's alone.
    """
    result: dict[str, Any] = {key: value for key, value in platform.items() if key not in ("throughput", "processing")}
    for layer in layers:
        if "objectives" in layer.tree:
            written = layer.tree["objectives"]
            result = merge(result, written) if isinstance(written, dict) else {}
    return result
