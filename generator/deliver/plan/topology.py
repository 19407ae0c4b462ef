"""plan/topology: regions with their weights, who takes over from whom, and who calls whom."""

from collections.abc import Iterator, Mapping
from typing import Any

from generator.deliver.markdown import plain, table
from generator.deliver.plan.numbers import number, percent
from generator.derive.capacity import shares_without
from generator.derive.costs import decimal_of
from generator.spec.model import Platform, Region

GATEWAY = "gateway"


def topology_data(platform: Platform) -> Mapping[str, Any]:
    """Return regions, what each loss leaves, and the calls of each region."""
    shares = shares_without(platform.regions, "")
    return {
        "regions": [_region(platform, region, shares) for region in platform.regions],
        "failover": {
            region.name: [
                {"region": name, "traffic_share": number(decimal_of(share * 10_000) / 10_000)}
                for name, share in takeover(platform, region)
            ]
            for region in platform.regions
        },
        "calls": {region.name: calls(platform, region) for region in platform.regions},
    }


def _region(platform: Platform, region: Region, shares: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "name": region.name,
        "role": region.role,
        "provider": region.cloud.provider,
        "location": region.location,
        "zones": list(region.zones),
        "cluster": region.cluster,
        "host": region.host,
        "weight": number(region.weight),
        "drained": region.drained,
        "traffic_share": number(decimal_of(shares.get(region.name, 0) * 10_000) / 10_000),
        "services": len(platform.services[region.name]),
        "instances": len(platform.instances[region.name]),
    }


def takeover(platform: Platform, region: Region) -> list[tuple[str, Any]]:
    """Return who takes a region's traffic when it is lost: region and its share then, the largest first."""
    left = shares_without(platform.regions, region.name)
    return sorted(left.items(), key=lambda item: (-item[1], item[0]))


def calls(platform: Platform, region: Region) -> dict[str, list[str]]:
    """Return who calls whom in a region: caller → names; the gateway calls what is exposed."""
    services, instances = platform.services[region.name], platform.instances[region.name]
    found = {name: sorted((*service.calls, *service.uses)) for name, service in services.items()}
    found |= {name: sorted((*each.uses, *each.externals)) for name, each in instances.items()}
    exposed = sorted(name for name, service in services.items() if service.paths)
    if platform.gateway is not None and exposed:
        found[GATEWAY] = exposed
    return {caller: callees for caller, callees in sorted(found.items()) if callees}


def topology_lines(platform: Platform) -> Iterator[str]:
    """Yield the page."""
    yield f"# Topology of {platform.name} in {platform.environment}"
    yield ""
    shares = shares_without(platform.regions, "")
    rows = [
        (
            region.name,
            region.role,
            f"{region.cloud.provider}, {region.location}",
            percent(region.weight),
            "drained" if region.drained else percent(shares[region.name]),
            region.host or "none",
            str(len(platform.services[region.name])),
            str(len(platform.instances[region.name])),
        )
        for region in platform.regions
    ]
    header = ("region", "role", "cloud and location", "weight", "traffic now", "host", "services", "components")
    yield from table(header, rows)
    yield "## Who takes over"
    yield ""
    after = [(region.name, _order(platform, region)) for region in platform.regions]
    yield from table(("when this region is lost", "these have its traffic, the first the most"), after)
    yield from _graphs(platform)


def _order(platform: Platform, region: Region) -> str:
    return ", ".join(f"{name} {percent(share)}" for name, share in takeover(platform, region)) or "**nobody**"


def _graphs(platform: Platform) -> Iterator[str]:
    """Yield who calls whom, once for regions that have the same calls."""
    groups: list[tuple[list[str], dict[str, list[str]]]] = []
    for region in platform.regions:
        found = calls(platform, region)
        same = next((names for names, other in groups if other == found), None)
        if same is None:
            groups.append(([region.name], found))
        else:
            same.append(region.name)
    for names, found in groups:
        yield "## Who calls whom" if len(groups) == 1 else f"## Who calls whom in {', '.join(names)}"
        yield ""
        if not found:
            yield "Nobody calls anybody."
            yield ""
            continue
        yield "```mermaid"
        yield "flowchart LR"
        yield from (f"  {_node(caller)} --> {_node(callee)}" for caller, callees in found.items() for callee in callees)
        yield "```"
        yield ""
        yield from table(
            ("caller", "calls"), [(plain(who), ", ".join(map(plain, whom))) for who, whom in found.items()]
        )


def _node(name: str) -> str:
    """Return a node of Mermaid: names are lower-case letters, digits and hyphens; `end` alone would mean something."""
    return f'n-{name}["{name}"]'
