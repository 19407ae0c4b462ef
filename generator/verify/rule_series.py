"""Makes input series for an alert's expression: labels that its selectors accept, and values around its numbers."""

import hashlib
import random
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from generator.verify.example_text import example
from generator.verify.rule_reading import Reading, Selector, UnmakeableError, common_value

START = 1_700_000_000
"""When the tests begin, seconds since 1970: a real time, since alerts compare with time()."""

_BUCKETS = ("0.001", "0.1", "1", "10", "1000", "100000", "+Inf")

Series = Mapping[str, str]
"""A series in promtool's notation → its values, in promtool's notation too."""


def scenarios(reading: Reading, seed: str, steps: int, between: int) -> Iterator[Series]:
    """Yield inputs without end: first all absent, all low, all high; then mixtures, the same each time.

    steps is the number of samples, between the seconds from one to the next.
    """
    choices = [_values(selector, reading.numbers, steps, between) for selector in reading.selectors]
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


def _values(selector: Selector, numbers: Sequence[float], steps: int, between: int) -> list[str | None]:
    """Return what a series may do: be absent (None), be still, or grow; the lowest first, the highest last."""
    if selector.slope:
        grown = [_grow(0.0, steps), _grow(1.0, steps), _grow(60.0, steps), _grow(0.001, steps), _grow(-1.0, steps)]
        grown += [_grow(number * between * factor, steps) for number in numbers if number for factor in (0.5, 2)]
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
    found = common_value(matchers)
    if found is None:
        raise UnmakeableError(f"no value of the label {name} is known that its matchers accept")
    return found


def _notation(metric: str, labels: Mapping[str, str]) -> str:
    quoted = ",".join(f'{name}="{_escaped(value)}"' for name, value in sorted(labels.items()))
    return f"{metric}{{{quoted}}}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
