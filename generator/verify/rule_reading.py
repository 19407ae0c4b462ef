"""Reads from a PromQL expression what it depends on: selectors, numbers, labels, and how far back it looks."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import promql_parser as promql

from generator.verify.example_text import example

STALE = 240
"""Seconds between samples that an instant selector still sees, under Prometheus's default look back of 5 minutes."""

_COUNTERS = frozenset({"rate", "irate", "increase", "resets", "changes", "deriv", "delta", "idelta", "predict_linear"})


class UnmakeableError(Exception):
    """No series can be made for an expression; the text says why."""


@dataclass(frozen=True, slots=True)
class Selector:
    """What an expression reads: a metric, its matchers (label, operator, value), whether a slope matters to it."""

    metric: str
    matchers: tuple[tuple[str, str, str], ...]
    slope: bool

    def fixed(self) -> Mapping[str, str]:
        """Return the labels that must have one value."""
        return {name: value for name, operator, value in self.matchers if operator == "=" and value}


@dataclass(frozen=True, slots=True)
class Reading:
    """What inputs an expression depends on: selectors, numbers in it, labels it groups or joins by, longest look back.

    seconds is how far back the expression looks, ranges and offsets within each other added, shortest its shortest
    range; clock says that it asks for the time. fresh is how many seconds may pass between evaluations (of recording
    rules that are read over time, of subqueries without a step), None when it does not matter.
    """

    selectors: tuple[Selector, ...]
    numbers: tuple[float, ...]
    labels: tuple[str, ...]
    seconds: int
    shortest: int
    clock: bool
    fresh: int | None


def read_expression(rules: Sequence[Mapping[str, Any]]) -> Reading:
    """Return what an alert reads, the last of the rules, after the recording rules it uses in the order of their use.

    Labels that are asked of a recorded series are asked of the series it is made from.
    Errors: UnmakeableError when it is not known what is read.
    """
    reader = _Reader(frozenset(str(rule["record"]) for rule in rules[:-1]))
    selectors: list[Selector] = []
    for rule in reversed(rules):
        try:
            node = promql.parse(str(rule["expr"]))
        except ValueError as error:
            raise UnmakeableError(f"the expression cannot be read here ({error})") from error
        reader.read(node, str(rule.get("record", "")), rule.get("labels") or {})
        selectors[:0] = reader.selectors
    return Reading(
        tuple(dict.fromkeys(selectors)),
        tuple(sorted(reader.numbers)),
        tuple(dict.fromkeys(reader.labels)),
        reader.seconds,
        min(reader.ranges, default=3600),
        reader.clock,
        min(reader.fresh, default=None),
    )


_Matchers = tuple[tuple[str, str, str], ...]


