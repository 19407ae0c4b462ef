"""Alertmanager's routes: to receivers that exist, and by labels that alerts have."""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.alerts.expressions import Aggregate, Selector, nodes
from generator.rules.alerts.rule_groups import OPERATOR_GROUP, alerts, rules_of
from generator.rules.rule import Mistake, rule

_LABEL = re.compile(r"^\s*\"?([\w.]+)\"?\s*(?:=~|!~|!=|=)")
_COMMON = frozenset(
    [
        "alertname",
        "severity",
        "namespace",
        "job",
        "instance",
        "pod",
        "container",
        "service",
        "cluster",
        "region",
        "environment",
        "env",
        "team",
        "node",
        "app",
        "component",
        "prometheus",
        "product",
        "owner",
        "tier",
        "zone",
    ],
)


@dataclass(frozen=True, slots=True, eq=False)
class RoutingTree:
    """A configuration of Alertmanager, of its own format or of the operator's (then nested)."""

    object: Object
    path: values.Path
    nested: bool
    content: Mapping[str, Any]

    @property
    def route(self) -> Mapping[str, Any]:
        """Return the root of the routes."""
        return values.mapping(self.content, "route")

    def at(self, *steps: str | int) -> values.Path:
        """Return the path of a field, as near as the object's own text leads."""
        return (*self.path, *steps) if self.nested else self.path

    def routes(self) -> Iterator[tuple[values.Path, Mapping[str, Any]]]:
        """Yield every route with its path."""
        yield from _routes(("route",), self.route)


def _routes(path: values.Path, route: Mapping[str, Any]) -> Iterator[tuple[values.Path, Mapping[str, Any]]]:
    yield path, route
    for index, child in values.mappings(route, "routes"):
        yield from _routes((*path, "routes", index), child)


@lru_cache(maxsize=64)
def routing_trees(cluster: Cluster) -> tuple[RoutingTree, ...]:
    """Return the configurations of Alertmanager: AlertmanagerConfigs, and files in Secrets and ConfigMaps."""
    found = [
        RoutingTree(item, ("spec",), nested=True, content=item.mapping("spec"))
        for item in cluster.of("AlertmanagerConfig", OPERATOR_GROUP)
    ]
    for kind in ("Secret", "ConfigMap"):
        for item in cluster.of(kind, ""):
            for field in ("stringData", "data"):
                for key, text in item.mapping(field).items():
                    if key.endswith((".yaml", ".yml")) and isinstance(text, str):
                        encoded = kind == "Secret" and field == "data"
                        content = _configuration(_decoded(text) if encoded else text)
                        if content is not None:
                            found.append(RoutingTree(item, (field, key), nested=False, content=content))
    return tuple(found)


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


def _configuration(text: str) -> Mapping[str, Any] | None:
    if "route" not in text or "receivers" not in text:
        return None
    try:
        content = yaml.load(text, yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError):
        return None
    right = bool(values.mapping(content, "route")) and isinstance(values.dig(content, "receivers"), list)
    return content if right and isinstance(content, dict) else None


@rule("alerts/receiver-missing")
def receiver_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Find a route to a receiver that is not declared: Alertmanager refuses the configuration."""
    for tree in routing_trees(cluster):
        names = {values.text(item, "name") for _, item in values.mappings(tree.content, "receivers")} - {""}
        if tree.route and not values.text(tree.route, "receiver"):
            hint = "Name the receiver of what no other route takes."
            yield Mistake(tree.object, tree.at("route"), f"The first route of {tree.object} has no receiver.", hint)
        for path, route in tree.routes():
            name = values.text(route, "receiver")
            if name and name not in names:
                shown = ", ".join(sorted(names)) or "none"
                hint = did_you_mean(name, names) or f"Declare it under receivers; there are: {shown}."
                yield Mistake(tree.object, tree.at(*path, "receiver"), f"There is no receiver '{name}'.", hint)


@rule("alerts/receiver-unused", Severity.INFO)
def receiver_unused(cluster: Cluster) -> Iterator[Mistake]:
    """Find a receiver that no route leads to."""
    for tree in routing_trees(cluster):
        used = {values.text(route, "receiver") for _, route in tree.routes()}
        for index, item in values.mappings(tree.content, "receivers"):
            name = values.text(item, "name")
            if name and name not in used and tree.route:
                hint = "Route something to it, or remove it."
                yield Mistake(
                    tree.object, tree.at("receivers", index, "name"), f"No route leads to the receiver '{name}'.", hint
                )


@rule("alerts/receiver-twice")
def receiver_twice(cluster: Cluster) -> Iterator[Mistake]:
    """Find two receivers of one name: Alertmanager refuses the configuration."""
    for tree in routing_trees(cluster):
        seen: set[str] = set()
        for index, item in values.mappings(tree.content, "receivers"):
            name = values.text(item, "name")
            if name and name in seen:
                message = f"The receiver '{name}' is declared twice."
                yield Mistake(tree.object, tree.at("receivers", index, "name"), message, "Give each its own name.")
            seen.add(name)


@rule("alerts/route-label-unknown", Severity.WARNING)
def route_label_unknown(cluster: Cluster) -> Iterator[Mistake]:
    """Find a route by a label that no alert of the tree has: it takes nothing."""
    own = alerts(cluster)
    if not own:
        return
    known = _COMMON | _alert_labels(cluster)
    for tree in routing_trees(cluster):
        for path, route in tree.routes():
            for label in _labels(route):
                if label not in known:
                    message = f"A route of {tree.object} asks for the label '{label}', which no alert here has."
                    hint = did_you_mean(label, known) or "Give the alerts the label, or route by another."
                    yield Mistake(tree.object, tree.at(*path), message, hint)


def _alert_labels(cluster: Cluster) -> frozenset[str]:
    found: set[str] = set()
    shapes = set()
    for of in rules_of(cluster):
        found.update(of.labels)
        shapes.add(of.expression.shape)
    for shape in shapes:
        for node in nodes(shape):
            if isinstance(node, Selector):
                found.update(item.label for item in node.matchers)
            elif isinstance(node, Aggregate):
                found.update(node.labels)
    return frozenset(found)


def _labels(route: Mapping[str, Any]) -> Iterator[str]:
    for text in values.strings(route, "matchers"):
        found = _LABEL.match(text)
        if found:
            yield found[1]
    for _, matcher in values.mappings(route, "matchers"):
        name = values.text(matcher, "name")
        if name:
            yield name
    yield from values.mapping(route, "match")
    yield from values.mapping(route, "match_re")


@rule("alerts/inhibition-without-effect", Severity.WARNING)
def inhibition_without_effect(cluster: Cluster) -> Iterator[Mistake]:
    """Find an inhibition whose source and target are the same alerts."""
    for tree in routing_trees(cluster):
        for field, one, other in (
            ("inhibitRules", "sourceMatch", "targetMatch"),
            ("inhibit_rules", "source_matchers", "target_matchers"),
            ("inhibit_rules", "source_match", "target_match"),
        ):
            for index, item in values.mappings(tree.content, field):
                if item.get(one) and item.get(one) == item.get(other):
                    message = f"Inhibition {index + 1} of {tree.object} has the same alerts as source and as target."
                    hint = "An alert never silences itself; name others as the target."
                    yield Mistake(tree.object, tree.at(field, index), message, hint)
