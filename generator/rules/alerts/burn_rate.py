"""Burn-rate alerts: the factor, the two windows and the budget belong together.

Source: The Site Reliability Workbook (Google, 2018), chapter 5, table 5-8: over 30 days 14.4 with 1 h and 5 min, 6 with
6 h and 30 min, 3 with 1 d and 2 h, 1 with 3 d and 6 h.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.rules.alerts.bounds import bounds
from generator.rules.alerts.expressions import (
    Aggregate,
    Binary,
    Call,
    Negative,
    Node,
    Number,
    Selector,
    Subquery,
    parse,
    walk,
)
from generator.rules.alerts.rule_groups import alerts, rule_groups
from generator.rules.alerts.show import duration
from generator.rules.alerts.timing import seconds
from generator.rules.rule import Mistake, rule

WINDOWS: Mapping[float, float] = {14.4: 3600, 6.0: 21600, 3.0: 86400, 1.0: 259200}
"""Factor → long window in seconds; the short one is a twelfth of it."""
_FACTORS = {window: factor for factor, window in WINDOWS.items()}
_SUFFIX = re.compile(r"(rate|increase|ratio|burn|errors?|window|:)_?(\d+(?:s|m|h|d|w))$")


@dataclass(frozen=True, slots=True)
class Burn:
    """One comparison of a burn-rate alert: what is measured (its window left out), window in seconds, threshold.

    factor and budget are None where the threshold is one number.
    """

    base: Node
    window: float
    operator: str
    threshold: float
    factor: float | None
    budget: float | None


@dataclass(frozen=True, slots=True)
class Pair:
    """A long and a short window of the same measure; joined says by which operator."""

    long: Burn
    short: Burn
    joined: str

    @property
    def factor(self) -> float | None:
        """Return the factor where it is written."""
        return self.long.factor if self.long.factor is not None else self.short.factor


@rule("alerts/burn-rate-windows")
def burn_rate_windows(cluster: Cluster) -> Iterator[Mistake]:
    """Find a burn-rate alert whose factor, windows and thresholds don't belong together."""
    for alert in alerts(cluster):
        for message, hint, severity in _judged(alert.expression.shape):
            yield Mistake(alert.object, alert.at("expr"), f"{alert.name}: {message}.", hint, severity)


@rule("alerts/burn-rate-for", Severity.WARNING)
def burn_rate_for(cluster: Cluster) -> Iterator[Mistake]:
    """Find a burn-rate alert that waits longer than its short window: the windows are its waiting already."""
    for alert in alerts(cluster):
        wait = seconds(values.text(alert.value, "for")) or 0
        pairs = pairs_of(alert.expression.shape) if wait else ()
        shortest = min((pair.short.window for pair in pairs), default=0)
        if shortest and wait > shortest:
            message = f"{alert.name} waits {duration(wait)}, longer than its short window of {duration(shortest)}."
            yield Mistake(alert.object, alert.at("for"), message, "Leave `for` out, or wait 2m.")


@rule("alerts/burn-rate-budget", Severity.WARNING)
def burn_rate_budget(cluster: Cluster) -> Iterator[Mistake]:
    """Find burn-rate alerts of one group that count with different error budgets."""
    for group in rule_groups(cluster):
        budgets: dict[tuple[Node, tuple[str, ...]], dict[float, str]] = defaultdict(dict)
        for alert in group.rules:
            for pair in pairs_of(alert.expression.shape) if alert.alert else ():
                if _judge(pair) or pair.long.window not in _FACTORS:
                    continue
                budget = pair.long.threshold / _FACTORS[pair.long.window]
                known = budgets[pair.long.base, alert.expression.names]
                if known and not any(_same(budget, other) for other in known):
                    other = next(iter(known))
                    message = (
                        f"{alert.name} counts with an error budget of {budget:.4g}, {known[other]} with {other:.4g}."
                    )
                    hint = "One objective has one budget: 1 - objective."
                    yield Mistake(alert.object, alert.at("expr"), message, hint)
                known.setdefault(budget, alert.name)


@lru_cache(maxsize=4096)
def pairs_of(shape: str) -> tuple[Pair, ...]:
    """Return the pairs of windows in an expression."""
    root = parse(shape).root
    return tuple(_pairs(root)) if root is not None and " and " in f" {shape} ".replace("\n", " ") else ()


def _pairs(node: Node) -> Iterator[Pair]:
    if not isinstance(node, Binary) or node.operator not in {"and", "or", "unless"}:
        return
    if node.operator == "and":
        parts = list(_conjuncts(node))
        burns = [burn for part in parts if (burn := _burn(part)) is not None]
        for one, other in pairwise(burns):
            if one.base == other.base and one.operator == other.operator:
                long, short = (one, other) if one.window >= other.window else (other, one)
                yield Pair(long, short, "and")
        for part in parts:
            yield from _pairs(part)
    else:
        yield from _pairs(node.left)
        yield from _pairs(node.right)


def _conjuncts(node: Node) -> Iterator[Node]:
    if isinstance(node, Binary) and node.operator == "and":
        yield from _conjuncts(node.left)
        yield from _conjuncts(node.right)
    else:
        yield node


def _burn(node: Node) -> Burn | None:
    if not isinstance(node, Binary) or node.operator not in {">", ">=", "<", "<="}:
        return None
    limit = bounds(node.right)
    windows = _windows(node.left)
    if limit.low != limit.high or len(windows) != 1:
        return None
    factor, budget = _split(node.right)
    return Burn(_without_window(node.left), windows.pop(), node.operator, limit.low, factor, budget)


