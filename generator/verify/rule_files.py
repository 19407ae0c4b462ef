"""Finds Prometheus rules in Kubernetes objects: in PrometheusRules, and in ConfigMaps that hold rule files."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from generator.manifests import values
from generator.manifests.object import Object

_OPERATOR_GROUP = "monitoring.coreos.com"
STRING = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`[^`]*`", re.DOTALL)
"""A string of PromQL."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with its place in its object; path leads to the rule, or to the ConfigMap's entry that holds it."""

    group: int
    index: int
    value: Mapping[str, Any]
    path: values.Path
    nested: bool

    @property
    def name(self) -> str:
        """Return what the rule raises or records."""
        return str(self.value.get("alert") or self.value.get("record") or "")

    def at(self, *steps: str) -> values.Path:
        """Return the path of a field of the rule, as near as the object's own text can lead."""
        return (*self.path, *steps) if self.nested else self.path


@dataclass(frozen=True, slots=True)
class RuleFile:
    """The rule groups of one object or of one entry of a ConfigMap, as Prometheus would load them."""

    object: Object
    path: values.Path
    groups: Sequence[Mapping[str, Any]]
    rules: Sequence[Rule]

    def group_path(self, index: int, *steps: str) -> values.Path:
        """Return the path of a group, as near as the object's own text can lead."""
        return (*self.path, "groups", index, *steps) if self.path == ("spec",) else self.path

    def in_group(self, index: int) -> Sequence[Rule]:
        """Return the rules of one group."""
        return [rule for rule in self.rules if rule.group == index]


def rule_files(objects: Sequence[Object]) -> Iterator[RuleFile]:
    """Yield the Prometheus rule files that objects hold."""
    for item in objects:
        if item.kind == "PrometheusRule" and item.group == _OPERATOR_GROUP:
            yield _read(item, ("spec",), item.mapping("spec"))
        elif item.kind == "ConfigMap" and not item.group:
            for key, text in item.mapping("data").items():
                content = _rule_file(text)
                if content is not None and not _is_for_others(item, key, content):
                    yield _read(item, ("data", key), content)


def _read(item: Object, path: values.Path, content: Mapping[str, Any]) -> RuleFile:
    operator = path == ("spec",)
    groups = [_as_prometheus(group) for _, group in values.mappings(content, "groups")]
    rules = []
    for number, (index, group) in enumerate(values.mappings(content, "groups")):
        for position, rule in values.mappings(group, "rules"):
            place = (*path, "groups", index, "rules", position) if operator else path
            rules.append(Rule(number, position, _plain(rule), place, operator))
    return RuleFile(item, path, groups, rules)


def _as_prometheus(group: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a group as Prometheus takes it: without its rules, without empty fields and without Thanos's strategy."""
    dropped = {"rules", "partial_response_strategy"}
    return {key: value for key, value in group.items() if key not in dropped and value not in ("", None)}


def _plain(rule: Mapping[str, Any]) -> Mapping[str, Any]:
    kept = {key: value for key, value in rule.items() if value not in ("", None)}
    if isinstance(kept.get("expr"), int | float):  # the operator takes a number for an expression
        kept["expr"] = str(kept["expr"])
    return kept


def _rule_file(text: object) -> Mapping[str, Any] | None:
    if not (isinstance(text, str) and "groups:" in text and "expr:" in text):
        return None
    try:
        content = yaml.load(text, yaml.CSafeLoader)
    except yaml.YAMLError:
        return None
    found = [
        rule
        for _, group in values.mappings(content, "groups")
        for _, rule in values.mappings(group, "rules")
        if "expr" in rule and ("alert" in rule or "record" in rule)
    ]
    return content if found else None


def _is_for_others(item: Object, key: str, content: Mapping[str, Any]) -> bool:
    """Say whether other engines read the file, of the same form: Loki's ruler or vmalert. PromQL knows no bar."""
    named = " ".join((item.name, key, *item.labels)).lower()
    return any(other in named for other in ("loki", "vmalert", "victoria")) or any(
        "|" in STRING.sub("", str(rule.get("expr", "")))
        for _, group in values.mappings(content, "groups")
        for _, rule in values.mappings(group, "rules")
    )
