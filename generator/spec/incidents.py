"""Who answers which alerts and how fast: the `incidents` section of a platform."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from generator.base.scalars import duration_text, milliseconds

# The order in which severities are listed, the gravest first: that of the alerts that they answer.
ALERT_SEVERITIES = ("critical", "high", "warning", "info")


@dataclass(frozen=True, slots=True)
class Severity:
    """A severity of incidents: the severities of alerts that it answers, and who does what within which time.

    respond and escalate are lengths of time in Prometheus' notation; escalate is "0s" for at once and "" for never.
    channel is a channel of Slack; notify are the ways in which people are told: pagerduty, slack, email.
    """

    name: str
    alerts: tuple[str, ...]
    respond: str
    escalate: str
    team: str
    channel: str
    notify: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Incidents:
    """The severities, gravest first, and where the platform's team is reached ("": not said)."""

    contact: str
    severities: tuple[Severity, ...]


def incidents_of(tree: Mapping[str, Any]) -> Incidents:
    """Return the section of a checked spec."""
    found = [_severity(name, written) for name, written in sorted(tree["severities"].items()) if written is not None]
    return Incidents(tree.get("contact", ""), tuple(sorted(found, key=_rank)))


def _severity(name: str, tree: Mapping[str, Any]) -> Severity:
    return Severity(
        name=name,
        alerts=tuple(severity for severity in ALERT_SEVERITIES if severity in tree["alerts"]),
        respond=duration_text(milliseconds(tree["respond"])),
        escalate=_escalate(tree),
        team=tree["team"],
        channel=tree.get("channel", ""),
        notify=tuple(sorted(tree["notify"])),
    )


def _escalate(tree: Mapping[str, Any]) -> str:
    written = tree.get("escalate")
    if written is None:
        return ""
    return "0s" if written == "0s" else duration_text(milliseconds(written))


def _rank(severity: Severity) -> int:
    return min(ALERT_SEVERITIES.index(alert) for alert in severity.alerts)
