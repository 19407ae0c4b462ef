"""What people read of the edge: the README of edge/, and its section in the README of the tree."""

from collections.abc import Iterator

from generator.base.scalars import bytes_text
from generator.deliver.edge.balancing import balanced
from generator.deliver.edge.facts import areas, binding, open_regions, served_paths, worker_name
from generator.deliver.markdown import code, table
from generator.spec.edge import Edge
from generator.spec.model import Platform

_CONTINENTS = {
    "AF": "Africa",
    "AN": "Antarctica",
    "AS": "Asia",
    "EU": "Europe",
    "NA": "North America",
    "OC": "Oceania",
    "SA": "South America",
}


def edge_lines(platform: Platform) -> Iterator[str]:
    """Yield the section of the tree's README; nothing where the platform has no edge."""
    edge = platform.edge
    if edge is None:
        return
    yield "## Edge"
    yield ""
    hosts = ", ".join(f"https://{host}" for host in edge.hosts)
    yield f"Clients ask {hosts}. A Cloudflare Worker in front of the regions answers, see"
    yield "[edge/README.md](edge/README.md)."
    yield ""
    yield from _routing(platform, edge)
    yield from _cache(edge)


def readme(platform: Platform, edge: Edge) -> str:
    """Return edge/README.md."""
    return "\n".join(_page(platform, edge)) + "\n"


def _page(platform: Platform, edge: Edge) -> Iterator[str]:
    yield f"# {platform.name}: the edge of {platform.environment}"
    yield ""
    hosts = ", ".join(f"https://{host}" for host in edge.hosts)
    yield f"The Worker `{worker_name(platform)}` on the zone {edge.zone} ({edge.plan} plan) answers {hosts}."
    yield "Its source is the same for all platforms; what is true of this one stands in `src/platform.js`."
    yield ""
    yield "## Where requests go"
    yield ""
    yield from _routing(platform, edge)
    yield from _failing(edge)
    yield "## What is kept"
    yield ""
    yield from _cache(edge)
    yield "## What is refused"
    yield ""
    yield from _refused(platform, edge)
    yield from _deploying(platform, edge)


def _routing(platform: Platform, edge: Edge) -> Iterator[str]:
    continents, countries = areas(platform, edge, "continents"), areas(platform, edge, "countries")
    there = {region.name for region in open_regions(platform)}
    total = sum(region.weight for region in open_regions(platform))
    rows = []
    for region in platform.regions:
        name = region.name
        share = region.weight / total if total else 1 / max(1, len(there))
        rows.append(
            (
                name,
                f"https://{region.host}",
                ", ".join(_CONTINENTS[code] for code, owner in continents.items() if owner == name) or "none",
                ", ".join(code for code, owner in countries.items() if owner == name) or "none",
                f"{float(share) * 100:.3g} %" if name in there else "drained",
                "yes" if edge.writes in ("", name) and name in there else "no",
            )
        )
    yield from table(
        ("region", "asked at", "continents", "countries first", "share of the others", "takes writes"), rows
    )


def _failing(edge: Edge) -> Iterator[str]:
    failover = edge.failover
    regions = "regions" if failover.attempts > 1 else "region"
    patience = "as long as its gateway does" if failover.timeout is None else f"{failover.timeout} ms"
    yield f"GET, HEAD and OPTIONS try up to {failover.attempts} {regions}: one that cannot be reached, or answers"
    yield f"502 or 503, is left at once; one that does not answer is waited for {patience} while another is left."
    yield "Everything else is sent once: what may have had an effect is not repeated. Each isolate leaves a region out"
    yield f"after {failover.unhealthy} failures in a row, of which slow answers are none; every {failover.probe} min a"
    yield "schedule asks each for `/health/region` and tells all. When all are out, all are asked."
    yield ""
    yield f"A client stays for {edge.affinity} s with the region that answered it (cookie `__Host-region`); clients"
    yield "without cookies are remembered by a digest of their credentials."
    if edge.writes:
        yield f"For {edge.settle} s after a write a client's reads go to {edge.writes} (cookie `__Host-written`)."
    yield ""


def _cache(edge: Edge) -> Iterator[str]:
    if not edge.cache:
        yield "Nothing is kept: each request is answered by a region."
        yield ""
        return
    rows = [
        (
            code(rule.path),
            f"{rule.edge} s",
            f"{rule.browser} s" if rule.browser else "not",
            f"{rule.stale} s" if rule.stale else "not",
        )
        for rule in edge.cache
    ]
    yield from table(("path", "kept at the edge", "kept by browsers", "longer while no region answers"), rows)


def _refused(platform: Platform, edge: Edge) -> Iterator[str]:
    limits = edge.limits
    paths = ", ".join(code(served.path) for served in served_paths(platform))
    yield f"- paths other than {paths or 'none'} and what lies below them (404), other methods (405)"
    yield f"- bodies above {bytes_text(limits.body)} (413), of other types than {', '.join(limits.types)} (415)"
    yield f"- JSON that is none, or deeper than {limits.depth} levels (400), by `src/validate.wasm`"
    if limits.requests is not None:
        yield f"- more than {limits.requests} requests a minute from one address in one data centre (429)"
    yield "- what the managed rules of the firewall find (`rulesets/managed.json`), TLS below 1.3 (`settings.json`)"
    yield ""


def _deploying(platform: Platform, edge: Edge) -> Iterator[str]:
    yield "## Deploying"
    yield ""
    yield "Once, what the spec names by ID has to be there:"
    yield ""
    yield "```sh"
    for role in ("cache", "sessions"):
        yield f"npx wrangler@4 kv namespace create {binding(platform, role)}"
    yield "```"
    yield ""
    yield f"and each host of the edge as a proxied record of {edge.zone}. A host more than one label below the zone"
    yield "needs a certificate of its own at Cloudflare (Advanced Certificate Manager). Then, and after each change:"
    yield ""
    yield "```sh"
    yield "sh deploy.sh check"
    yield "sh deploy.sh worker"
    yield "sh deploy.sh zone"
    yield "```"
    yield ""
    yield "The Worker needs no secret: the namespaces are bindings. `CLOUDFLARE_API_TOKEN` is the deployer's."
    yield "`settings.json` holds for the whole zone; of the firewall's rules only those of this environment change."
    yield ""
    if balanced(platform, edge):
        yield "`load-balancing/` is for a zone that has Cloudflare's load balancer rather than the Worker's routes: it"
        yield "steers by continent and health, but knows no writes, keeps nothing and validates nothing."
    else:
        yield "Cloudflare's own load balancer cannot stand in for the Worker here: a host that clients ask is the host"
        yield "of a region, so that the load balancer would be its own origin."
