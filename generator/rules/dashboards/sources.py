"""What dashboards refer to: variables of their own, and data sources that are provisioned."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import yaml

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.rules.dashboards.content import Dashboard, dashboards_of, title
from generator.rules.dashboards.promql import asked
from generator.rules.rule import Mistake, rule

# Data sources that Grafana itself has.
_BUILT_IN = frozenset({"-- Grafana --", "-- Mixed --", "-- Dashboard --", "grafana", "__expr__", "datasource", "-100"})


@rule("dashboards/variable-unknown")
def variable_unknown(cluster: Cluster) -> Iterator[Mistake]:
    """Find a query with a variable that the dashboard does not have: Grafana sends the dollar to Prometheus."""
    for dashboard in dashboards_of(cluster):
        known = frozenset(dashboard.variables())
        for query in dashboard.queries():
            for name in asked(query.text).variables if query.source in ("prometheus", "") else ():
                if name not in known and not name.startswith("__"):
                    near = did_you_mean(name, known)
                    message = (
                        f"{dashboard.name}: {query.by} takes the variable ${name}, which the dashboard does not have."
                    )
                    hint = near or "Add the variable, or mend the name."
                    yield Mistake(dashboard.holder, dashboard.path, message, hint)


@rule("dashboards/datasource-unknown")
def datasource_unknown(cluster: Cluster) -> Iterator[Mistake]:
    """Find a panel whose data source is a variable that is not there, or one that nothing provisions."""
    provisioned = _provisioned(cluster)
    for dashboard in dashboards_of(cluster):
        known = frozenset(dashboard.variables())
        for by, name in dict.fromkeys(_used(dashboard)):
            if "$" in name:
                variable = name.strip("${}").partition(":")[0]
                if variable not in known:
                    message = f"{dashboard.name}: {by} asks the data source {name}, and there is no such variable."
                    hint = did_you_mean(variable, known) or "Add a variable of type datasource."
                    yield Mistake(dashboard.holder, dashboard.path, message, hint)
            elif provisioned and name not in provisioned | _BUILT_IN:
                near = did_you_mean(name, provisioned)
                message = f"{dashboard.name}: {by} asks the data source '{name}', which nothing here provisions."
                hint = near or "Use a variable of type datasource, or provision it."
                yield Mistake(
                    dashboard.holder, dashboard.path, message, hint, Severity.ERROR if near else Severity.WARNING
                )


def _used(dashboard: Dashboard) -> Iterator[tuple[str, str]]:
    """Yield what refers to a data source, in words, and the source's uid or name as it is written."""
    for panel in dashboard.panels():
        for holder in (panel, *(target for _, target in values.mappings(panel, "targets"))):
            name = _written(holder)
            if name:
                yield f"panel {title(panel)}", name
    for name, variable in dashboard.variables().items():
        found = _written(variable)
        if found:
            yield f"variable '{name}'", found
    for _, annotation in values.mappings(dashboard.content, "annotations", "list"):
        found = _written(annotation)
        if found:
            yield f"annotation '{values.text(annotation, 'name')}'", found


def _written(holder: Mapping[str, Any]) -> str:
    return values.text(holder, "datasource", "uid") or values.text(holder, "datasource")


@lru_cache(maxsize=64)
def _provisioned(cluster: Cluster) -> frozenset[str]:
    """Return uids and names of the data sources that ConfigMaps provision; empty if none does."""
    found: set[str] = set()
    for item in cluster.of("ConfigMap", ""):
        for text in item.mapping("data").values():
            if isinstance(text, str) and "datasources:" in text and "type:" in text:
                found |= _names(text)
    return frozenset(found)


@lru_cache(maxsize=256)
def _names(text: str) -> frozenset[str]:
    try:
        content = yaml.load(text, yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return frozenset()
    listed = [each for _, each in values.mappings(content, "datasources")]
    return frozenset(values.text(each, key) for each in listed for key in ("uid", "name")) - {""}
