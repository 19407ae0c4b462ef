"""The provider's own load balancer instead of the Worker: monitor, pools and steering for Cloudflare's API."""

from typing import Any

from generator.deliver.edge.facts import HEALTH, PROBE_TIMEOUT, areas, worker_name
from generator.spec.edge import Edge
from generator.spec.model import Platform, Region

# Cloudflare's regions of each continent (https://developers.cloudflare.com/load-balancing/reference/region-mapping-api/).
STEERED = {
    "AF": ("NAF", "SAF"),
    "AS": ("ME", "NEAS", "SAS", "SEAS"),
    "EU": ("EEU", "WEU"),
    "NA": ("ENAM", "WNAM"),
    "OC": ("OC",),
    "SA": ("NSAM", "SSAM"),
}
# Bounds of the API, in seconds: how long affinity by cookie may last.
AFFINITY = (1_800, 604_800)


def balanced(platform: Platform, edge: Edge) -> bool:
    """Say whether a load balancer could stand there: what clients ask is not the name of one of its origins."""
    return not {region.host for region in platform.regions}.intersection(edge.hosts)


def monitor(platform: Platform, edge: Edge) -> dict[str, Any]:
    """Return the monitor that asks every region for its health; Cloudflare knows it by its description."""
    return {
        "description": worker_name(platform),
        "type": "https",
        "method": "GET",
        "path": HEALTH,
        "expected_codes": "200",
        "interval": edge.failover.probe * 60,
        "timeout": PROBE_TIMEOUT // 1000,
        "retries": min(5, edge.failover.unhealthy - 1),
        "follow_redirects": False,
        "allow_insecure": False,
    }


def pools(platform: Platform) -> list[dict[str, Any]]:
    """Return a pool for each region; the one of a drained region is off."""
    return [
        {
            "name": pool_name(platform, region),
            "description": f"{region.name}, {region.role}",
            "enabled": not region.drained,
            "minimum_origins": 1,
            "origins": [
                {
                    "name": region.name,
                    "address": region.host,
                    "enabled": True,
                    "weight": 1,
                    "header": {"Host": [region.host]},
                }
            ],
        }
        for region in platform.regions
    ]


def pool_name(platform: Platform, region: Region) -> str:
    """Return the name of a region's pool."""
    return f"{platform.name}-{platform.environment}-{region.name}"


def load_balancer(platform: Platform, edge: Edge, host: str) -> dict[str, Any]:
    """Return the load balancer of a host; pools stand in it by name, which deploy.sh replaces by their IDs."""
    ranked = sorted((region for region in platform.regions if not region.drained), key=lambda region: -region.weight)
    everywhere = [pool_name(platform, region) for region in ranked]
    names = {region.name: pool_name(platform, region) for region in platform.regions}

    def first(region: str) -> list[str]:
        return [names[region], *(name for name in everywhere if name != names[region])]

    found: dict[str, Any] = {
        "name": host,
        "description": worker_name(platform),
        "proxied": True,
        "enabled": True,
        "steering_policy": "geo",
        "default_pools": everywhere,
        "fallback_pool": everywhere[0],
        "region_pools": {
            area: first(region)
            for continent, region in areas(platform, edge, "continents").items()
            for area in STEERED.get(continent, ())
        },
        "session_affinity": "cookie",
        "session_affinity_ttl": min(max(edge.affinity, AFFINITY[0]), AFFINITY[1]),
        "adaptive_routing": {"failover_across_pools": True},
    }
    countries = areas(platform, edge, "countries")
    if countries and edge.plan == "enterprise":
        found["country_pools"] = {country: first(region) for country, region in countries.items()}
    return found
