"""Makes input series for an alert's expression: labels that its selectors accept, and values around its numbers."""

import hashlib
import math
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import promql_parser as promql

from generator.verify.example_text import example

START = 1_700_000_000
"""When the tests begin, seconds since 1970: a real time, since alerts compare with time()."""

_COUNTERS = frozenset({"rate", "irate", "increase", "resets", "changes", "deriv", "delta", "idelta", "predict_linear"})
_BUCKETS = ("0.001", "0.1", "1", "10", "1000", "100000", "+Inf")


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

    seconds is how far back the expression looks, all ranges and offsets added, shortest its shortest range; clock says
    that it asks for the time.
    """

    selectors: tuple[Selector, ...]
    numbers: tuple[float, ...]
    labels: tuple[str, ...]
    seconds: int
    shortest: int
    clock: bool


def read_expression(expressions: Sequence[str], recorded: frozenset[str]) -> Reading:
    """Return what an alert's expression and its recording rules read; UnmakeableError when that is not known."""
    reader = _Reader(recorded)
    for expression in expressions:
        try:
            reader.visit(promql.parse(expression), slope=False)
        except ValueError as error:
            raise UnmakeableError(f"the expression cannot be read here ({error})") from error
    selectors = tuple(dict.fromkeys(reader.selectors))
    labels = tuple(dict.fromkeys(reader.labels))
    shortest = min(reader.ranges, default=3600)
    return Reading(selectors, tuple(sorted(reader.numbers)), labels, reader.seconds, shortest, reader.clock)


class _Reader:
    """Walks an expression and notes what it reads."""

    def __init__(self, recorded: frozenset[str]) -> None:
        self.recorded = recorded
        self.selectors: list[Selector] = []
        self.numbers: set[float] = set()
        self.labels: list[str] = []
        self.seconds = 0
        self.ranges: list[int] = []
        self.clock = False

    def visit(self, node: Any, *, slope: bool) -> None:
        """Note what a node and all below it read; slope says whether a function over time looks at changes."""
        match node:
            case promql.NumberLiteral():
                if math.isfinite(node.val):
                    self.numbers.add(node.val)
            case promql.VectorSelector():
                self.select(node, slope=slope)
            case promql.MatrixSelector():
                self.look_back(node.range)
                self.ranges.append(int(node.range.total_seconds()))
                self.select(node.vector_selector, slope=slope)
            case promql.SubqueryExpr():
                self.look_back(node.range, node.offset)
                self.visit(node.expr, slope=slope)
            case promql.Call():
                self.clock = self.clock or not node.args
                for argument in node.args:
                    self.visit(argument, slope=slope or node.func.name in _COUNTERS)
            case promql.AggregateExpr():
                self.labels += node.modifier.labels if node.modifier and _includes(node.modifier.type) else []
                self.visit(node.expr, slope=slope)
            case promql.BinaryExpr():
                self.join(node.modifier)
                self.visit(node.lhs, slope=slope)
                self.visit(node.rhs, slope=slope)
            case promql.ParenExpr() | promql.UnaryExpr():
                self.visit(node.expr, slope=slope)
            case promql.StringLiteral():
                pass
            case _:
                raise UnmakeableError(f"no inputs can be made for {type(node).__name__}")

    def join(self, modifier: Any) -> None:
        if modifier is not None:
            if modifier.matching is not None and _includes(modifier.matching.type):
                self.labels += modifier.matching.labels
            self.labels += modifier.group_labels or []

    def look_back(self, *spans: timedelta | None) -> None:
        self.seconds += sum(int(abs(span.total_seconds())) for span in spans if span)

    def select(self, node: Any, *, slope: bool) -> None:
        self.look_back(node.offset)
        if node.at is not None or node.matchers.or_matchers:
            raise UnmakeableError("no inputs can be made for @ or `or` in a selector")
        matchers = tuple((item.name, _operator(item.op), item.value) for item in node.matchers.matchers)
        named = next((value for name, operator, value in matchers if name == "__name__" and operator == "="), "")
        metric = node.name or named
        if not metric:
            raise UnmakeableError("a selector names no metric")
        if metric not in self.recorded:
            rest = tuple(item for item in matchers if item[0] != "__name__")
            self.selectors.append(Selector(metric, rest, slope or metric.endswith(("_bucket", "_total"))))


def _includes(kind: Any) -> bool:
    return str(kind).rpartition(".")[2] in {"By", "Include"}


def _operator(kind: Any) -> str:
    return {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}[str(kind).rpartition(".")[2]]


Series = Mapping[str, str]
"""A series in promtool's notation → its values, in promtool's notation too."""


