"""Who may reach whom, and how: what calls and platform flows mean for network policies, identities and routes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from generator.base.scalars import duration_text
from generator.derive.graph import CallGraph
from generator.derive.naming import NAME, host_of, principal, selector
from generator.spec.model import CallPolicy, Platform, Service
from generator.spec.units import DEFAULT_CALL

# Attempts at these failures are safe whatever the method: the callee has not begun to work on the request
# (https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/router_filter#x-envoy-retry-on).
RETRY_ON = "connect-failure,refused-stream,reset-before-request"
# What the gateway repeats: only what no replica has begun to work on.
GATEWAY_RETRIES: Mapping[str, object] = {"attempts": 2, "retryOn": RETRY_ON}
# How a caller is routed that the spec names no policy for: as one whose call says nothing.
DEFAULT_POLICY = DEFAULT_CALL


@dataclass(frozen=True, slots=True)
class Peer:
    """The other side of an allowed connection: pods of a namespace."""

    namespace: str
    selector: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Flow:
    """Allowed connections to one port."""

    port: int
    peers: tuple[Peer, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """How some callers reach a host: the labels of each (none: everybody else), and timeouts as Istio writes them.

    name is one that no other route to the host has.
    """

    name: str
    callers: tuple[Mapping[str, str], ...]
    timeout: str
    retries: Mapping[str, object]


def caller_peers(graph: CallGraph, service: Service) -> tuple[Peer, ...]:
    """Return the services that may connect to a service, by name."""
    return tuple(Peer(caller.namespace, selector(caller.name)) for caller, _ in graph.callers.get(service.name, ()))


def gateway_peer(platform: Platform, service: Service) -> Peer | None:
    """Return the ingress gateway's pods, if it sends requests to a service."""
    gateway = platform.gateway if service.paths else None
    return Peer(gateway.namespace, gateway.labels) if gateway else None


def gateway_flows(services: Iterable[Service]) -> tuple[Flow, ...]:
    """Return the flows from the ingress gateway's pods to the services that they send requests to."""
    exposed = sorted((service for service in services if service.paths), key=lambda service: service.name)
    return _flows((service.http_port, Peer(service.namespace, selector(service.name))) for service in exposed)


def prometheus_peer(platform: Platform, service: Service) -> Peer | None:
    """Return the pods that scrape a service, if it has metrics."""
    monitoring = platform.monitoring if service.metrics_port is not None else None
    return Peer(monitoring.namespace, monitoring.labels) if monitoring else None


def egress_flows(graph: CallGraph, service: Service) -> tuple[Flow, ...]:
    """Return what a service may connect to in the cluster. The port is the pod's: policies apply behind the Service."""
    peers = [
        (graph.services[callee].http_port, Peer(graph.services[callee].namespace, selector(callee)))
        for callee in service.calls
        if callee in graph.services
    ]
    return _flows([*peers, *_served_peers(graph, service.uses)])


def served_flows(graph: CallGraph, uses: Iterable[str]) -> tuple[Flow, ...]:
    """Return the flows to the component instances that somebody uses."""
    return _flows(_served_peers(graph, uses))


def _served_peers(graph: CallGraph, uses: Iterable[str]) -> list[tuple[int, Peer]]:
    found = (graph.instances[callee] for callee in uses)
    return [(e.port, Peer(instance.namespace, e.pods)) for instance in found for e in instance.endpoints]


def _flows(peers: Iterable[tuple[int, Peer]]) -> tuple[Flow, ...]:
    by_port: dict[int, list[Peer]] = {}
    for port, peer in peers:
        by_port.setdefault(port, []).append(peer)
    return tuple(Flow(port, tuple(found)) for port, found in sorted(by_port.items()))


def caller_principals(platform: Platform, graph: CallGraph, service: Service) -> tuple[str, ...]:
    """Return the workload identities of the services that may send requests to a service, sorted."""
    if not platform.mesh:
        return ()
    domain = platform.mesh.trust_domain
    callers = graph.callers.get(service.name, ())
    return tuple(sorted(principal(domain, caller.namespace, caller.name) for caller, _ in callers))


def gateway_principal(platform: Platform) -> str:
    """Return the workload identity of the ingress gateway, "" without a mesh or a gateway."""
    mesh, gateway = platform.mesh, platform.gateway
    return principal(mesh.trust_domain, gateway.namespace, gateway.service_account) if mesh and gateway else ""


def routes(callers: Iterable[tuple[Service, CallPolicy]]) -> tuple[Route, ...]:
    """Return the routes to a host: one for each policy with the callers that share it, last the one for all others.

    When all callers share one policy it is simply everybody's.
    """
    grouped: dict[CallPolicy, list[Mapping[str, str]]] = {}
    for caller, policy in callers:
        grouped.setdefault(policy, []).append(selector(caller.name))
    if len(grouped) == 1:
        return (_route((), next(iter(grouped))),)
    matched = (_route(tuple(found), policy) for policy, found in grouped.items() if policy != DEFAULT_POLICY)
    return (*matched, _route((), DEFAULT_POLICY))


def _route(callers: tuple[Mapping[str, str], ...], policy: CallPolicy) -> Route:
    """Return a route. No timeout of a single attempt: it would cut slow answers, which none of RETRY_ON repeats."""
    again: Mapping[str, object] = {"retryOn": RETRY_ON} if policy.retries else {}
    name = f"from-{callers[0][NAME]}" if callers else "others"
    return Route(name, callers, duration_text(policy.timeout), {"attempts": policy.retries, **again})


def sidecar_hosts(platform: Platform, graph: CallGraph, service: Service) -> tuple[str, ...]:
    """Return the only hosts that a service's sidecar knows, as <namespace>/<host>, sorted; ~/* when there are none."""
    hosts = [
        f"{graph.services[callee].namespace}/{host_of(graph.services[callee])}"
        for callee in service.calls
        if callee in graph.services
    ]
    if platform.mesh:
        external = (platform.external[callee] for callee in service.calls if callee in platform.external)
        hosts += [f"{platform.mesh.namespace}/{host}" for callee in external for host in callee.hosts]
        # A proxy sends its spans to a host that it has to know like any other.
        tracing = platform.mesh.tracing
        hosts += [f"{tracing.namespace}/{tracing.host}"] if tracing else []
    # An instance has several Services, some of which its operator makes: the policies of its pods say who gets in.
    whole = {f"{graph.instances[callee].namespace}/*" for callee in service.uses}
    named = {host for host in hosts if f"{host.partition('/')[0]}/*" not in whole}
    return tuple(sorted({*named, *whole})) or ("~/*",)
