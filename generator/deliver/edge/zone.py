"""What the zone is told beside the Worker: firewall, rate limits, TLS and caching, for Cloudflare's API."""

from typing import Any

from generator.deliver.edge.facts import worker_name
from generator.spec.edge import Edge
from generator.spec.model import Platform

# Managed rulesets have the same IDs in all accounts (https://developers.cloudflare.com/waf/managed-rules/).
CLOUDFLARE_MANAGED = "efb7b8c949ac4650a09736fc376e9aee"
OWASP_CORE = "4814384a9e5d4991b9815dcfc25d2f1f"
FREE_MANAGED = "77454fe2d30c4220b5701f6fdfb893ba"
# Plan → over how many seconds it counts at most here, and for how long it blocks
# (https://developers.cloudflare.com/waf/rate-limiting-rules/#availability).
COUNTING = {"free": (10, 10), "pro": (60, 60), "business": (60, 600), "enterprise": (60, 600)}


def managed_rules(platform: Platform, edge: Edge) -> dict[str, Any]:
    """Return the managed rulesets that the plan has, on the hosts of this environment."""
    rulesets = (
        {"free": FREE_MANAGED} if edge.plan == "free" else {"cloudflare": CLOUDFLARE_MANAGED, "owasp": OWASP_CORE}
    )
    rules = [
        {
            "ref": f"{worker_name(platform)}-{name}",
            "description": f"{platform.name} {platform.environment}: managed rules ({name})",
            "action": "execute",
            "action_parameters": {"id": ruleset},
            "expression": _ours(platform, edge),
            "enabled": True,
        }
        for name, ruleset in rulesets.items()
    ]
    return {"phase": "http_request_firewall_managed", "rules": rules}


def rate_rules(platform: Platform, edge: Edge) -> dict[str, Any] | None:
    """Return the rule against clients that ask too often, None where the spec sets no limit."""
    if edge.limits.requests is None:
        return None
    period, block = COUNTING[edge.plan]
    rule = {
        "ref": f"{worker_name(platform)}-requests",
        "description": f"{platform.name} {platform.environment}: {edge.limits.requests} requests a minute and address",
        "action": "block",
        "expression": _ours(platform, edge),
        "enabled": True,
        "ratelimit": {
            "characteristics": ["cf.colo.id", "ip.src"],
            "period": period,
            "requests_per_period": max(1, edge.limits.requests * period // 60),
            "mitigation_timeout": block,
        },
    }
    return {"phase": "http_ratelimit", "rules": [rule]}


def settings(edge: Edge) -> dict[str, Any]:
    """Return path below the zone → body: they are of the whole zone, so that its environments agree on them."""
    found: dict[str, Any] = {
        # Certificates of the regions are checked; nothing is sent in the clear; TLS 1.3 or nothing.
        "settings/ssl": "strict",
        "settings/min_tls_version": "1.3",
        "settings/tls_1_3": "on",  # without 0-RTT, whose requests an attacker can repeat
        "settings/0rtt": "off",
        "settings/always_use_https": "on",
        "settings/http3": "on",
    }
    if edge.cache:
        found["argo/tiered_caching"] = "on"
        found["cache/tiered_cache_smart_topology_enable"] = "on"
    return {path: {"value": value} for path, value in found.items()}


def _ours(platform: Platform, edge: Edge) -> str:
    """Return the expression of requests to hosts of this environment, and to its regions where the zone has them."""
    regions = (region.host for region in platform.regions if region.host.endswith(f".{edge.zone}"))
    hosts = " ".join(f'"{host}"' for host in sorted({*edge.hosts, *regions}))
    return f"http.host in {{{hosts}}}"
