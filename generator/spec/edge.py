"""What stands between clients and the regions: the `edge` section of a platform."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from generator.base.scalars import milliseconds, per_second, seconds, size_bytes

# Continents as Cloudflare tells them of a request, in alphabetical order of their codes
# (https://developers.cloudflare.com/workers/runtime-apis/request/#incomingrequestcfproperties).
CONTINENTS = ("AF", "AN", "AS", "EU", "NA", "OC", "SA")
# What a body may be unless the spec says otherwise; what stands behind a JSON API takes nothing else.
DEFAULT_TYPES = ("application/json",)


@dataclass(frozen=True, slots=True)
class Area:
    """Whose requests a region answers: continents, and countries that go before any continent (ISO 3166-1 alpha-2)."""

    continents: tuple[str, ...]
    countries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Failover:
    """What happens when a region fails. timeout in milliseconds, probe in minutes.

    attempts are the regions that a safe request may try, timeout is what one gets to begin its answer while another is
    left to try (None: as long as its gateway waits for the path). A region is unhealthy after so many failures in a
    row, and is asked for its health every `probe`.
    """

    attempts: int
    timeout: int | None
    unhealthy: int
    probe: int


@dataclass(frozen=True, slots=True)
class Caching:
    """How long answers below a path are kept, in seconds: at the edge, by browsers (0: not), and when regions fail."""

    path: str
    edge: int
    browser: int
    stale: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What a request may be: bytes and types of a body, levels of JSON, requests of a client a minute (None: any)."""

    body: int
    types: tuple[str, ...]
    depth: int
    requests: int | None


@dataclass(frozen=True, slots=True)
class Edge:
    """The section, resolved. hosts are what clients ask; routing is region → whose requests it answers.

    writes is the region that gets what is no safe request ("": each its own). affinity and settle in seconds: how long
    a client stays with a region, and how long after a write its reads go where it wrote. kv are the IDs of the
    namespaces cache and sessions (none: the edge remembers nothing for long).
    """

    provider: str
    account: str
    zone: str
    plan: str
    hosts: tuple[str, ...]
    routing: Mapping[str, Area]
    writes: str
    failover: Failover
    affinity: int
    settle: int
    cache: tuple[Caching, ...]
    origins: tuple[str, ...]
    headers: Mapping[str, str]
    limits: Limits
    kv: Mapping[str, str]


def edge_of(tree: Mapping[str, Any], host: str) -> Edge:
    """Return the section of a checked spec; host is what clients ask unless it says otherwise."""
    failover, sessions, limits = tree.get("failover", {}), tree.get("sessions", {}), tree.get("limits", {})
    return Edge(
        provider=tree["provider"],
        account=tree["account"],
        zone=tree["zone"],
        plan=tree.get("plan", "free"),
        hosts=tuple(tree.get("hosts", (host,))),
        routing={region: _area(written) for region, written in sorted(tree.get("routing", {}).items())},
        writes=tree.get("writes", ""),
        failover=Failover(
            attempts=int(failover.get("attempts", 3)),
            timeout=milliseconds(failover["timeout"]) if "timeout" in failover else None,
            unhealthy=int(failover.get("unhealthy", 3)),
            probe=seconds(failover.get("probe", "1m")) // 60,
        ),
        affinity=seconds(sessions.get("affinity", "1h")),
        settle=seconds(sessions.get("settle", "10s")),
        cache=tuple(_caching(path, written) for path, written in sorted(tree.get("cache", {}).items())),
        origins=tuple(tree.get("origins", ())),
        headers=dict(sorted(tree.get("headers", {}).items())),
        limits=Limits(
            body=size_bytes(limits.get("body", "1Mi")),
            types=tuple(sorted(limits.get("types", DEFAULT_TYPES))),
            depth=int(limits.get("depth", 32)),
            requests=_per_minute(limits["requests"]) if "requests" in limits else None,
        ),
        kv=dict(sorted(tree.get("kv", {}).items())),
    )


def _area(tree: Mapping[str, Any]) -> Area:
    return Area(tuple(sorted(tree.get("continents", ()))), tuple(sorted(tree.get("countries", ()))))


def _caching(path: str, tree: Mapping[str, Any]) -> Caching:
    """Return a rule of the cache; unless it says so, browsers keep nothing and nothing stale is answered."""
    return Caching(
        path=path,
        edge=seconds(tree["edge"]),
        browser=seconds(tree["browser"]) if "browser" in tree else 0,
        stale=seconds(tree["stale"]) if "stale" in tree else 0,
    )


def _per_minute(rate: str) -> int:
    """Return a rate as whole requests a minute, at least one."""
    return max(1, int(per_second(rate) * Decimal(60)))
