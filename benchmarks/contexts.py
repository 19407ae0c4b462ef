"""Plain contexts for the bare loop: what the plan holds, as dicts and lists whose strings are YAML already."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path

from benchmarks.scenario import ENVIRONMENT, PLATFORM
from generator.derive.naming import NAME
from generator.derive.views import ServiceView
from generator.plan.units import plan
from generator.spec.load import load
from generator.spec.workspace import open_workspace
from generator.templating.quoting import quote
from generator.templating.runtime import checksum


def contexts(root: Path) -> list[dict[str, object]]:
    """Return one context for each service and region of a workspace."""
    workspace = open_workspace(root)
    units = plan(load(workspace, PLATFORM, ENVIRONMENT), workspace.catalogue)
    return [_context(unit.context) for unit in units if "service" in unit.context]


def _context(context: Mapping[str, object]) -> dict[str, object]:
    whole = {name: _plain(value) for name, value in context.items()}
    service, view = whole["service"], context["service"]
    assert isinstance(service, dict)
    assert isinstance(view, ServiceView)
    image = view.pod.image
    service["version"] = quote(image.version or image.tag)
    service["image"] = quote(
        f"{image.repository}@{image.digest}" if image.digest else f"{image.repository}:{image.tag}"
    )
    service["checksum"] = quote(checksum(view.config))
    network = service["network"]
    prometheus = [network["prometheus"]] if network["prometheus"] else []
    for peer in (*network["callers"], *prometheus, *(peer for flow in network["egress"] for peer in flow["peers"])):
        peer["name"] = peer["selector"][NAME]
    for route in service["mesh"]["routes"]:
        route["callers"] = [caller[NAME] for caller in route["callers"]]
    return whole


def _plain(value: object) -> object:
    """Return the value with mappings for dataclasses; strings that need quotes in YAML have them already."""
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return value
