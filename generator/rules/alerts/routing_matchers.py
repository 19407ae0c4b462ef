"""Matchers in Alertmanager's routes and inhibitions that Alertmanager or its operator refuses."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from generator.base.nearest import did_you_mean
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.rules.alerts.routing import RoutingTree, routing_trees
from generator.rules.alerts.syntax import compiles
from generator.rules.rule import Mistake, rule

_TYPES = ("=", "!=", "=~", "!~")
_TEXT = re.compile(r"^\s*\"?([^=!~<>\"\s]+)\"?\s*(=~|!~|!=|==|=|~=|>|<)\s*(.*?)\s*$", re.DOTALL)
_LISTS = ("matchers", "sourceMatch", "targetMatch", "source_matchers", "target_matchers")


@rule("alerts/route-matcher-invalid")
def route_matcher_invalid(cluster: Cluster) -> Iterator[Mistake]:
    """Find a matcher whose operator there is not, or whose regular expression does not compile."""
    for tree in routing_trees(cluster):
        for path, holder in _holders(tree):
            for key in _LISTS:
                for index, matcher in enumerate(values.items(holder, key)):
                    place = tree.at(*path, key, index)
                    if isinstance(matcher, dict):
                        yield from _structured(tree, place, matcher)
                    elif isinstance(matcher, str):
                        yield from _written(tree, place, matcher)
            for name, pattern in values.labels(holder, "match_re").items():
                yield from _pattern(tree, tree.at(*path, "match_re", name), name, pattern)


def _holders(tree: RoutingTree) -> Iterator[tuple[values.Path, Mapping[str, Any]]]:
    yield from tree.routes()
    for field in ("inhibitRules", "inhibit_rules"):
        for index, item in values.mappings(tree.content, field):
            yield (field, index), item


def _structured(tree: RoutingTree, place: values.Path, matcher: Mapping[str, Any]) -> Iterator[Mistake]:
    kind, name = matcher.get("matchType"), values.text(matcher, "name")
    at = (*place, "matchType") if tree.nested and "matchType" in matcher else place
    if kind is not None and kind not in _TYPES:
        message = f"'{kind}' is no matchType, so the operator refuses the routes of {tree.object}."
        yield Mistake(tree.object, at, message, did_you_mean(str(kind), _TYPES) or "It is =, !=, =~ or !~.")
    if not name:
        message = f"A matcher of {tree.object} names no label."
        yield Mistake(tree.object, place, message, "Write the label under name.")
    if kind in {"=~", "!~"} or (kind is None and matcher.get("regex") is True):
        at = (*place, "value") if tree.nested and "value" in matcher else place
        yield from _pattern(tree, at, name, values.text(matcher, "value"))


def _written(tree: RoutingTree, place: values.Path, text: str) -> Iterator[Mistake]:
    if text.strip().startswith("{"):
        return  # several in one
    found = _TEXT.match(text)
    if found is None or found[2] not in _TYPES:
        message = f"'{text}' is no matcher, so Alertmanager refuses the configuration."
        yield Mistake(tree.object, place, message, 'Write label="value", with =, !=, =~ or !~.')
    elif "~" in found[2]:
        yield from _pattern(tree, place, found[1], found[3].strip("\"'"))


def _pattern(tree: RoutingTree, place: values.Path, name: str, pattern: str) -> Iterator[Mistake]:
    if pattern and not compiles(pattern):
        message = f"'{pattern}', wanted of {name}, is no regular expression; Alertmanager refuses the configuration."
        yield Mistake(tree.object, place, message, "Close what is open, and escape what is meant as it stands.")
