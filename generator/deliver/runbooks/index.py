"""The index of the runbooks: from an alert to its page, the procedures, and who answers."""

from collections.abc import Iterator, Mapping, Sequence

from generator.deliver.markdown import plain, table
from generator.derive.runbook import RunbookAlert, RunbookUnit
from generator.spec.incidents import ALERT_SEVERITIES, Severity
from generator.spec.model import Platform

INDEX = "README.md"
_WAYS = {"pagerduty": "PagerDuty", "slack": "Slack", "email": "e-mail"}


def index_lines(
    platform: Platform,
    units: Sequence[RunbookUnit],
    alerts: Sequence[RunbookAlert],
    procedures: Mapping[str, str],
    pages: Mapping[str, str],
) -> Iterator[str]:
    """Yield the lines of the index; procedures are titles by page, pages the text of every other page."""
    yield f"# Runbooks of {platform.name} in {platform.environment}"
    yield ""
    yield f"Written by gen from `environments/{platform.name}/` and the templates of pages: change these, render again."
    yield ""
    yield "## Procedures"
    yield ""
    yield from (f"- [{title}]({name})" for name, title in procedures.items())
    yield ""
    yield from _answers(platform)
    yield from _alerts(platform, alerts, pages)
    yield from _pages(units)


def _answers(platform: Platform) -> Iterator[str]:
    if platform.incidents is None:
        return
    yield "## Who answers"
    yield ""
    yield from table(
        ("severity", "alerts", "answer within", "escalate after", "team", "channel", "told by"),
        [severity_row(severity) for severity in platform.incidents.severities],
    )
    if platform.incidents.contact:
        yield f"The team is reached at {plain(platform.incidents.contact)}."
        yield ""


def severity_row(severity: Severity) -> tuple[str, ...]:
    """Return the cells that say who answers a severity, and how fast."""
    return (
        plain(severity.name),
        ", ".join(severity.alerts),
        severity.respond,
        {"": "never", "0s": "at once"}.get(severity.escalate, severity.escalate),
        plain(severity.team),
        plain(severity.channel) or "none",
        ", ".join(_WAYS.get(way, plain(way)) for way in severity.notify) or "nobody is told",
    )


def _alerts(platform: Platform, alerts: Sequence[RunbookAlert], pages: Mapping[str, str]) -> Iterator[str]:
    everywhere = len(platform.regions)
    severities = (*ALERT_SEVERITIES, *sorted({alert.severity for alert in alerts}.difference(ALERT_SEVERITIES)))
    if not alerts:
        return
    yield "## Alerts"
    yield ""
    for severity in severities:
        rows = [_row(alert, everywhere, pages) for alert in alerts if alert.severity == severity]
        if rows:
            yield f"### {plain(severity) or 'no severity'}"
            yield ""
            yield from table(("alert", "of", "what it says", "only in"), sorted(rows))


def _row(alert: RunbookAlert, everywhere: int, pages: Mapping[str, str]) -> tuple[str, ...]:
    page = f"{alert.unit}.md"
    heading = f"\n## {alert.name}\n" in pages.get(page, "")
    return (
        f"[{plain(alert.name)}]({page}#{alert.name.lower()})" if heading else plain(alert.name),
        f"[{alert.unit}]({page})" if page in pages else alert.unit,
        plain(alert.summary),
        "" if len(alert.regions) == everywhere else ", ".join(alert.regions),
    )


def _pages(units: Sequence[RunbookUnit]) -> Iterator[str]:
    written = [unit for unit in units if unit.page]
    if written:
        yield "## Pages"
        yield ""
        rows = [(f"[{unit.name}]({unit.page})", plain(unit.description), unit.namespace or "none") for unit in written]
        yield from table(("page", "what it is", "namespace"), rows)
