"""What the README of a rendered tree says of the mesh and the gateway: how far it reaches, and what goes in at it."""

from collections.abc import Iterator

from generator.base.scalars import decimal_text
from generator.spec.mesh import RateLimit
from generator.spec.model import Gateway, Mesh, Platform

TOPOLOGIES = {
    "region": "One mesh per region (`mesh.topology: region`): regions share no trust and no endpoints. "
    "Failover between them is the edge's and DNS'.",
}
LOGGED = {"": "as the mesh configuration says", "all": "of all requests", "errors": "of errors"}


def mesh_lines(platform: Platform) -> Iterator[str]:
    """Yield the section, nothing without a mesh."""
    if platform.mesh is None:
        return
    yield "## Mesh"
    yield ""
    yield TOPOLOGIES[platform.mesh.topology]
    yield ""
    yield from _settings(platform.mesh)
    if platform.gateway is not None:
        yield from _gateway(platform, platform.gateway)
    yield ""


def _settings(mesh: Mesh) -> Iterator[str]:
    yield f"- Istio in `{mesh.namespace}`, trust domain `{mesh.trust_domain}`, mutual TLS everywhere."
    if mesh.tracing is not None:
        share = decimal_text(mesh.tracing.sampling * 100)
        yield f"- Proxies send {share} % of the traces that begin there to `{mesh.tracing.host}:{mesh.tracing.port}`."
    yield f"- Access logs: {LOGGED[mesh.access_log]}."


def _gateway(platform: Platform, gateway: Gateway) -> Iterator[str]:
    hosts = [region for region in platform.regions if region.host]
    if hosts:
        drained = [region.name for region in hosts if region.drained]
        now = f" Now it is {', '.join(drained)}." if drained else ""
        yield f"- `/health/region` of each host answers 200, and 503 where the region is drained.{now}"
    if gateway.rate_limit is not None:
        yield f"- Each replica of the gateway lets {_limit(gateway.rate_limit)}; what is beyond gets 429."


def _limit(limit: RateLimit) -> str:
    unit = {"1s": "second", "60s": "minute"}[limit.interval]
    return f"{limit.tokens:,} requests a {unit} through, {limit.burst:,} at once"