class _Reader:
    """Walks expressions, each before the recording rules that it uses, and notes what they read."""

    def __init__(self, recorded: frozenset[str]) -> None:
        self.recorded = recorded
        self.wanted: dict[str, dict[tuple[_Matchers, bool], int]] = {}  # recorded: (matchers, slope) → seconds back
        self.carried: _Matchers = ()
        self.selectors: list[Selector] = []
        self.numbers: set[float] = set()
        self.labels: list[str] = []
        self.seconds = 0
        self.ranges: list[int] = []
        self.clock = False
        self.fresh: list[int] = []

    def read(self, node: Any, record: str, labels: Mapping[str, Any]) -> None:
        """Note what a rule reads, for each set of matchers and slope that its users ask; labels are its own."""
        self.selectors = []
        for (wanted, slope), back in self.wanted.get(record, {((), False): 0}).items():
            self.carried = tuple(matcher for matcher in wanted if matcher[0] not in labels)
            self.visit(node, slope=slope, back=back)

    def visit(self, node: Any, *, slope: bool, back: int) -> None:
        """Note what a node and all below it read.

        slope says whether a function over time looks at changes, back how many seconds ago it is read.
        """
        match node:
            case promql.NumberLiteral():
                if math.isfinite(node.val):
                    self.numbers.add(node.val)
            case promql.VectorSelector():
                self.select(node, slope=slope, back=back)
            case promql.MatrixSelector():
                span = _seconds(node.range)
                self.ranges.append(span)
                self.select(node.vector_selector, slope=slope, back=back + span, span=span)
            case promql.SubqueryExpr():
                span = _seconds(node.range)
                self.fresh += [] if node.step else [span // 4]  # promtool's step is the interval of the evaluation
                self.visit(node.expr, slope=slope, back=back + span + _seconds(node.offset))
            case promql.Call():
                self.clock = self.clock or not node.args
                for argument in node.args:
                    self.visit(argument, slope=slope or node.func.name in _COUNTERS, back=back)
            case promql.AggregateExpr():
                self.labels += node.modifier.labels if node.modifier and _includes(node.modifier.type) else []
                self.visit(node.expr, slope=slope, back=back)
            case promql.BinaryExpr():
                self.join(node.modifier)
                self.visit(node.lhs, slope=slope, back=back)
                self.visit(node.rhs, slope=slope, back=back)
            case promql.ParenExpr() | promql.UnaryExpr():
                self.visit(node.expr, slope=slope, back=back)
            case promql.StringLiteral():
                pass
            case _:
                raise UnmakeableError(f"no inputs can be made for {type(node).__name__}")

    def join(self, modifier: Any) -> None:
        if modifier is not None:
            if modifier.matching is not None and _includes(modifier.matching.type):
                self.labels += modifier.matching.labels
            self.labels += modifier.group_labels or []

    def select(self, node: Any, *, slope: bool, back: int, span: int = 0) -> None:
        back += _seconds(node.offset)
        self.seconds = max(self.seconds, back)
        if node.at is not None or node.matchers.or_matchers:
            raise UnmakeableError("no inputs can be made for @ or `or` in a selector")
        matchers = tuple((item.name, _operator(item.op), item.value) for item in node.matchers.matchers)
        named = next((value for name, operator, value in matchers if name == "__name__" and operator == "="), "")
        metric = node.name or named
        if not metric:
            raise UnmakeableError("a selector names no metric")
        rest = self.with_carried(tuple(item for item in matchers if item[0] != "__name__"))
        if metric not in self.recorded:
            self.selectors.append(Selector(metric, rest, slope or metric.endswith(("_bucket", "_total"))))
            return
        wanted = self.wanted.setdefault(metric, {})
        wanted[rest, slope] = max(wanted.get((rest, slope), 0), back)
        if back:  # a value of its own evaluation is always there
            self.fresh.append(span // 4 if span else STALE)  # a range sees samples however far apart they are

    def with_carried(self, own: _Matchers) -> _Matchers:
        """Return a selector's matchers and those asked of what is recorded, but none that no label could meet."""
        found = own
        for matcher in self.carried:
            name = matcher[0]
            same = [(operator, value) for label, operator, value in (*found, matcher) if label == name]
            if matcher not in found and common_value(same) is not None:
                found = (*found, matcher)
        return found


def _seconds(span: timedelta | None) -> int:
    return int(abs(span.total_seconds())) if span else 0


def _includes(kind: Any) -> bool:
    return str(kind).rpartition(".")[2] in {"By", "Include"}


def _operator(kind: Any) -> str:
    return {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}[str(kind).rpartition(".")[2]]


def common_value(matchers: Sequence[tuple[str, str]]) -> str | None:
    """Return a value of a label that all matchers (operator, value) accept, None when none is known."""
    candidates = [value for operator, value in matchers if operator == "="]
    candidates += [text for operator, value in matchers if operator == "=~" and (text := example(value)) is not None]
    for candidate in (*candidates, "x", "", "other", "0"):
        if all(_accepts(operator, value, candidate) for operator, value in matchers):
            return candidate
    return None


def _accepts(operator: str, value: str, candidate: str) -> bool:
    if operator in {"=", "!="}:
        return (candidate == value) == (operator == "=")
    try:
        return (re.fullmatch(value, candidate, re.DOTALL) is not None) == (operator == "=~")
    except re.error:
        return False
