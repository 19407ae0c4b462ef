"""What runs in an environment by name, over all its regions, as runbooks speak of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from generator.deliver.document import Document
from generator.derive.instance import InstanceView
from generator.derive.region import RegionView
from generator.derive.runbook import RunbookRegion, RunbookUnit, runbook_region
from generator.derive.views import ServiceView
from generator.documents.reader import Source, parse
from generator.plan.units import Unit
from generator.spec.model import Platform

_WORKLOADS = ("Rollout", "StatefulSet", "Deployment")
_SCALERS = ("ScaledObject", "HorizontalPodAutoscaler")
_STRATEGIES = ("canary", "blueGreen")


def runbook_units(platform: Platform, units: Iterable[Unit], documents: Iterable[Document]) -> tuple[RunbookUnit, ...]:
    """Return the units of each name, in the order of the names; regions are in the order of the spec.

    A region in which the name is of another component than in the first is left out: the page is not about that.
    """
    owned: dict[str, list[Document]] = {}
    for document in documents:
        owned.setdefault(document.owner, []).append(document)
    by_name: dict[str, list[Unit]] = {}
    for unit in units:
        by_name.setdefault(unit.name, []).append(unit)
    return tuple(_unit(platform, by_name[name], owned) for name in sorted(by_name))


def _unit(platform: Platform, units: Sequence[Unit], owned: Mapping[str, Sequence[Document]]) -> RunbookUnit:
    first = units[0]
    component = first.component
    same = {unit.region: unit for unit in units if unit.component.name == component.name}
    regions = tuple(
        _region(runbook_region(region), same[region.name], owned.get(same[region.name].owner, ()))
        for region in platform.regions
        if region.name in same
    )
    documents = [document for unit in same.values() for document in owned.get(unit.owner, ())]
    objects = _names(documents)
    service = "service" in first.context
    description = platform.services[first.region][first.name].description if service else component.description
    return RunbookUnit(
        name=first.name,
        namespace=_namespace(first),
        component=component.name,
        description=description,
        page=f"{first.name}.md" if component.runbook else "",
        regions=regions,
        objects=objects,
        workload=_first(_WORKLOADS, objects) if service else "",
        strategy=_strategy(documents) if service else "",
        scaler=_first(_SCALERS, objects) if service else "",
    )


def _region(region: RunbookRegion, unit: Unit, documents: Sequence[Document]) -> RunbookRegion:
    instance, service, view = (unit.context.get(key) for key in ("instance", "service", "view"))
    seen = service if isinstance(service, ServiceView) else None
    return replace(
        region,
        image=seen.pod.image.repository.partition("/")[2] if seen else "",
        path=_path(seen) if seen else "",
        instance=instance if isinstance(instance, InstanceView) else None,
        service=seen,
        view=view if isinstance(view, RegionView) else None,
        objects=_names(documents),
    )


def _path(service: ServiceView) -> str:
    """Return the shortest path that the gateway sends to a service, "" where there is none."""
    ingress = service.mesh.ingress if service.mesh else None
    paths = {path for match in (ingress.matches if ingress else ()) for path in match.values()}
    return min(paths, key=lambda path: (len(path), path), default="")


def _namespace(unit: Unit) -> str:
    seen = unit.context.get("service") or unit.context.get("instance")
    return seen.namespace if isinstance(seen, ServiceView | InstanceView) else ""


def _names(documents: Iterable[Document]) -> dict[str, tuple[str, ...]]:
    names: dict[str, set[str]] = {}
    for document in documents:
        names.setdefault(document.object.kind, set()).add(document.object.name)
    return {kind: tuple(sorted(found)) for kind, found in sorted(names.items())}


def _first(kinds: Sequence[str], objects: Mapping[str, object]) -> str:
    return next((kind for kind in kinds if kind in objects), "")


def _strategy(documents: Iterable[Document]) -> str:
    """Return by what a Rollout replaces its pods; "" where there is none."""
    for document in documents:
        if document.object.kind == "Rollout":
            tree: Any = parse(Source(document.path, document.content.decode()))[0]
            return _first(_STRATEGIES, tree["spec"].get("strategy") or {})
    return ""
