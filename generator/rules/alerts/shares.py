"""Quotients that say nothing: of a thing by itself, upside down, or read as a fraction and compared as per cent."""

import re
from collections.abc import Iterator
from functools import lru_cache

from generator.base.problem import Severity
from generator.manifests.cluster import Cluster
from generator.rules.alerts.bounds import compared_with_number
from generator.rules.alerts.expressions import (
    Aggregate,
    Binary,
    Node,
    Selector,
    nodes,
    parse,
    walk,
)
from generator.rules.alerts.ratios import is_ratio
from generator.rules.alerts.result_labels import is_scalar
from generator.rules.alerts.rule_groups import alerts, rules_of
from generator.rules.alerts.show import show
from generator.rules.rule import Mistake, rule

_RATIO = re.compile(r"(?:^|[:_])ratio(?:[:_]?(?:rate|avg)?_?\d*[smhdw]?)$")
_FRACTION = re.compile(r"\{\{-?\s*\$value\s*\|\s*humanizePercentage\s*-?\}\}")
_PER_CENT = re.compile(r"percent|pct|:p100")


@rule("alerts/divided-by-itself")
def divided_by_itself(cluster: Cluster) -> Iterator[Mistake]:
    """Find a quotient or a difference of an expression and itself: always 1, or always 0."""
    for of in rules_of(cluster):
        for text, value in _same(of.expression.shape):
            message = f"{of.name}: both sides of {of.expression.fill(text)} are the same, so it is always {value}."
            yield Mistake(of.object, of.at("expr"), message, "Let one side choose what the share is of.")


@lru_cache(maxsize=4096)
def _same(shape: str) -> tuple[tuple[str, int], ...]:
    return tuple(
        (show(node), 1 if node.operator == "/" else 0)
        for node in nodes(shape)
        if isinstance(node, Binary) and node.operator in {"/", "-"} and node.left == node.right
        if not is_scalar(node.left) and not node.group and _measured(node.left)
    )


def _measured(node: Node) -> bool:
    return any(isinstance(item, Selector) for item in walk(node))


@rule("alerts/ratio-upside-down")
def ratio_upside_down(cluster: Cluster) -> Iterator[Mistake]:
    """Find a whole that is divided by its part, and then taken for a share."""
    for of in rules_of(cluster):
        for text, why in _turned(of.expression.shape, bool(_RATIO.search(of.record))):
            message = f"{of.name}: {of.expression.fill(text)} divides the whole by its part, {why}."
            yield Mistake(of.object, of.at("expr"), message, "Exchange the two sides.")


@lru_cache(maxsize=4096)
def _turned(shape: str, named: bool) -> tuple[tuple[str, str], ...]:
    root = parse(shape).root
    found = [(show(root), "and its name calls it a ratio")] if named and root is not None and _is_turned(root) else []
    for node in nodes(shape):
        for what, operator, limit in compared_with_number(node):
            if 0 < limit < 1 and _is_turned(what):
                found.append((show(what), f"which is at least 1, and is compared with {operator} {limit:g}"))
    return tuple(found)


def _is_turned(node: Node) -> bool:
    if not isinstance(node, Binary) or node.operator != "/":
        return False
    return is_ratio(node.right, node.left) and not is_ratio(node.left, node.right)


@rule("alerts/percentage-of-ratio", Severity.WARNING)
def percentage_of_ratio(cluster: Cluster) -> Iterator[Mistake]:
    """Find a fraction, by the name of its metric or by the alert's own words, that is compared with a percentage."""
    bounded = {of.record for of in rules_of(cluster) if of.record and _is_quotient(of.expression.shape)}
    for of in alerts(cluster):
        for metric, number in _ratios(of.expression.shape):
            if not number > 1:
                continue
            written = any(_FRACTION.search(text) for text in of.annotations.values())
            message = f"{of.name}: '{metric}' is a ratio by its name, and is compared with {number:g}"
            message += ", while the annotations show it as a fraction." if written else "."
            certain = written and metric in bounded and 2 < number <= 100
            hint = f"Write {number / 100:g} for {number:g} %." if number <= 100 else "Write a fraction: 0.05 for 5 %."
            severity = Severity.ERROR if certain else Severity.WARNING if number > 5 else Severity.INFO
            yield Mistake(of.object, of.at("expr"), message, hint, severity)


@lru_cache(maxsize=4096)
def _is_quotient(shape: str) -> bool:
    """Say whether a quotient is recorded that is not a share by its form (which recorded-never-reached knows)."""
    root = parse(shape).root
    while isinstance(root, Aggregate):
        root = root.of
    return isinstance(root, Binary) and root.operator == "/" and not is_ratio(root.left, root.right)


@lru_cache(maxsize=4096)
def _ratios(shape: str) -> tuple[tuple[str, float], ...]:
    found = []
    for node in nodes(shape):
        for what, operator, number in compared_with_number(node):
            named = isinstance(what, Selector) and _RATIO.search(what.metric) and not _PER_CENT.search(what.metric)
            if isinstance(what, Selector) and named and operator in {">", ">=", "<", "<="}:
                found.append((what.metric, number))
    return tuple(dict.fromkeys(found))
