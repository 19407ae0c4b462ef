"""What the edge knows of its platform: the regions that take requests, the paths that are served, who belongs where."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from generator.spec.edge import Edge
from generator.spec.model import Platform, Region

# The gateway of each region answers this itself (templates/mesh/gateway).
HEALTH = "/health/region"
# What else a gateway answers on the health of its region.
HEALTH_PATHS = ("/health", HEALTH)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
# A gateway that gives up says so itself: the edge waits this much longer, in milliseconds.
PATIENCE = 1_000
# How long a gateway gets to say that it is there, in milliseconds.
PROBE_TIMEOUT = 5_000
# What keeps the browsers of an API's clients safe (https://cheatsheetseries.owasp.org/cheatsheets/REST_Security_Cheat_Sheet.html).
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-site",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True, slots=True)
class Served:
    """A path that some service answers, and how long its gateway waits for it, in milliseconds."""

    path: str
    timeout: int


def worker_name(platform: Platform) -> str:
    """Return the name of the environment's Worker: environments of one account have one each."""
    return f"{platform.name}-{platform.environment}-edge"


def binding(platform: Platform, role: str) -> str:
    """Return the name by which the Worker finds the KV namespace of a role (cache, sessions)."""
    return f"{platform.name.replace('-', '_')}_{role}".upper()


def open_regions(platform: Platform) -> tuple[Region, ...]:
    """Return the regions that take requests: all that are not drained."""
    return tuple(region for region in platform.regions if not region.drained)


def areas(platform: Platform, edge: Edge, kind: str) -> dict[str, str]:
    """Return continent or country → the open region that answers it, sorted; those of others are shared by weight."""
    names = {region.name for region in open_regions(platform)}
    found = {
        code: region
        for region, area in edge.routing.items()
        if region in names
        for code in (area.continents if kind == "continents" else area.countries)
    }
    return dict(sorted(found.items()))


def served_paths(platform: Platform) -> tuple[Served, ...]:
    """Return the paths that services expose in any region, with the longest of their timeouts."""
    found: dict[str, int] = {}
    for region in platform.regions:
        for service in platform.services[region.name].values():
            for path in service.paths:
                found[path] = max(found.get(path, 0), service.gateway_timeout)
    return tuple(Served(path, timeout) for path, timeout in sorted(found.items()))


def headers(edge: Edge) -> dict[str, str]:
    """Return the headers of every answer; what the spec says replaces a default however either is capitalised."""
    own = {name.lower() for name in edge.headers}
    kept = {name: value for name, value in HEADERS.items() if name.lower() not in own}
    return dict(sorted((kept | dict(edge.headers)).items()))


def facts_module(platform: Platform, edge: Edge) -> str:
    """Return src/platform.js: all that the Worker's source asks of its platform."""
    served = served_paths(platform)
    own = {found.path for found in served}
    facts = {
        "name": platform.name,
        "environment": platform.environment,
        "hosts": list(edge.hosts),
        "regions": [
            {"name": region.name, "origin": f"https://{region.host}", "weight": float(region.weight)}
            for region in open_regions(platform)
        ],
        "continents": areas(platform, edge, "continents"),
        "countries": areas(platform, edge, "countries"),
        "writes": edge.writes,
        "health": HEALTH,
        "methods": list(METHODS),
        "paths": [
            *({"path": path, "exact": True, "timeout": PROBE_TIMEOUT} for path in HEALTH_PATHS if path not in own),
            *({"path": found.path, "timeout": found.timeout + PATIENCE} for found in served),
        ],
        "failover": {
            "attempts": edge.failover.attempts,
            "timeout": edge.failover.timeout,
            "unhealthy": edge.failover.unhealthy,
            "probe": edge.failover.probe * 60_000,
        },
        "sessions": {"affinity": edge.affinity, "settle": edge.settle},
        "cache": [
            {"path": rule.path, "edge": rule.edge, "browser": rule.browser, "stale": rule.stale} for rule in edge.cache
        ],
        "origins": list(edge.origins),
        "headers": headers(edge),
        "limits": {"body": edge.limits.body, "types": list(edge.limits.types), "depth": edge.limits.depth},
        "bindings": {
            "cache": binding(platform, "cache"),
            "sessions": binding(platform, "sessions"),
            "clients": "CLIENTS",
        },
    }
    # No character of it can end the statement: JSON is JavaScript since ECMAScript 2019.
    text = json.dumps(facts, indent=2, ensure_ascii=True)
    return f"// What is true of this environment: change the spec and render again.\nexport default {text};\n"
