"""Finds Prometheus rules in a cluster's objects: in PrometheusRules, and in ConfigMaps that hold rule files."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import yaml

from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.alerts.expressions import Expression, read_expression

OPERATOR_GROUP = "monitoring.coreos.com"


@dataclass(frozen=True, slots=True, eq=False)
class PrometheusRule:
    """One rule; path leads to it in its object, or to the ConfigMap's entry that holds it (then nested is False).

    alert is "" for a recording rule, record is "" for an alert.
    """

    object: Object
    path: values.Path
    nested: bool
    value: Mapping[str, Any] = field(repr=False)
    expression: Expression
    alert: str
    record: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]

    @property
    def name(self) -> str:
        """Return what messages call it."""
        return self.alert or self.record or "A rule"

    def at(self, *steps: str) -> values.Path:
        """Return the path of a field, as near as the object's own text leads."""
        kept: list[str] = []
        for step in steps:
            if not isinstance(values.mapping(self.value, *kept).get(step), (dict, str, int, float)):
                break
            kept.append(step)
        return (*self.path, *kept) if self.nested else self.path


@dataclass(frozen=True, slots=True, eq=False)
class RuleGroup:
    """A group of rules, evaluated one after another; file tells the groups of one rule file from another's."""

    object: Object
    path: values.Path
    nested: bool
    file: tuple[int, str]
    value: Mapping[str, Any] = field(repr=False)
    rules: tuple[PrometheusRule, ...]

    @property
    def name(self) -> str:
        """Return the group's name."""
        return values.text(self.value, "name")

    def at(self, *steps: str) -> values.Path:
        """Return the path of a field, as near as the object's own text leads."""
        return (*self.path, *steps) if self.nested else self.path


@lru_cache(maxsize=64)
def rule_groups(cluster: Cluster) -> tuple[RuleGroup, ...]:
    """Return the groups of rules in a cluster, in the order of their places."""
    found: list[RuleGroup] = []
    for item in cluster.of("PrometheusRule", OPERATOR_GROUP):
        found += _groups(item, ("spec",), item.mapping("spec"), nested=True)
    for item in cluster.of("ConfigMap", ""):
        for key, text in item.mapping("data").items():
            content = _rule_file(text)
            if content is not None and not is_loki(item, key, content):
                found += _groups(item, ("data", key), content, nested=False)
    return tuple(found)


@lru_cache(maxsize=64)
def alerts(cluster: Cluster) -> tuple[PrometheusRule, ...]:
    """Return the alerts of a cluster."""
    return tuple(rule for group in rule_groups(cluster) for rule in group.rules if rule.alert)


@lru_cache(maxsize=64)
def rules_of(cluster: Cluster) -> tuple[PrometheusRule, ...]:
    """Return the alerts and the recording rules of a cluster."""
    return tuple(rule for group in rule_groups(cluster) for rule in group.rules)


def _groups(item: Object, path: values.Path, content: Mapping[str, Any], *, nested: bool) -> Iterator[RuleGroup]:
    for index, group in values.mappings(content, "groups"):
        base = (*path, "groups", index) if nested else path
        rules = []
        for position, rule in values.mappings(group, "rules"):
            place = (*base, "rules", position) if nested else path
            rules.append(_rule(item, place, rule, nested=nested))
        yield RuleGroup(item, base, nested, (id(item), "" if nested else str(path[-1])), group, tuple(rules))


def _rule(item: Object, place: values.Path, rule: Mapping[str, Any], *, nested: bool) -> PrometheusRule:
    return PrometheusRule(
        object=item,
        path=place,
        nested=nested,
        value=rule,
        expression=read_expression(_text(rule.get("expr"))),
        alert=values.text(rule, "alert"),
        record=values.text(rule, "record"),
        labels=values.labels(rule, "labels"),
        annotations=values.labels(rule, "annotations"),
    )


def _text(expression: object) -> str:
    if isinstance(expression, bool):
        return ""
    return str(expression).strip() if isinstance(expression, (str, int, float)) else ""


def _rule_file(text: object) -> Mapping[str, Any] | None:
    if not (isinstance(text, str) and "groups:" in text and "expr:" in text):
        return None
    try:
        content = yaml.load(text, yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError):
        return None
    rules = [rule for _, group in values.mappings(content, "groups") for _, rule in values.mappings(group, "rules")]
    is_rules = any("expr" in rule and ("alert" in rule or "record" in rule) for rule in rules)
    return content if is_rules and isinstance(content, dict) else None


def is_loki(item: Object, key: str, content: Mapping[str, Any]) -> bool:
    """Say whether the rules are LogQL: Loki's ruler reads the same form of file, and PromQL knows no bar."""
    if any("loki" in name.lower() for name in (item.name, key, *item.labels, *item.labels.values())):
        return True
    rules = [rule for _, group in values.mappings(content, "groups") for _, rule in values.mappings(group, "rules")]
    return any("} |" in values.text(rule, "expr") or "|=" in values.text(rule, "expr") for rule in rules)
