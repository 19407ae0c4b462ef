"""Panels of dashboards: their places, identities and what a reader needs to understand them."""

from collections.abc import Iterator, Mapping
from typing import Any

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.rules.dashboards.content import dashboards_of, title
from generator.rules.rule import Mistake, rule

_COLUMNS = 24
# Panels that show numbers; in tables the columns have units of their own.
_NUMBERS = frozenset({"timeseries", "stat", "gauge", "bargauge", "graph", "singlestat"})
# Panels that need no words above them.
_UNTITLED = frozenset({"row", "text", "news", "dashlist", "welcome"})

_Box = tuple[int, int, int, int]


@rule("dashboards/panel-id-twice")
def panel_id_twice(cluster: Cluster) -> Iterator[Mistake]:
    """Find two panels with one id: links, repeated panels and `viewPanel` take the wrong one."""
    for dashboard in dashboards_of(cluster):
        seen: dict[int, Mapping[str, Any]] = {}
        for panel in dashboard.panels():
            number = values.integer(panel, "id")
            if number is not None and number in seen:
                message = f"{dashboard.name}: panels {title(seen[number])} and {title(panel)} have the id {number}."
                yield Mistake(dashboard.holder, dashboard.path, message, "Number the panels of a dashboard.")
            elif number is not None:
                seen[number] = panel


@rule("dashboards/panel-overlap", Severity.WARNING)
def panel_overlap(cluster: Cluster) -> Iterator[Mistake]:
    """Find panels of which one covers another, or that stick out of Grafana's 24 columns."""
    for dashboard in dashboards_of(cluster):
        placed: list[tuple[_Box, Mapping[str, Any]]] = []
        for _, panel in values.mappings(dashboard.content, "panels"):
            box = _box(panel)
            if box is None:
                continue
            covered = next((other for place, other in placed if _overlap(place, box)), None)
            if covered is not None:
                message = f"{dashboard.name}: panel {title(panel)} stands where {title(covered)} is."
                yield Mistake(dashboard.holder, dashboard.path, message, "Correct gridPos.")
            elif box[0] + box[2] > _COLUMNS:
                message = f"{dashboard.name}: panel {title(panel)} ends in column {box[0] + box[2]}."
                yield Mistake(dashboard.holder, dashboard.path, message, f"There are {_COLUMNS}: correct gridPos.")
            placed.append((box, panel))


@rule("dashboards/panel-title", Severity.WARNING)
def panel_title(cluster: Cluster) -> Iterator[Mistake]:
    """Find a panel without a title: nobody knows what it shows."""
    for dashboard in dashboards_of(cluster):
        for panel in dashboard.panels():
            if not values.text(panel, "title").strip() and values.text(panel, "type") not in _UNTITLED:
                message = f"{dashboard.name}: panel {panel.get('id')} has no title."
                yield Mistake(dashboard.holder, dashboard.path, message, "Say what it shows.")


@rule("dashboards/panel-unit", Severity.INFO)
def panel_unit(cluster: Cluster) -> Iterator[Mistake]:
    """Find a panel of numbers without a unit: 0.3 may be seconds, a share or requests."""
    for dashboard in dashboards_of(cluster):
        for panel in dashboard.panels():
            if values.text(panel, "type") in _NUMBERS and not _unit(panel):
                message = f"{dashboard.name}: panel {title(panel)} has no unit."
                hint = "Set fieldConfig.defaults.unit; `none` if it is a number of things."
                yield Mistake(dashboard.holder, dashboard.path, message, hint)


def _unit(panel: Mapping[str, Any]) -> bool:
    if values.text(panel, "fieldConfig", "defaults", "unit") or values.text(panel, "format"):
        return True
    if any(values.text(axis, "format") for _, axis in values.mappings(panel, "yaxes")):
        return True
    overrides = values.mappings(panel, "fieldConfig", "overrides")
    return any(
        values.text(each, "id") == "unit" for _, over in overrides for _, each in values.mappings(over, "properties")
    )


def _box(panel: Mapping[str, Any]) -> _Box | None:
    """Return column, row, width and height; None if one of them is missing."""
    column, row, width, height = (values.integer(panel, "gridPos", key) for key in ("x", "y", "w", "h"))
    if column is None or row is None or width is None or height is None:
        return None
    return column, row, width, height


def _overlap(one: _Box, other: _Box) -> bool:
    across = one[0] < other[0] + other[2] and other[0] < one[0] + one[2]
    return across and one[1] < other[1] + other[3] and other[1] < one[1] + one[3]
