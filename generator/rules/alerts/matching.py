"""Matchers that exclude each other or match nothing, and joins whose sides have no labels in common."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from generator.base.problem import Severity
from generator.manifests.cluster import Cluster
from generator.rules.alerts.expressions import Binary, Matcher, Selector, nodes, selectors
from generator.rules.alerts.result_labels import is_scalar, result_labels, unjoinable
from generator.rules.alerts.rule_groups import PrometheusRule, rules_of
from generator.rules.alerts.show import show
from generator.rules.rule import Mistake, rule

_STATUS = frozenset({"status", "code", "status_code", "response_code", "http_status_code", "http_response_status_code"})
_STATUSES = tuple(str(number) for number in (*range(100, 600), *range(17)))
_CLASSES = ("1xx", "2xx", "3xx", "4xx", "5xx")
_NAMED = frozenset({"namespace", "pod", "container", "service", "job", "deployment", "statefulset", "daemonset"})
_BROKEN_ANCHOR = re.compile(r"(?<!\\)\$(?![|)]|$)|(?<![|(\\])(?<!^)\^")
_CLASS = re.compile(r"\[[^\]]*\]")
_LIKE_REGEX = re.compile(r"\.[*+]|\[[^\]]+\]|\\d|^[1-5]\.\.?$|\.\{")


@rule("alerts/contradicting-matchers")
def contradicting_matchers(cluster: Cluster) -> Iterator[Mistake]:
    """Find a selector whose matchers of one label exclude each other."""
    for of in rules_of(cluster):
        for selector in _repeated(of.expression.shape):
            for one, other in _pairs(_filled(of, selector)):
                if _exclude(one, other):
                    shown = f"{_shown(one)} and {_shown(other)}"
                    message = f"{of.name} selects nothing: {shown} exclude each other."
                    yield Mistake(of.object, of.at("expr"), message, "Keep one of the two.")


@lru_cache(maxsize=4096)
def _repeated(shape: str) -> tuple[Selector, ...]:
    return tuple(item for item in selectors(shape) if len({m.label for m in item.matchers}) < len(item.matchers))


def _filled(of: PrometheusRule, selector: Selector) -> tuple[Matcher, ...]:
    return tuple(Matcher(item.label, item.operator, of.expression.fill(item.value)) for item in selector.matchers)


def _pairs(matchers: Sequence[Matcher]) -> Iterator[tuple[Matcher, Matcher]]:
    for index, one in enumerate(matchers):
        for other in matchers[index + 1 :]:
            if one.label == other.label:
                yield one, other


def _exclude(one: Matcher, other: Matcher) -> bool:
    if one.operator != "=":
        one, other = other, one
    if one.operator != "=":
        same = one.value == other.value
        return same and {one.operator, other.operator} in ({"=~", "!~"}, {"=~", "!="})
    match other.operator:
        case "=":
            return one.value != other.value
        case "!=":
            return one.value == other.value
        case "=~":
            return matches(other.value, one.value) is False
        case _:
            return matches(other.value, one.value) is True


@lru_cache(maxsize=4096)
def matches(pattern: str, text: str) -> bool | None:
    """Say whether a regular expression matches a whole text; None when it cannot be told."""
    try:
        return re.fullmatch(pattern, text) is not None
    except (re.error, OverflowError, RecursionError):
        return None


def _shown(of: Matcher) -> str:
    return f'{of.label}{of.operator}"{of.value}"'


@rule("alerts/matcher-matches-nothing")
def matcher_matches_nothing(cluster: Cluster) -> Iterator[Mistake]:
    """Find a matcher that no label value can satisfy, such as a regular expression behind `=`."""
    for of in rules_of(cluster):
        for item in _matchers(of.expression.shape):
            value = of.expression.fill(item.value)
            why, hint, severity = _nothing(item.label, item.operator, value)
            if why:
                said = f'{of.name}: {item.label}{item.operator}"{value}" {why}.'
                yield Mistake(of.object, of.at("expr"), said, hint, severity)


@lru_cache(maxsize=4096)
def _matchers(shape: str) -> tuple[Matcher, ...]:
    found = dict.fromkeys(item for selector in selectors(shape) for item in selector.matchers)
    return tuple(item for item in found if item.operator in {"=", "=~"} and item.value)


@lru_cache(maxsize=4096)
def _nothing(label: str, operator: str, value: str) -> tuple[str, str, Severity]:
    """Return why a matcher matches nothing ("" if it may), what to do, and how certain that is."""
    if operator == "=":
        if _LIKE_REGEX.search(value):
            certain = label in _NAMED or label in _STATUS or value in {".*", ".+"}
            why = "compares with a regular expression as if it were plain text"
            return why, "Write `=~`.", Severity.ERROR if certain else Severity.WARNING
        return "", "", Severity.ERROR
    bare = _CLASS.sub("_", value)
    if _BROKEN_ANCHOR.search(bare):
        return "can match nothing: an anchor stands within it", "PromQL anchors by itself.", Severity.ERROR
    if label in _STATUS and any(character.isdigit() for character in value):
        return _status(value)
    return "", "", Severity.ERROR


def _status(pattern: str) -> tuple[str, str, Severity]:
    found = [matches(pattern, status) for status in _STATUSES]
    if None in found or any(found):
        return "", "", Severity.ERROR
    hint = "Write 5.. for all that begin with a 5 (a dot is any character)."
    if any(matches(pattern, name) for name in _CLASSES):
        return "matches only series that name a class, and no status such as 503", hint, Severity.WARNING
    return "matches no status from 100 to 599", hint, Severity.ERROR


@rule("alerts/join-without-match")
def join_without_match(cluster: Cluster) -> Iterator[Mistake]:
    """Find an operator between vectors whose labels can never be the same."""
    for of in rules_of(cluster):
        for message, severity in _joins(of.expression.shape):
            hint = "Aggregate both sides by the same labels, or join them with on(...) and group_left."
            yield Mistake(of.object, of.at("expr"), f"{of.name}: {of.expression.fill(message)}.", hint, severity)


@lru_cache(maxsize=4096)
def _joins(shape: str) -> tuple[tuple[str, Severity], ...]:
    found: list[tuple[str, Severity]] = []
    for node in nodes(shape):
        if not isinstance(node, Binary):
            continue
        why, certain = unjoinable(node)
        if why:
            effect = "takes nothing away" if node.operator == "unless" else "has no result"
            severity = Severity.ERROR if certain else Severity.WARNING
            found.append((f"`{node.operator}` {effect}, since {why}", severity))
        elif _is_many(node):
            why = f"{show(node.left)} has several series for each on({', '.join(sorted(node.labels))})"
            found.append((f"`{node.operator}` fails: {why}, and group_left is not said", Severity.WARNING))
    return tuple(found)


def _is_many(node: Binary) -> bool:
    """Say whether the left side has more labels than the sides are joined on, and group_left is missing."""
    if node.matching != "on" or node.group or node.operator in {"and", "or", "unless"} or is_scalar(node.right):
        return False
    left = result_labels(node.left).only
    return left is not None and bool(left - node.labels)