def scenarios(reading: Reading, seed: str, steps: int) -> Iterator[Series]:
    """Yield inputs without end: first all absent, all low, all high; then mixtures, the same each time."""
    choices = [_values(selector, reading.numbers, steps) for selector in reading.selectors]
    dice = random.Random(hashlib.sha256(seed.encode()).digest())  # noqa: S311 - not for secrets
    shared = (True, False)
    for together in shared:
        yield from (_series(reading, [values[rank] for values in choices], together=together) for rank in (0, 1, -1, 2))
        for number, values in enumerate(choices):
            low = [other[1] for other in choices]
            high = [other[-1] for other in choices]
            yield _series(reading, [*low[:number], values[-1], *low[number + 1 :]], together=together)
            yield _series(reading, [*high[:number], values[1], *high[number + 1 :]], together=together)
    while True:
        yield _series(reading, [dice.choice(values) for values in choices], together=dice.random() < 0.5)


def _values(selector: Selector, numbers: Sequence[float], steps: int) -> list[str | None]:
    """Return what a series may do: be absent (None), be still, or grow; the lowest first, the highest last."""
    if selector.slope:
        grown = [_grow(0.0, steps), _grow(1.0, steps), _grow(60.0, steps), _grow(0.001, steps), _grow(-1.0, steps)]
        grown += [_grow(number * 60 * factor, steps) for number in numbers if number for factor in (0.5, 2)]
        return [None, *dict.fromkeys(grown), _grow(1e6, steps)]
    around = [bound for number in numbers for bound in (number, number - 1, number + 1, number * 0.5, number * 2)]
    plain = sorted({0.0, 1.0, *around, float(START), START * 2.0, -1.0, 1e12})
    return [None, _still(0.0, steps), *(_still(value, steps) for value in plain if value != 0)]


def _still(value: float, steps: int) -> str:
    return f"{_decimal(value)}x{steps}"


def _grow(by: float, steps: int) -> str:
    return f"1000000000-{_decimal(-by)}x{steps}" if by < 0 else f"0+{_decimal(by)}x{steps}"


def _decimal(value: float) -> str:
    return f"{Decimal(repr(value)):f}"


def _series(reading: Reading, values: Sequence[str | None], *, together: bool) -> Series:
    """Return input series; together: labels that one selector asks for are on the others' too, buckets fill at once."""
    fixed: dict[str, str] = dict.fromkeys(reading.labels, "x")
    for selector in reading.selectors:
        given = selector.fixed().items()
        fixed |= {name: value for name, value in given if together or name in reading.labels}
    found: dict[str, str] = {}
    for selector, value in zip(reading.selectors, values, strict=True):
        if value is None:
            continue
        labels = {**fixed, **_left_out(selector, reading.selectors), **_labels(selector)}
        if selector.metric.endswith("_bucket") and "le" not in selector.fixed():
            for bound in _BUCKETS:
                grown = value if together or bound in _BUCKETS[-2:] else _grow(0.0, int(value.rpartition("x")[2]))
                found.setdefault(_notation(selector.metric, {**labels, "le": bound}), grown)
        else:
            found.setdefault(_notation(selector.metric, {name: text for name, text in labels.items() if text}), value)
    return found


def _left_out(selector: Selector, selectors: Sequence[Selector]) -> dict[str, str]:
    """Return labels that make a series one that others of the same metric leave out: all requests beside good ones."""
    own = {name for name, _, _ in selector.matchers}
    found = {}
    for other in selectors:
        for name, operator, value in other.matchers:
            if other.metric == selector.metric and name not in own and operator in {"!=", "!~"}:
                text = value if operator == "!=" else example(value)
                found.update({name: text} if text else {})
    return found


def _labels(selector: Selector) -> dict[str, str]:
    wanted: dict[str, list[tuple[str, str]]] = {}
    for name, operator, value in selector.matchers:
        wanted.setdefault(name, []).append((operator, value))
    return {name: _label(name, matchers) for name, matchers in wanted.items()}


def _label(name: str, matchers: Sequence[tuple[str, str]]) -> str:
    """Return a value that all matchers of a label accept."""
    candidates = [value for operator, value in matchers if operator == "="]
    candidates += [text for operator, value in matchers if operator == "=~" and (text := example(value)) is not None]
    for candidate in (*candidates, "x", "", "other", "0"):
        if all(_accepts(operator, value, candidate) for operator, value in matchers):
            return candidate
    raise UnmakeableError(f"no value of the label {name} is known that its matchers accept")


def _accepts(operator: str, value: str, candidate: str) -> bool:
    if operator in {"=", "!="}:
        return (candidate == value) == (operator == "=")
    try:
        return (re.fullmatch(value, candidate, re.DOTALL) is not None) == (operator == "=~")
    except re.error:
        return False


def _notation(metric: str, labels: Mapping[str, str]) -> str:
    quoted = ",".join(f'{name}="{_escaped(value)}"' for name, value in sorted(labels.items()))
    return f"{metric}{{{quoted}}}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
