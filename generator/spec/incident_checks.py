"""Checks of the `incidents` section: each severity complete, each severity of alerts answered by one of them."""

from collections.abc import Iterator, Mapping
from typing import Any

from generator.base.problem import Problem
from generator.spec.documents import Documents
from generator.spec.layers import problem_at
from generator.spec.references import missing

SECTION_KEYS = {"severities": "Add the severities by name: critical: {alerts: [critical], respond: 5m, ...}."}
SEVERITY_KEYS = {
    "alerts": "Add the severities of alerts that it answers: [critical].",
    "respond": "Add the longest time until somebody looks at it: 5m.",
    "team": "Add who answers: on-call-primary.",
    "notify": "Add how people are told: [pagerduty, slack], or [] for not at all.",
}


def incident_problems(documents: Documents) -> Iterator[Problem]:
    """Yield what the severities lack, and alerts that two of them would answer."""
    if documents.value("incidents") is None:
        return
    layers = documents.section_layers("incidents")
    section: Mapping[str, Any] = documents.section("incidents")
    yield from missing(layers, (), section, SECTION_KEYS)
    answered: dict[str, str] = {}
    for name, severity in sorted(section.get("severities", {}).items()):
        yield from missing(layers, ("severities", name), severity, SEVERITY_KEYS)
        for index, alert in enumerate(severity.get("alerts", ())):
            if alert in answered:
                yield problem_at(
                    layers, ("severities", name, "alerts", index), "spec/incidents",
                    f"alerts of severity {alert} are answered by '{answered[alert]}' already.",
                    "Name each severity of alerts once: nobody could tell who is to come.",
                )  # fmt: skip
            answered.setdefault(alert, name)
        if "slack" in severity.get("notify", ()) and "channel" not in severity:
            yield problem_at(
                layers, ("severities", name, "notify"), "spec/incidents",
                "people are told by Slack, but in no channel.", 'Add the channel: channel: "#incidents".', key=True,
            )  # fmt: skip