def _split(node: Node) -> tuple[float | None, float | None]:
    """Return factor and budget of `14.4 * 0.001`, in either order, with the budget as a difference or not."""
    if isinstance(node, Binary) and node.operator == "*":
        one, other = bounds(node.left).low, bounds(node.right).low
        return (one, other) if one >= other else (other, one)
    if isinstance(node, Number) and node.value in {14.4, 6.0}:
        return node.value, None
    return None, None


def _windows(node: Node) -> set[float]:
    found: set[float] = set()
    for item in walk(node):
        if isinstance(item, (Selector, Subquery)) and item.span is not None:
            found.add(item.span)
        elif isinstance(item, Selector):
            suffix = _SUFFIX.search(item.metric)
            found |= {seconds(suffix[2]) or 0} if suffix else set()
    return found


def _without_window(node: Node) -> Node:  # noqa: PLR0911 (a form each)
    match node:
        case Selector():
            matchers = tuple(item for item in node.matchers if item.label not in {"sloth_window", "window"})
            span = None if node.span is None else 0
            return replace(node, metric=_SUFFIX.sub(r"\1", node.metric), matchers=matchers, span=span)
        case Subquery(of=inner):
            return Subquery(_without_window(inner), 0)
        case Call(name=name, arguments=arguments):
            return Call(name, tuple(_without_window(item) for item in arguments))
        case Aggregate():
            return replace(node, of=_without_window(node.of))
        case Binary():
            return replace(node, left=_without_window(node.left), right=_without_window(node.right))
        case Negative(of=inner):
            return Negative(_without_window(inner))
        case _:
            return node


_Judgement = tuple[str, str, Severity]


@lru_cache(maxsize=4096)
def _judged(shape: str) -> Sequence[_Judgement]:
    found = [said for pair in pairs_of(shape) if (said := _judge(pair)) is not None]
    root = parse(shape).root
    if root is not None and not found:
        found += _alternatives(root)
    return tuple(dict.fromkeys(found))


def _judge(pair: Pair) -> _Judgement | None:  # noqa: PLR0911 (a form each)
    long, short = pair.long, pair.short
    windows = f"{duration(long.window)} and {duration(short.window)}"
    if long.window == short.window:
        expected = duration(long.window / 12) if long.window >= 720 else "a twelfth"
        if long == short:
            return f"both windows are {duration(long.window)}", f"The short window is {expected}.", Severity.ERROR
        return None
    known = pair.factor in WINDOWS or long.window in _FACTORS
    if long.factor is None and short.factor is None and long.window / short.window != 12:
        return None
    if not _same(long.threshold, short.threshold):
        message = f"the thresholds of its two windows differ, {long.threshold:.4g} and {short.threshold:.4g}"
        return message, "Both windows ask for the same burn rate.", Severity.ERROR
    if long.operator in {"<", "<="} and pair.factor is not None:
        return "it asks for a burn rate below the threshold", "Write `>`.", Severity.ERROR
    if pair.factor is not None and pair.factor in WINDOWS and WINDOWS[pair.factor] != long.window:
        severity = Severity.ERROR if long.window in _FACTORS or pair.factor > 1 else Severity.WARNING
        wanted = WINDOWS[pair.factor]
        message = f"the factor {pair.factor:g} stands with the windows {windows}"
        return message, _belongs(wanted, long.window, pair.factor), severity
    usual = _FACTORS.get(long.window)
    if pair.factor is not None and usual and pair.factor not in WINDOWS and not 0.9 < pair.factor / usual < 1.1:
        message = f"the factor {pair.factor:g} stands with the windows {windows}"
        return message, f"{usual:g} belongs to {duration(long.window)}.", Severity.WARNING
    if not _same(long.window, 12 * short.window) and known:
        message = f"its windows are {windows}"
        hint = f"The short window is a twelfth of the long one: {duration(long.window / 12)}."
        standard = pair.factor in WINDOWS and WINDOWS[pair.factor or 0] == long.window
        return message, hint, Severity.ERROR if standard else Severity.WARNING
    budget = long.budget
    if budget is not None and budget < 1 <= long.threshold:
        message = f"{pair.factor:g} times the budget {budget:g} is {long.threshold:g}, more than all requests"
        return message, "The budget is 1 - objective, such as 0.001.", Severity.ERROR
    return None


def _belongs(wanted: float, window: float, factor: float) -> str:
    text = f"{factor:g} belongs to {duration(wanted)} and {duration(wanted / 12)}"
    return f"{text}, {_FACTORS[window]:g} to {duration(window)}." if window in _FACTORS else f"{text}."


def _alternatives(node: Node) -> list[_Judgement]:
    """Return the long and the short window of one burn rate joined by `or`: either is enough then."""
    found: list[_Judgement] = []
    for item in walk(node):
        if not isinstance(item, Binary) or item.operator != "or":
            continue
        one, other = _burn(item.left), _burn(item.right)
        if one is None or other is None or one.base != other.base or not _same(one.threshold, other.threshold):
            continue
        if max(one.window, other.window) == 12 * min(one.window, other.window):
            message = "its two windows are joined by `or`: either alone fires"
            found.append((message, "Join them with `and`.", Severity.ERROR))
    return found


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-6 * max(abs(one), abs(other))
