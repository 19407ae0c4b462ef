"""Durations of alerts and groups, and names and rules that stand twice."""

import re
from collections.abc import Iterator
from functools import lru_cache

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.rules.alerts.expressions import Binary, Call, Number, Selector, parse, selectors
from generator.rules.alerts.rule_groups import alerts, rule_groups
from generator.rules.alerts.show import duration
from generator.rules.rule import Mistake, rule

# Prometheus' model.ParseDuration.
_DURATION = re.compile(
    r"(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?|0",
)
_UNITS = (31536000, 604800, 86400, 3600, 60, 1, 0.001)
_DAY = 86400


@lru_cache(maxsize=1024)
def seconds(text: str) -> float | None:
    """Return the seconds of a duration in Prometheus' notation; None when it is none."""
    found = _DURATION.fullmatch(text) if text else None
    if found is None:
        return None
    return sum(int(part) * unit for part, unit in zip(found.groups(), _UNITS, strict=True) if part)


@rule("alerts/duration-invalid")
def duration_invalid(cluster: Cluster) -> Iterator[Mistake]:
    """Find a duration that Prometheus does not parse, or an interval of nothing."""
    for group in rule_groups(cluster):
        for key in ("interval", "query_offset"):
            text = group.value.get(key)
            if isinstance(text, str) and text and (seconds(text) is None or (key == "interval" and seconds(text) == 0)):
                message = f"The group '{group.name}' has the {key} '{text}', which is no duration."
                yield Mistake(group.object, group.at(key), message, "Write it such as 30s, 1m or 1h30m.")
        for of in group.rules:
            for key in ("for", "keep_firing_for"):
                text = of.value.get(key)
                wrong = (isinstance(text, (int, float)) and text != 0) or (
                    isinstance(text, str) and seconds(text) is None
                )
                if wrong and text != "":
                    message = f"{of.name} has {key}: {text}, which is no duration."
                    yield Mistake(of.object, of.at(key), message, "Write it such as 30s, 5m or 1h30m.")


@rule("alerts/for-missing", Severity.INFO)
def for_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Find an alert that fires at the first sample that is too high."""
    for alert in alerts(cluster):
        if alert.value.get("for") in (None, "", 0) and not _is_steady(alert.expression.shape):
            hint = "Add for: 5m, or a range in the expression."
            yield Mistake(alert.object, alert.at("alert"), f"{alert.alert} has no `for`: one sample is enough.", hint)


@lru_cache(maxsize=4096)
def _is_steady(shape: str) -> bool:
    """Say whether an expression looks at ranges only, or at nothing measured: then `for` adds little."""
    return "[" in shape or not selectors(shape)


@rule("alerts/for-too-long", Severity.WARNING)
def for_too_long(cluster: Cluster) -> Iterator[Mistake]:
    """Find an alert that waits so long that it comes too late, or never."""
    for alert in alerts(cluster):
        text = values.text(alert.value, "for")
        wait = seconds(text)
        if not wait:
            continue
        urgent = alert.labels.get("severity", "") in {"critical", "page", "emergency", "fatal"}
        window = _event_window(alert.expression.shape)
        if wait > 7 * _DAY or (urgent and wait > _DAY):
            message = f"{alert.alert} fires only after {text}."
            yield Mistake(alert.object, alert.at("for"), message, "Wait minutes for what is urgent.")
        elif window and wait > window:
            message = (
                f"{alert.alert} waits {text} for what happened in the last {duration(window)}: once is not enough."
            )
            hint = f"Wait less than {duration(window)}, or look back further."
            yield Mistake(alert.object, alert.at("for"), message, hint, Severity.INFO)


@lru_cache(maxsize=4096)
def _event_window(shape: str) -> float:
    """Return the range of an alert on any increase at all (`increase(x[5m]) > 0`), 0 for other alerts."""
    root = parse(shape).root
    if isinstance(root, Binary) and root.operator == ">" and root.right == Number(0) and isinstance(root.left, Call):
        of = root.left.arguments[0] if root.left.arguments else None
        if root.left.name in {"increase", "changes", "resets"} and isinstance(of, Selector):
            return of.span or 0
    return 0


@rule("alerts/group-name-twice")
def group_name_twice(cluster: Cluster) -> Iterator[Mistake]:
    """Find two groups of one name in one rule file: Prometheus refuses the file."""
    seen: set[tuple[tuple[int, str], str]] = set()
    for group in rule_groups(cluster):
        key = (group.file, group.name)
        if group.name and key in seen:
            message = f"The group '{group.name}' stands twice in {group.object}."
            yield Mistake(group.object, group.at("name"), message, "Give each group its own name.")
        seen.add(key)


@rule("alerts/rule-twice")
def rule_twice(cluster: Cluster) -> Iterator[Mistake]:
    """Find a rule that stands twice in one file under the same name, labels and expression."""
    seen: dict[tuple[object, ...], str] = {}
    for group in rule_groups(cluster):
        for of in group.rules:
            what = (of.alert, of.record, tuple(sorted(of.labels.items())))
            key = (group.file, what, of.expression.text, str(of.value.get("for")))
            if any(what[:2]) and key in seen:
                message = f"{of.name} stands twice in {of.object}, with the same labels and expression."
                yield Mistake(of.object, of.at("alert" if of.alert else "record"), message, "Remove one of them.")
            elif of.alert and (group.file, group.name, what) in seen:
                message = f"{of.alert} stands twice in the group '{group.name}' with the same labels."
                hint = "Give each its own name or severity."
                yield Mistake(of.object, of.at("alert"), message, hint, Severity.WARNING)
            seen[key] = seen[group.file, group.name, what] = of.name
