"""Dashboards as documents: JSON, and what identifies each."""

import re
from collections.abc import Iterator

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.rules.dashboards.content import Dashboard, dashboards_of
from generator.rules.rule import Mistake, rule

# https://github.com/grafana/grafana/blob/main/pkg/util/shortid_generator.go: MaxUIDLength and what a uid holds.
_LONGEST = 40
_is_uid = re.compile(r"[A-Za-z0-9_-]+").fullmatch


@rule("dashboards/json-invalid")
def json_invalid(cluster: Cluster) -> Iterator[Mistake]:
    """Find a dashboard that is not JSON: Grafana passes over it, and says so in its log alone."""
    for dashboard in dashboards_of(cluster):
        if dashboard.error:
            message = f"{dashboard.path[-1]} is no dashboard: {dashboard.error}."
            yield Mistake(dashboard.holder, dashboard.path, message, "Correct the JSON.")


@rule("dashboards/uid")
def uid(cluster: Cluster) -> Iterator[Mistake]:
    """Find a dashboard that Grafana cannot tell from others, or not tomorrow."""
    seen: dict[str, Dashboard] = {}
    for dashboard in dashboards_of(cluster):
        if dashboard.error:
            continue
        found = values.text(dashboard.content, "uid")
        first = seen.setdefault(found, dashboard) if found else dashboard
        if not found:
            message = f"{dashboard.name} has no uid: Grafana makes one at each start, and links to it break."
            yield Mistake(dashboard.holder, dashboard.path, message, "Give it one.", Severity.WARNING)
        elif len(found) > _LONGEST or not _is_uid(found):
            message = f"Grafana refuses the uid '{found}' of {dashboard.name}."
            hint = f"Use at most {_LONGEST} letters, digits, '-' and '_'."
            yield Mistake(dashboard.holder, dashboard.path, message, hint)
        elif first is not dashboard:
            message = f"{dashboard.name} has the uid '{found}' of {first.name} in {first.holder}."
            yield Mistake(dashboard.holder, dashboard.path, message, "Give one of them another uid.")
