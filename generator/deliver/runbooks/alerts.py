"""The alerts of a tree: those of its PrometheusRules, and those that an upstream chart makes of its values."""

from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import Any

from generator.deliver.document import Document
from generator.derive.runbook import RunbookAlert
from generator.documents.reader import Source, parse

_RULES, _APPLICATION = "PrometheusRule", "Application"


def alerts_of(documents: Iterable[Document]) -> tuple[RunbookAlert, ...]:
    """Return each alert of each unit once, by unit and name; summary and severity are those of its first rule."""
    found: dict[tuple[str, str], RunbookAlert] = {}
    for document in documents:
        for rule in _rules(document):
            region, unit = _of(document)
            key = unit, str(rule["alert"])
            first = found.get(key)
            regions = dict.fromkeys((*(first.regions if first else ()), region))
            labels, annotations = rule.get("labels") or {}, rule.get("annotations") or {}
            found[key] = RunbookAlert(
                name=key[1],
                severity=first.severity if first else str(labels.get("severity", "")),
                summary=first.summary if first else str(annotations.get("summary", "")),
                unit=unit,
                regions=tuple(regions),
            )
    return tuple(found[key] for key in sorted(found))


def _of(document: Document) -> tuple[str, str]:
    """Return region and unit of a document: clusters/<region>/<unit>/<file>, or .../<region>/<unit>.yaml."""
    path = PurePosixPath(document.path)
    if document.object.kind == _APPLICATION:
        return path.parent.name, path.stem
    return path.parent.parent.name, path.parent.name


def _rules(document: Document) -> Iterator[dict[str, Any]]:
    if document.object.kind in {_RULES, _APPLICATION} and b"alert: " in document.content:
        yield from _walk(parse(Source(document.path, document.content.decode()))[0])


def _walk(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if "alert" in value and "expr" in value:
            yield value
            return
        for child in value.values():
            yield from _walk(child)
    elif isinstance(value, list):
        for child in value:
            yield from _walk(child)
