"""Renders the pages: one for each unit whose component has one, the platform's procedures, and an index."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from generator.base.errors import ProblemsError
from generator.base.problem import Problem
from generator.components.catalogue import Catalogue, Component
from generator.deliver.document import Document, File
from generator.deliver.helm.metadata import release_namespace
from generator.deliver.markdown import code, plain
from generator.deliver.runbooks.alerts import alerts_of
from generator.deliver.runbooks.index import INDEX, index_lines
from generator.deliver.runbooks.units import runbook_units
from generator.derive.runbook import RunbookAlert, RunbookUnit, runbook_platform, runbook_region
from generator.plan.units import Unit
from generator.spec.model import Platform
from generator.templating.markdown import Page

FOLDER = "runbooks"


def render_runbooks(
    platform: Platform,
    catalogue: Catalogue,
    units: Sequence[Unit],
    documents: Sequence[Document],
    forms: tuple[str, ...],
    files: Collection[str] = (),
) -> tuple[File, ...]:
    """Return the files of runbooks/, for all units of a platform, all documents and the forms of its tree.

    files are the paths of what else is in the tree and is no object: pages link to it where it is.

    Raises ProblemsError for templates that are wrong, with file and line, and for two pages of one name.
    """
    alerts = alerts_of(documents)
    found = runbook_units(platform, units, documents)
    common = {**_common(platform, forms), "files": frozenset(files)}
    pages: dict[str, str] = {}
    problems: list[Problem] = []
    wanted = [(unit.page, *_source(unit, catalogue.components), _of_unit(unit, alerts)) for unit in found if unit.page]
    procedures = _of_platform(platform, catalogue, found, alerts)
    wanted += [(name, shown, text, procedures) for name, (shown, text) in catalogue.procedures.items()]
    for name, shown, text, context in wanted:
        if name in pages or name == INDEX:
            problems.append(_twice(shown, name))
            continue
        try:
            pages[name] = Page(shown, text, plain, code).render({**common, **context})
        except ProblemsError as error:
            problems += error.problems
    if problems:
        raise ProblemsError(problems)
    titles = {name: title(pages[name]) for name in catalogue.procedures}
    pages[INDEX] = "\n".join(index_lines(platform, found, alerts, titles, pages))
    return tuple(_file(name, text) for name, text in sorted(pages.items()))


def title(page: str) -> str:
    """Return the text of a page's first heading, as it is written."""
    return next((line.lstrip("# ") for line in page.splitlines() if line.startswith("# ")), "")


def _source(unit: RunbookUnit, components: Mapping[str, Component]) -> tuple[str, str]:
    return next(iter(components[unit.component].runbook.items()))


def _common(platform: Platform, forms: tuple[str, ...]) -> dict[str, Any]:
    incidents = platform.incidents
    return {
        "platform": runbook_platform(platform, forms, release_namespace(platform)),
        "contact": incidents.contact if incidents else "",
        "severities": incidents.severities if incidents else (),
    }


def _of_unit(unit: RunbookUnit, alerts: Sequence[RunbookAlert]) -> dict[str, Any]:
    return {
        "name": unit.name,
        "namespace": unit.namespace,
        "component": unit.component,
        "description": unit.description,
        "unit": unit,
        "regions": unit.regions,
        "alerts": {alert.name: alert for alert in alerts if alert.unit == unit.name},
    }


def _of_platform(
    platform: Platform, catalogue: Catalogue, units: Sequence[RunbookUnit], alerts: Sequence[RunbookAlert]
) -> dict[str, Any]:
    names = {service for services in platform.services.values() for service in services}
    others = [unit for unit in units if unit.name not in names]
    components: dict[str, tuple[RunbookUnit, ...]] = dict.fromkeys(catalogue.components, ())
    for unit in others:
        components[unit.component] = (*components[unit.component], unit)
    return {
        "regions": tuple(runbook_region(region) for region in platform.regions),
        "services": tuple(unit for unit in units if unit.name in names),
        "components": components,
        "units": {unit.name: unit for unit in units},
        "alerts": alerts,
    }


def _file(name: str, text: str) -> File:
    path = f"{FOLDER}/{name}"
    return File(path=path, content=text.encode(), owner=path, input_hash=hashlib.sha256(text.encode()).hexdigest())


def _twice(shown: str, name: str) -> Problem:
    message = f"two pages would be {FOLDER}/{name}."
    hint = "Give the service, the component instance or the page of the platform another name."
    return Problem(rule="template/page", message=message, hint=hint, file=shown)
