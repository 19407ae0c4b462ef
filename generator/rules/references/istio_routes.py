"""Routes of VirtualServices: weights, delegates, what can never be reached, and two that claim one host."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.references.istio_registry import (
    NETWORKING,
    Backend,
    Registry,
    full_name,
    gateways_of,
    is_delegate,
)
from generator.rules.rule import Mistake, rule

_ACTIONS = ("route", "redirect", "directResponse", "delegate")
_SECTIONS = ("http", "tls", "tcp")


def _virtual_services(cluster: Cluster) -> tuple[Object, ...]:
    return cluster.of("VirtualService", NETWORKING)


def _routes(item: Object, *sections: str) -> Iterator[tuple[values.Path, Mapping[str, Any]]]:
    for section in sections or _SECTIONS:
        for index, route in item.mappings("spec", section):
            yield ("spec", section, index), route


@rule("references/virtual-service-weights")
def virtual_service_weights(cluster: Cluster) -> Iterator[Mistake]:
    """Find weights of a route that do not make a whole."""
    for item in _virtual_services(cluster):
        for path, route in _routes(item):
            targets = values.mappings(route, "route")
            weights = [values.integer(target, "weight") for _, target in targets]
            if len(targets) > 1:
                yield from _weights(item, (*path, "route"), weights)


def _weights(item: Object, path: values.Path, weights: list[int | None]) -> Iterator[Mistake]:
    total = sum(weight or 0 for weight in weights)
    negative = next((index for index, weight in enumerate(weights) if weight is not None and weight < 0), None)
    if negative is not None:
        yield Mistake(item, (*path, negative, "weight"), "A weight is negative.", "Write 0 to 100.")
    elif total == 0:
        yield Mistake(item, path, "The destinations have no weights, so none gets traffic.", "Write weights of 100.")
    elif total >= 50 and total != 100:
        # Istio takes shares of any sum (3 and 1): only what was plainly meant as per cent is a mistake.
        last = max(index for index, weight in enumerate(weights) if weight is not None)
        message = f"The weights sum to {total}, not to 100."
        yield Mistake(item, (*path, last, "weight"), message, "Let the weights sum to 100.")
    elif None in weights:
        message = "The destination has no weight beside others that have one, so it gets no traffic."
        yield Mistake(item, (*path, weights.index(None)), message, "Write its weight.", Severity.WARNING)


@rule("references/virtual-service-action")
def virtual_service_action(cluster: Cluster) -> Iterator[Mistake]:
    """Find HTTP routes with no action or with two."""
    for item in _virtual_services(cluster):
        for path, route in _routes(item, "http"):
            actions = [key for key in _ACTIONS if route.get(key)]
            if len(actions) > 1:
                message = f"The route has both {' and '.join(actions)}, and Istio refuses it."
                yield Mistake(item, (*path, actions[1]), message, "Keep one of them.")
            elif not actions:
                message = "The route says neither where requests go nor what answers them."
                yield Mistake(item, path, message, f"Write one of {', '.join(_ACTIONS)}.")
        if not any(True for _ in _routes(item)) and item.mapping("spec"):
            yield Mistake(item, ("spec",), "The VirtualService has no route.", "Write http, tls or tcp routes.")


@rule("references/virtual-service-delegate")
def virtual_service_delegate(cluster: Cluster) -> Iterator[Mistake]:
    """Find delegates that are not there or cannot be one."""
    named = set()
    for item in _virtual_services(cluster):
        for path, route in _routes(item, "http"):
            if "delegate" not in route:
                continue
            where = values.text(route, "delegate", "namespace") or item.namespace
            name = values.text(route, "delegate", "name")
            named.add((where, name))
            found = cluster.get(NETWORKING, "VirtualService", where, name)
            at = (*path, "delegate", "name")
            if found is None:
                hint = did_you_mean(name, cluster.names(NETWORKING, "VirtualService", where))
                message = f"There is no VirtualService '{name}' in namespace '{where}'."
                yield Mistake(item, at, message, hint or "Name one that is there.")
            elif not is_delegate(found):
                message = f"VirtualService '{name}' has hosts of its own, so it cannot be a delegate."
                yield Mistake(item, at, message, "Remove its hosts.")
            elif is_delegate(item):
                message = "A delegate cannot delegate in its turn."
                yield Mistake(item, at, message, "Write the route here.")
    for item in _virtual_services(cluster):
        if is_delegate(item) and (item.namespace, item.name) not in named and item.mapping("spec"):
            message = "The VirtualService has no hosts, and no other one delegates to it."
            yield Mistake(item, ("spec",), message, "Write its hosts.", Severity.WARNING)


@rule("references/unreachable-route")
def unreachable_route(cluster: Cluster) -> Iterator[Mistake]:
    """Find routes behind one that takes everything they could."""
    for item in _virtual_services(cluster):
        for section in _SECTIONS:
            earlier: list[Mapping[str, Any]] = []
            for index, route in item.mappings("spec", section):
                matches = [match for _, match in values.mappings(route, "match")] or [{}]
                shadowed = [any(_shadows(before, match) for before in earlier) for match in matches]
                path: values.Path = ("spec", section, index)
                if all(shadowed):
                    message = "An earlier route takes every request of this one, which is never reached."
                    yield Mistake(item, path, message, "Put the narrower route first, or remove one.")
                elif any(shadowed):
                    message = "An earlier route takes what this matches."
                    at = (*path, "match", shadowed.index(True))
                    yield Mistake(item, at, message, "Put the narrower match first.", Severity.WARNING)
                # 200 routes of a host are many; more would make this quadratic search slow.
                earlier += matches if len(earlier) < 1000 else []


def _shadows(before: Mapping[str, Any], match: Mapping[str, Any]) -> bool:
    """Say whether whatever `match` takes is taken by `before` already."""
    conditions = {key: value for key, value in before.items() if key != "name" and value not in (None, {}, [])}
    uri = values.mapping(conditions, "uri")
    wide = values.text(uri, "prefix")
    if wide == "/":
        conditions.pop("uri")
    elif wide and not before.get("ignoreUriCase"):
        path = values.text(match, "uri", "prefix") or values.text(match, "uri", "exact")
        if path.startswith(wide) and not match.get("ignoreUriCase"):
            conditions.pop("uri")
    return all(match.get(key) == value for key, value in conditions.items())


@rule("references/virtual-service-conflict")
def virtual_service_conflict(cluster: Cluster) -> Iterator[Mistake]:
    """Find VirtualServices of one host that do not merge."""
    mesh: dict[str, list[Object]] = defaultdict(list)
    gateways: dict[tuple[str, str], list[Object]] = defaultdict(list)
    for item in _virtual_services(cluster):
        for host in dict.fromkeys(item.strings("spec", "hosts")):
            for gateway in dict.fromkeys(gateways_of(item)):
                if gateway == "mesh":
                    mesh[full_name(host, item.namespace)].append(item)
                else:
                    gateways[gateway, host].append(item)
    for host, found in mesh.items():
        for index, item in enumerate(found[1:], start=1):
            other = next((first for first in found[:index][:20] if _both_seen(first, item)), None)
            if other is not None:
                message = (
                    f"VirtualService '{other.name}' of namespace '{other.namespace}' claims '{host}' too; in the mesh"
                )
                message += " two do not merge, and the newer one is ignored."
                yield Mistake(item, ("spec", "hosts"), message, "Write one VirtualService for the host.")
    for (_, host), found in gateways.items():
        yield from _same_matches(host, found)


def _both_seen(one: Object, other: Object) -> bool:
    first, second = one.strings("spec", "exportTo"), other.strings("spec", "exportTo")
    if not first or not second or "*" in first or "*" in second:
        return True
    mine = {one.namespace if name == "." else name for name in first}
    return not mine.isdisjoint({other.namespace if name == "." else name for name in second})


def _same_matches(host: str, found: list[Object]) -> Iterator[Mistake]:
    """Yield the matches that two VirtualServices of a gateway have for one host: which one wins is chance."""
    seen: dict[str, Object] = {}
    for item in found:
        for path, route in _routes(item):
            for position, match in values.mappings(route, "match") or [(-1, {})]:
                plain = {key: value for key, value in match.items() if key != "name"}
                text = f"{path[1]} {json.dumps(plain, sort_keys=True, default=str)}"
                other = seen.setdefault(text, item)
                if other is not item:
                    what = "the same match" if plain else "a route for everything"
                    message = (
                        f"VirtualService '{other.name}' of namespace '{other.namespace}' has {what} for '{host}' too."
                    )
                    at = (*path, "match", position) if position >= 0 else path
                    yield Mistake(item, at, message, "Let one VirtualService take it.")


@rule("references/route-protocol")
def route_protocol(cluster: Cluster) -> Iterator[Mistake]:
    """Find HTTP routes for hosts whose ports are all TCP or TLS, and TLS routes for hosts that speak HTTP only."""
    registry = Registry(cluster)
    for item in _virtual_services(cluster):
        if gateways_of(item) != ("mesh",):
            continue
        for index, host in enumerate(values.items(item.dig("spec", "hosts"))):
            found = registry.find(host, item.namespace) if isinstance(host, str) and "*" not in host else None
            if not isinstance(found, Backend) or not found.ports:
                continue
            protocols = {port.protocol for port in found.ports}
            shown = ", ".join(f"{port.name or '?'} {port.number}" for port in found.ports)
            at: values.Path = ("spec", "hosts", index)
            if item.mappings("spec", "http") and protocols <= {"TCP", "TLS", "UDP"}:
                message = f"No port of '{found.name}' speaks HTTP ({shown}): its HTTP routes do nothing."
                yield Mistake(item, at, message, "Name the port http-…, or write tcp or tls routes.")
            elif item.mappings("spec", "tls") and protocols <= {"HTTP"}:
                message = f"Every port of '{found.name}' is plain HTTP ({shown}), so its TLS routes do nothing."
                yield Mistake(item, at, message, "Write http routes.")


@rule("references/fault-injection", Severity.WARNING)
def fault_injection(cluster: Cluster) -> Iterator[Mistake]:
    """Find injected faults that somebody left in."""
    for item in _virtual_services(cluster):
        for path, route in _routes(item, "http"):
            if route.get("fault"):
                message = "The route delays or aborts requests on purpose."
                yield Mistake(item, (*path, "fault"), message, "Remove the fault when the test is over.")


@rule("references/route-source-unknown", Severity.WARNING)
def route_source_unknown(cluster: Cluster) -> Iterator[Mistake]:
    """Find matches by labels or a namespace of callers that nobody has."""
    known: dict[str, set[str | None]] = defaultdict(set)
    for pod in cluster.workloads():
        for key, value in pod.labels.items():
            known[key].add(value)
    for item in _virtual_services(cluster):
        for path, route in _routes(item):
            for position, match in values.mappings(route, "match"):
                at = (*path, "match", position)
                yield from _source_labels(item, (*at, "sourceLabels"), values.labels(match, "sourceLabels"), known)
                where = values.text(match, "sourceNamespace")
                near = did_you_mean(where, cluster.namespaces()) if where not in cluster.namespaces() else ""
                if where and near:
                    message = f"There is no namespace '{where}'."
                    yield Mistake(item, (*at, "sourceNamespace"), message, near, Severity.ERROR)


def _source_labels(
    item: Object, path: values.Path, labels: Mapping[str, str], known: Mapping[str, set[str | None]]
) -> Iterator[Mistake]:
    for key, value in labels.items():
        there = known.get(key, set())
        if known and value not in there and None not in there:
            hint = did_you_mean(value, [name for name in there if name]) or "Name a label that callers carry."
            message = f"No pod carries {key}={value}, so no caller takes this route."
            severity = Severity.ERROR if hint.startswith("Did") else None
            yield Mistake(item, (*path, key), message, hint, severity)
