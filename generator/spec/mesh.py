"""What the mesh and the gateway are told beside who may call whom: traces, access logs, limits on requests."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from generator.base.scalars import share

TRACING_NAMESPACE = "tracing"
# How Envoy counts: a whole number of tokens each second or each minute.
_INTERVALS = {"s": "1s", "m": "60s"}


@dataclass(frozen=True, slots=True)
class Tracing:
    """Where proxies send their spans (OTLP over gRPC): a Service of a namespace, and the labels of the pods behind it.

    sampling is the share of traces that begin at a proxy (0 to 1); what a caller has decided already is kept. provider
    is the name under which the mesh configuration knows the collector.
    """

    sampling: Decimal
    namespace: str
    service: str
    port: int
    labels: Mapping[str, str]
    provider: str

    @property
    def host(self) -> str:
        """Return the collector's host name in the cluster."""
        return f"{self.service}.{self.namespace}.svc.cluster.local"


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How many requests each replica of the gateway lets through: tokens every interval, at most burst at once."""

    tokens: int
    interval: str
    burst: int


def tracing_of(tree: Mapping[str, Any] | None) -> Tracing | None:
    """Return the `tracing` of a checked mesh section, None where it has none."""
    if tree is None:
        return None
    service = str(tree.get("service", "otel-collector"))
    return Tracing(
        sampling=share(tree.get("sampling", "1%")),
        namespace=tree.get("namespace", TRACING_NAMESPACE),
        service=service,
        port=int(tree.get("port", 4317)),
        labels=dict(sorted(tree.get("labels", {"app.kubernetes.io/name": service}).items())),
        provider=tree.get("provider", "otel-tracing"),
    )


def rate_limit_of(tree: Mapping[str, Any] | None) -> RateLimit | None:
    """Return a `rateLimit` of a checked spec, None where there is none; its burst is what one interval lets through."""
    if tree is None:
        return None
    number, _, unit = str(tree["requests"]).partition("/")
    return RateLimit(tokens=int(number), interval=_INTERVALS[unit], burst=int(tree.get("burst", number)))
