"""What tells people about an alert: a summary, a runbook, and labels and names in the usual form."""

import re
from collections.abc import Iterator

from generator.base.problem import Severity
from generator.manifests.cluster import Cluster
from generator.rules.alerts.rule_groups import alerts
from generator.rules.rule import Mistake, rule

_TEXTS = frozenset({"summary", "description", "message", "title"})
_RUNBOOKS = frozenset({"runbook_url", "runbook", "runbookUrl", "runbook_link", "playbook", "playbook_url", "doc_url"})
_URL = re.compile(r"https?://[^\s/]+(?:/\S*)?")
_CAMEL = re.compile(r"[A-Z][A-Za-z0-9]*(?:[_:-][A-Z0-9][A-Za-z0-9]*)*")
_QUIET = frozenset({"none", "info", "test"})


@rule("alerts/summary-missing", Severity.WARNING)
def summary_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Find an alert that does not say what is wrong."""
    for alert in alerts(cluster):
        if not any(alert.annotations.get(key, "").strip() for key in _TEXTS):
            message = f"{alert.alert} has neither a summary nor a description."
            hint = "Add annotations: {summary: ..., description: ...}."
            yield Mistake(alert.object, alert.at("annotations"), message, hint)


@rule("alerts/runbook-missing", Severity.WARNING)
def runbook_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Find an alert that wakes somebody and does not say what to do."""
    for alert in alerts(cluster):
        if alert.labels.get("severity") not in _QUIET and not any(alert.annotations.get(key) for key in _RUNBOOKS):
            hint = "Add the annotation runbook_url."
            yield Mistake(alert.object, alert.at("annotations"), f"{alert.alert} has no runbook_url.", hint)


@rule("alerts/runbook-not-a-url", Severity.WARNING)
def runbook_not_a_url(cluster: Cluster) -> Iterator[Mistake]:
    """Find a runbook_url that no browser opens."""
    for alert in alerts(cluster):
        url = alert.annotations.get("runbook_url", "")
        if url and "{{" not in url and not _URL.fullmatch(url.strip()):
            message = f"{alert.alert} has the runbook_url '{url}', which is no URL."
            yield Mistake(alert.object, alert.at("annotations", "runbook_url"), message, "Write https://... in full.")


@rule("alerts/alert-name", Severity.INFO)
def alert_name(cluster: Cluster) -> Iterator[Mistake]:
    """Find an alert whose name is not in CamelCase."""
    for alert in alerts(cluster):
        if not _CAMEL.fullmatch(alert.alert):
            message = f"The alert's name '{alert.alert}' is not in CamelCase."
            yield Mistake(alert.object, alert.at("alert"), message, "Write it such as HighErrorRate.")
