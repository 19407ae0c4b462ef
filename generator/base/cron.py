"""Cron expressions as robfig/cron reads them, which CronJob, Velero, KEDA and CloudNativePG share."""

import re

from generator.base.nearest import did_you_mean

_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, start=1)}
_DAYS = {name: number for number, name in enumerate(["sun", "mon", "tue", "wed", "thu", "fri", "sat"])}
_FIELDS: tuple[tuple[str, int, int, dict[str, int]], ...] = (
    ("second", 0, 59, {}),
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 6, _DAYS),
)
_DESCRIPTORS = frozenset({"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"})
_DAY = 86400
_LENGTHS = {"@hourly": 3600, "@daily": _DAY, "@midnight": _DAY, "@weekly": 7 * _DAY, "@monthly": 31 * _DAY}
_LONGEST_MONTH = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}
_EVERY = re.compile(r"@every ((?:[0-9.]+(?:ns|us|µs|ms|s|m|h))+)").fullmatch


def cron_mistake(text: str, *, fields: int = 5) -> str:
    """Return what is wrong with an expression of 5 fields (6: seconds first), or "" when it can fire."""
    if text.startswith("@"):
        if text in _DESCRIPTORS or _EVERY(text):
            return ""
        return f"'{text}' is no schedule. {did_you_mean(text, _DESCRIPTORS)}".strip()
    parts = text.split()
    if len(parts) != fields:
        return f"'{text}' has {len(parts)} fields, not {fields}."
    sets = []
    for part, (name, low, high, names) in zip(parts, _FIELDS[6 - fields :], strict=True):
        found = _field(part, low, high, names)
        if isinstance(found, str):
            return f"'{part}' is no {name}: {found}."
        sets.append(found)
    days, months, weekdays = sets[-3], sets[-2], parts[-1]
    if weekdays[:1] in {"*", "?"} and all(min(days) > _LONGEST_MONTH.get(month, 31) for month in months):
        return f"'{text}' never fires: no such month has a day {min(days)}."
    return ""


def _field(text: str, low: int, high: int, names: dict[str, int]) -> set[int] | str:
    found: set[int] = set()
    for part in text.split(","):
        span, slash, step_text = part.partition("/")
        step = int(step_text) if step_text.isdecimal() and len(step_text) < 5 else 0
        if slash and not step:
            return f"the step '{step_text}' is not a number above 0"
        first, dash, last = span.partition("-")
        if first in {"*", "?"} and not dash:
            start, end = low, high
        else:
            start, end = _number(first, names), _number(last, names) if dash else _number(first, names)
            if start < 0 or end < 0:
                return f"'{span}' is not a number or a range"
            if slash and not dash:
                end = high
        if start < low or end > high:
            return f"the range is {low} to {high}"
        if start > end:
            return f"{start} is after {end}"
        found |= set(range(start, end + 1, step or 1))
    return found


def _number(text: str, names: dict[str, int]) -> int:
    if text.isdecimal() and text.isascii() and len(text) < 5:
        return int(text)
    return names.get(text.lower(), -1)


def interval_seconds(text: str) -> int | None:
    """Return the longest time between two runs that a plain schedule has, in seconds; None when it is not plain."""
    if text in _LENGTHS:
        return _LENGTHS[text]
    parts = text.split()
    if len(parts) not in {5, 6} or cron_mistake(text, fields=len(parts)):
        return None
    minute, hour, day, month, weekday = parts[-5:]
    if (day, month, weekday) == ("*", "*", "*"):
        field, low, high, unit = (minute, 0, 59, 60) if hour == "*" else (hour, 0, 23, 3600)
        found = _field(field, low, high, {})
        return _longest_gap(found, high + 1) * unit if isinstance(found, set) else None
    if (day, month) == ("*", "*"):
        return 7 * _DAY if weekday.lower() in {*_DAYS, *"0123456"} else None
    return (31 if month == "*" else 366) * _DAY if weekday == "*" and day.isdecimal() else None


def _longest_gap(found: set[int], cycle: int) -> int:
    ordered = sorted(found)
    return max(later - earlier for earlier, later in zip(ordered, [*ordered[1:], ordered[0] + cycle], strict=True))
