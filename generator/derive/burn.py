"""Shares of bad requests over several windows, and alerts on how fast they use up an error budget of 30 days.

Source: The Site Reliability Workbook (Google, 2018), chapter 5, "Alerting on SLOs", table 5-8.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from generator.base.scalars import decimal_text
from generator.derive.alerts import AlertRule

# The windows that are counted from the requests themselves, and those that are summed up from rates of five minutes:
# a rate over days would read every sample of every pod again in each evaluation.
SHORT_WINDOWS = ("30m", "1h", "2h", "6h")
LONG_WINDOWS = ("1d", "3d")
# A budget is that of so many days.
BUDGET_DAYS = 30


@dataclass(frozen=True, slots=True)
class RecordingRule:
    """A rule that records a metric; labels are put in the place of what the expression has."""

    record: str
    expression: str
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Burn:
    """How many times too fast a budget burns, over which windows, and who is told; hold is the `for` of the alert."""

    factor: Decimal
    long: str
    short: str
    hold: str
    word: str
    spent: str
    urgent: bool


BURNS = (
    Burn(Decimal("14.4"), "1h", "5m", "2m", "BurnsFast", "50 hours", urgent=True),
    Burn(Decimal(6), "6h", "30m", "5m", "Burns", "5 days", urgent=True),
    Burn(Decimal(3), "1d", "2h", "15m", "BurnsSlowly", "10 days", urgent=False),
    Burn(Decimal(1), "3d", "6h", "30m", "BurnsVerySlowly", "30 days", urgent=False),
)


@dataclass(frozen=True, slots=True)
class Indicator:
    """What is counted: bad requests and all, each a metric `<level>:<name>` and its rate over a window.

    selected are the matchers with which the recorded metrics are read, labels those that they get.
    """

    bad: str
    total: str
    bad_rate: Callable[[str], str]
    total_rate: Callable[[str], str]
    selected: str
    labels: Mapping[str, str] = field(default_factory=dict)

    def ratio(self, window: str) -> str:
        """Return the recorded share of bad requests over a window."""
        return f"{self.bad}:ratio_rate{window}{{{self.selected}}}"


def rates(indicator: Indicator) -> Iterator[RecordingRule]:
    """Yield the rates of all requests and of bad ones, which everything over days is made of."""
    yield RecordingRule(f"{indicator.total}:rate5m", indicator.total_rate("5m"), indicator.labels)
    yield RecordingRule(f"{indicator.bad}:rate5m", indicator.bad_rate("5m"), indicator.labels)


def short_ratios(indicator: Indicator) -> Iterator[RecordingRule]:
    """Yield the shares of bad requests over minutes and hours. Without any request there is no share."""
    selected = indicator.selected
    expression = f"{indicator.bad}:rate5m{{{selected}}}\n  / {indicator.total}:rate5m{{{selected}}}"
    yield RecordingRule(f"{indicator.bad}:ratio_rate5m", expression, indicator.labels)
    for window in SHORT_WINDOWS:
        expression = f"({indicator.bad_rate(window)})\n  / ({indicator.total_rate(window)})"
        yield RecordingRule(f"{indicator.bad}:ratio_rate{window}", expression, indicator.labels)


def long_ratios(indicator: Indicator) -> Iterator[RecordingRule]:
    """Yield the shares over days, each request counted alike whenever it came."""
    for window in LONG_WINDOWS:
        yield RecordingRule(f"{indicator.bad}:ratio_rate{window}", _summed(indicator, window), indicator.labels)


def remaining(indicator: Indicator, record: str, budget: Decimal) -> RecordingRule:
    """Return what is left of the budget: 1 is all of it, below 0 more is spent than there was."""
    used = _summed(indicator, f"{BUDGET_DAYS}d")
    return RecordingRule(record, f"1 - ({used})\n  / {decimal_text(budget)}", indicator.labels)


def _summed(indicator: Indicator, window: str) -> str:
    selected = indicator.selected
    return (
        f"sum_over_time({indicator.bad}:rate5m{{{selected}}}[{window}])\n"
        f"  / sum_over_time({indicator.total}:rate5m{{{selected}}}[{window}])"
    )


def burn_alerts(
    indicator: Indicator, prefix: str, budget: Decimal, severity: str, summary: str, meaning: str
) -> Iterator[AlertRule]:
    """Yield the alerts on a budget; of a budget that large that no share of requests could burn it so fast, fewer.

    severity is that of the fastest burn; the second, days away, is at most high, and the others are warnings.
    """
    for burn in BURNS:
        threshold = burn.factor * budget
        if threshold >= 1:
            continue
        limit = decimal_text(threshold)
        yield AlertRule(
            name=f"{prefix}{burn.word}",
            expression=f"{indicator.ratio(burn.long)} > {limit}\nand\n{indicator.ratio(burn.short)} > {limit}",
            hold=burn.hold,
            severity=_severity(burn, severity),
            summary=f"{summary} {_TIMES[burn.word]}",
            description=f"{{{{ $value | humanizePercentage }}}} of the requests {meaning} within {burn.long}, and it "
            f"goes on: {_times(burn)} the objective leaves, {_percent(budget)} of all in {BUDGET_DAYS} days. "
            f"At this rate the budget is gone after {burn.spent}.",
        )


_TIMES = {
    "BurnsFast": "very fast",
    "Burns": "fast",
    "BurnsSlowly": "too fast",
    "BurnsVerySlowly": "faster than it lasts",
}


def _times(burn: Burn) -> str:
    return "more than" if burn.factor == 1 else f"{decimal_text(burn.factor)} times what"


def _severity(burn: Burn, fastest: str) -> str:
    if not burn.urgent:
        return "warning"
    return fastest if burn.word == "BurnsFast" else "high"


def _percent(share: Decimal) -> str:
    return f"{decimal_text(share * 100)} %"
