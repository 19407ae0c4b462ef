"""Argo Rollouts: the Services, routes, analyses and workloads that they name."""

from collections.abc import Iterator, Mapping
from typing import Any

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.manifests.selectors import selects_map
from generator.manifests.workload import TEMPLATES
from generator.rules.references.istio_registry import NETWORKING, full_name
from generator.rules.rule import Mistake, rule

GROUP = "argoproj.io"
_CANARY: values.Path = ("spec", "strategy", "canary")
_BLUE_GREEN: values.Path = ("spec", "strategy", "blueGreen")
_SERVICES: tuple[values.Path, ...] = (
    (*_CANARY, "canaryService"),
    (*_CANARY, "stableService"),
    (*_CANARY, "pingPong", "pingService"),
    (*_CANARY, "pingPong", "pongService"),
    (*_BLUE_GREEN, "activeService"),
    (*_BLUE_GREEN, "previewService"),
)


def _rollouts(cluster: Cluster) -> tuple[Object, ...]:
    return cluster.of("Rollout", GROUP)


@rule("references/rollout-service")
def rollout_service(cluster: Cluster) -> Iterator[Mistake]:
    """Find Services of Rollouts that are not there, select other pods, or are one and the same."""
    for item in _rollouts(cluster):
        own = next((pod for pod in cluster.workloads(item.namespace) if _makes(item, pod.object)), None)
        seen: dict[str, values.Path] = {}
        for path in _SERVICES:
            name = item.text(*path)
            if not name:
                continue
            service = cluster.get("", "Service", item.namespace, name)
            if name in seen:
                message = f"{path[-1]} and {seen[name][-1]} are the same Service '{name}'."
                yield Mistake(item, path, message, "Name two Services.")
            elif service is None and not cluster.exists("", "Service", item.namespace, name):
                hint = did_you_mean(name, cluster.names("", "Service", item.namespace))
                message = f"There is no Service '{name}' in namespace '{item.namespace}'."
                yield Mistake(item, path, message, hint or "Declare the Service.")
            elif service is not None and own is not None and own.labels:
                selector = values.labels(service.value, "spec", "selector")
                if selector and not selects_map(selector, own.labels):
                    message = f"Service '{name}' does not select the pods of the Rollout."
                    yield Mistake(item, path, message, "Let its selector match the labels of the pod template.")
            seen.setdefault(name, path)
        routing = item.mapping(*_CANARY, "trafficRouting")
        named = item.text(*_CANARY, "canaryService") or item.mapping(*_CANARY, "pingPong")
        if routing and not named and not _by_subset(routing):
            message = "The Rollout routes traffic, but names no canaryService and stableService."
            yield Mistake(item, (*_CANARY, "trafficRouting"), message, "Name both Services.")


def _by_subset(routing: Mapping[str, Any]) -> bool:
    return bool(values.mapping(routing, "istio", "destinationRule")) or "plugins" in routing


def _makes(item: Object, maker: Object) -> bool:
    if maker is item:
        return True
    reference = item.mapping("spec", "workloadRef")
    return bool(reference) and (maker.kind, maker.name) == (
        values.text(reference, "kind"),
        values.text(reference, "name"),
    )


@rule("references/rollout-traffic-routing")
def rollout_traffic_routing(cluster: Cluster) -> Iterator[Mistake]:
    """Find routes and subsets of Istio that a Rollout names and cannot steer."""
    for item in _rollouts(cluster):
        at: values.Path = (*_CANARY, "trafficRouting", "istio")
        if item.mapping(*at, "virtualService"):
            yield from _virtual_service(cluster, item, (*at, "virtualService"))
        for index, _ in item.mappings(*at, "virtualServices"):
            yield from _virtual_service(cluster, item, (*at, "virtualServices", index))
        yield from _destination_rule(cluster, item, (*at, "destinationRule"))
        nginx = (*_CANARY, "trafficRouting", "nginx", "stableIngress")
        alb = (*_CANARY, "trafficRouting", "alb", "ingress")
        for path in (nginx, alb):
            name = item.text(*path)
            if name and not cluster.exists("networking.k8s.io", "Ingress", item.namespace, name):
                hint = did_you_mean(name, cluster.names("networking.k8s.io", "Ingress", item.namespace))
                message = f"There is no Ingress '{name}' in namespace '{item.namespace}'."
                yield Mistake(item, path, message, hint or "Declare the Ingress.")


