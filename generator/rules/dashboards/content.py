"""Finds Grafana dashboards in a cluster's objects, and what they ask of their data sources."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object

LABEL = "grafana_dashboard"
"""The label by which Grafana's sidecar finds ConfigMaps."""
_GRAFANA_GROUP = "grafana.integreatly.org"
_DEPTH = 4  # rows within rows: Grafana has one level


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of a data source; by is what messages call it, in words; source is its type, "" if unknown."""

    by: str
    text: str
    source: str


@dataclass(frozen=True, slots=True, eq=False)
class Dashboard:
    """A dashboard, and where it lies. error says why its text is no dashboard, "" where it is one."""

    holder: Object
    path: values.Path
    content: Mapping[str, Any] = field(repr=False)
    error: str

    @property
    def name(self) -> str:
        """Return what messages call it."""
        return f"'{values.text(self.content, 'title') or self.path[-1]}'"

    def panels(self) -> tuple[Mapping[str, Any], ...]:
        """Return the panels and rows, those within rows too."""
        return tuple(_panels(self.content, 0))

    def variables(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the variables by name."""
        listed = values.mappings(self.content, "templating", "list")
        return {values.text(each, "name"): each for _, each in listed}

    def queries(self) -> Iterator[Query]:
        """Yield the queries of panels, variables and annotations."""
        for panel in self.panels():
            default = self.source(panel.get("datasource"))
            for _, target in values.mappings(panel, "targets"):
                own = self.source(target.get("datasource")) or default
                text = values.text(target, "expr")
                if text:
                    yield Query(f"panel {title(panel)}", text, own)
        for name, variable in self.variables().items():
            text = values.text(variable, "query", "query") or values.text(variable, "query")
            if values.text(variable, "type") == "query" and text:
                yield Query(f"variable '{name}'", text, self.source(variable.get("datasource")))
        for _, annotation in values.mappings(self.content, "annotations", "list"):
            text = values.text(annotation, "expr") or values.text(annotation, "target", "expr")
            if text:
                said = values.text(annotation, "name")
                yield Query(f"annotation '{said}'", text, self.source(annotation.get("datasource")))

    def source(self, datasource: object) -> str:
        """Return the type of a data source, that of a variable's where it is one; "" if it is not known."""
        kind = values.text(datasource, "type")
        if kind and "$" not in kind:
            return kind
        name = (values.text(datasource, "uid") or (datasource if isinstance(datasource, str) else "")).strip("${}")
        variable = self.variables().get(name.partition(":")[0], {})
        return values.text(variable, "query") if values.text(variable, "type") == "datasource" else ""


@lru_cache(maxsize=64)
def dashboards_of(cluster: Cluster) -> tuple[Dashboard, ...]:
    """Return the dashboards of a cluster in the order of their places, those that are not JSON too."""
    found: list[Dashboard] = []
    for item in cluster.of("ConfigMap", ""):
        labelled = LABEL in item.labels
        for key, text in item.mapping("data").items():
            if isinstance(text, str) and str(key).endswith(".json") and (labelled or '"panels"' in text):
                content, error = _read(text)
                if labelled or "templating" in content or "schemaVersion" in content:
                    found.append(Dashboard(item, ("data", key), content, error))
    for item in cluster.of("GrafanaDashboard", _GRAFANA_GROUP):
        text = item.text("spec", "json")
        if text:
            content, error = _read(text)
            found.append(Dashboard(item, ("spec", "json"), content, error))
    return tuple(found)


def title(panel: Mapping[str, Any]) -> str:
    """Return what messages call a panel."""
    return f"'{values.text(panel, 'title')}'" if values.text(panel, "title") else f"{panel.get('id')}"


@lru_cache(maxsize=256)
def _read(text: str) -> tuple[Mapping[str, Any], str]:
    """Return a dashboard's content, or why there is none. Every region has the same texts."""
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        return {}, f"{error.msg} at line {error.lineno}, column {error.colno}"
    except (ValueError, RecursionError) as error:
        return {}, str(error)
    if not isinstance(content, dict):
        return {}, "it is no JSON object"
    # What the API of dashboards takes has the dashboard in it.
    inner = content.get("dashboard")
    return (inner if isinstance(inner, dict) else content), ""


def _panels(holder: Mapping[str, Any], depth: int) -> Iterator[Mapping[str, Any]]:
    for _, panel in values.mappings(holder, "panels"):
        yield panel
        if depth < _DEPTH:
            yield from _panels(panel, depth + 1)
    for _, row in values.mappings(holder, "rows"):  # as dashboards were before version 16
        if depth < _DEPTH:
            yield from _panels(row, depth + 1)