def _virtual_service(cluster: Cluster, item: Object, at: values.Path) -> Iterator[Mistake]:
    stated = item.text(*at, "name")
    name, _, elsewhere = stated.partition(".")
    where = elsewhere.partition(".")[0] or item.namespace
    found = cluster.get(NETWORKING, "VirtualService", where, name) or cluster.get(
        NETWORKING, "VirtualService", item.namespace, stated
    )
    if found is None:
        hint = did_you_mean(stated, cluster.names(NETWORKING, "VirtualService", item.namespace))
        message = f"There is no VirtualService '{name}' in namespace '{where}'."
        yield Mistake(item, (*at, "name"), message, hint or "Declare the VirtualService.")
        return
    routes = found.mappings("spec", "http")
    names = {values.text(route, "name"): route for _, route in routes}
    wanted = item.strings(*at, "routes")
    for index, route in enumerate(wanted):
        if route not in names:
            hint = did_you_mean(route, names) or "Give the route this name."
            message = f"VirtualService '{found.name}' has no route '{route}'."
            yield Mistake(item, (*at, "routes", index), message, hint)
        else:
            yield from _two_destinations(item, (*at, "routes", index), found, names[route])
    if not wanted and len(routes) > 1 and not item.mappings(*at, "tlsRoutes") and not item.mappings(*at, "tcpRoutes"):
        message = f"VirtualService '{found.name}' has {len(routes)} routes, and the Rollout names none of them."
        yield Mistake(item, at, message, "Write routes.")
    elif not wanted and len(routes) == 1:
        yield from _two_destinations(item, (*at, "name"), found, routes[0][1])


def _two_destinations(item: Object, path: values.Path, found: Object, route: Mapping[str, Any]) -> Iterator[Mistake]:
    targets = [values.mapping(target, "destination") for _, target in values.mappings(route, "route")]
    rule_name = item.text(*_CANARY, "trafficRouting", "istio", "destinationRule", "name")
    if rule_name:
        keys = ("canarySubsetName", "stableSubsetName")
        wanted = {item.text(*_CANARY, "trafficRouting", "istio", "destinationRule", key) for key in keys} - {""}
        there = {values.text(target, "subset") for target in targets}
    else:
        keys = ("canaryService", "stableService")
        wanted = {full_name(item.text(*_CANARY, key), item.namespace) for key in keys} - {""}
        there = {full_name(values.text(target, "host"), found.namespace) for target in targets}
        there |= {f"{host}.svc.cluster.local" for host in there if host.count(".") == 1}
    missing = sorted(wanted - there)
    if len(wanted) == 2 and missing:
        message = f"The route of VirtualService '{found.name}' has no destination {' and '.join(missing)}."
        yield Mistake(item, path, message, "Let the route have both destinations of the Rollout.")


def _destination_rule(cluster: Cluster, item: Object, at: values.Path) -> Iterator[Mistake]:
    name = item.text(*at, "name")
    if not name:
        return
    found = cluster.get(NETWORKING, "DestinationRule", item.namespace, name)
    if found is None:
        hint = did_you_mean(name, cluster.names(NETWORKING, "DestinationRule", item.namespace))
        message = f"There is no DestinationRule '{name}' in namespace '{item.namespace}'."
        yield Mistake(item, (*at, "name"), message, hint or "Declare the DestinationRule.")
        return
    subsets = {values.text(subset, "name") for _, subset in found.mappings("spec", "subsets")}
    for key in ("canarySubsetName", "stableSubsetName"):
        subset = item.text(*at, key)
        if subset and subset not in subsets:
            hint = did_you_mean(subset, subsets) or "Add the subset."
            yield Mistake(item, (*at, key), f"DestinationRule '{name}' has no subset '{subset}'.", hint)


@rule("references/rollout-workload")
def rollout_workload(cluster: Cluster) -> Iterator[Mistake]:
    """Find Rollouts whose workload is not there, runs pods of its own, or is scaled behind their back."""
    scaled: dict[tuple[str, str, str], Object] = {}
    for kind in ("HorizontalPodAutoscaler", "ScaledObject"):
        for scaler in cluster.of(kind):
            target = scaler.mapping("spec", "scaleTargetRef")
            wanted = values.text(target, "kind") or "Deployment"
            scaled[scaler.namespace, wanted, values.text(target, "name")] = scaler
    for item in _rollouts(cluster):
        reference = item.mapping("spec", "workloadRef")
        if not reference:
            continue
        kind, name = values.text(reference, "kind"), values.text(reference, "name")
        at: values.Path = ("spec", "workloadRef")
        found = cluster.get("apps", kind, item.namespace, name)
        if found is None:
            known = cluster.names("apps", kind, item.namespace)
            message = f"There is no {kind} '{name}' in namespace '{item.namespace}'."
            yield Mistake(item, (*at, "name"), message, did_you_mean(name, known) or "Declare it.")
        elif ("apps", kind) in TEMPLATES and found.integer("spec", "replicas") != 0 and "scaleDown" not in reference:
            message = f"{kind} '{name}' runs pods of its own beside those of the Rollout."
            yield Mistake(item, at, message, "Write scaleDown: onsuccess, or replicas: 0 there.", Severity.WARNING)
        other = scaled.get((item.namespace, kind, name))
        if other is not None:
            message = f"{other.kind} scales {kind} '{name}', whose pods Rollout '{item.name}' has taken over."
            yield Mistake(other, ("spec", "scaleTargetRef"), message, f"Target the Rollout '{item.name}'.")
