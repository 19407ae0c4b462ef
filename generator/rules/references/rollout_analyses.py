"""Analyses of Argo Rollouts: templates that are there, and arguments that they are given."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.rule import Mistake, rule

GROUP = "argoproj.io"
_ARGUMENT = re.compile(r"\{\{\s*args\.([\w-]+)\s*\}\}")


def _analyses(item: Object) -> Iterator[tuple[values.Path, Mapping[str, Any]]]:
    """Yield (path, analysis) of every analysis or experiment's analysis in a Rollout."""
    for path in (
        ("spec", "strategy", "canary", "analysis"),
        ("spec", "strategy", "blueGreen", "prePromotionAnalysis"),
        ("spec", "strategy", "blueGreen", "postPromotionAnalysis"),
    ):
        if item.mapping(*path):
            yield path, item.mapping(*path)
    for index, step in item.mappings("spec", "strategy", "canary", "steps"):
        at: values.Path = ("spec", "strategy", "canary", "steps", index)
        if values.mapping(step, "analysis"):
            yield (*at, "analysis"), values.mapping(step, "analysis")
        for position, one in values.mappings(step, "experiment", "analyses"):
            yield (*at, "experiment", "analyses", position), {"templates": [one], "args": one.get("args")}


def _template(cluster: Cluster, namespace: str, reference: Mapping[str, Any]) -> Object | None:
    name = values.text(reference, "templateName")
    if reference.get("clusterScope") is True:
        return cluster.get(GROUP, "ClusterAnalysisTemplate", "", name)
    return cluster.get(GROUP, "AnalysisTemplate", namespace, name)


@rule("references/rollout-analysis")
def rollout_analysis(cluster: Cluster) -> Iterator[Mistake]:
    """Find analyses whose template is not there, or whose arguments do not fit it."""
    for item in cluster.of("Rollout", GROUP):
        for path, analysis in _analyses(item):
            templates = []
            for index, reference in values.mappings(analysis, "templates"):
                found = _template(cluster, item.namespace, reference)
                if found is not None:
                    templates.append(found)
                    continue
                kind = "ClusterAnalysisTemplate" if reference.get("clusterScope") is True else "AnalysisTemplate"
                name = values.text(reference, "templateName")
                known = cluster.names(GROUP, kind, "" if kind.startswith("Cluster") else item.namespace)
                message = f"There is no {kind} '{name}'."
                other = cluster.get(GROUP, "ClusterAnalysisTemplate", "", name)
                hint = "Write clusterScope: true." if other is not None else did_you_mean(name, known)
                at = path if path[-2] == "analyses" else (*path, "templates", index, "templateName")
                certain = kind == "AnalysisTemplate" or bool(known)
                severity = None if certain else Severity.WARNING
                yield Mistake(item, at, message, hint or "Declare the template.", severity)
            if templates and len(templates) == len(values.mappings(analysis, "templates")):
                yield from _arguments(item, path, analysis, templates)
    for kind in ("AnalysisTemplate", "ClusterAnalysisTemplate"):
        for template in cluster.of(kind, GROUP):
            yield from _unknown_arguments(template)


def _arguments(
    item: Object, path: values.Path, analysis: Mapping[str, Any], templates: list[Object]
) -> Iterator[Mistake]:
    given = {values.text(arg, "name") for _, arg in values.mappings(analysis, "args")}
    known: dict[str, bool] = {}
    for template in templates:
        for _, arg in template.mappings("spec", "args"):
            name = values.text(arg, "name")
            known[name] = known.get(name, False) or "value" in arg or "valueFrom" in arg
    for index, arg in values.mappings(analysis, "args"):
        name = values.text(arg, "name")
        if name not in known and not any(template.mappings("spec", "templates") for template in templates):
            message = f"The template has no argument '{name}'."
            hint = did_you_mean(name, known) or f"It takes {', '.join(sorted(known)) or 'none'}."
            yield Mistake(item, (*path, "args", index, "name"), message, hint)
    missing = sorted(name for name, default in known.items() if not default and name not in given)
    if missing:
        message = f"The analysis gives no value for the argument '{missing[0]}' of its template."
        yield Mistake(item, path, message, "Add it to args.")


def _unknown_arguments(template: Object) -> Iterator[Mistake]:
    known = {values.text(arg, "name") for _, arg in template.mappings("spec", "args")}
    for index, metric in template.mappings("spec", "metrics"):
        for name in sorted({found for text in _texts(metric) for found in _ARGUMENT.findall(text)}):
            if name not in known:
                message = f"The metric uses an argument '{name}' that the template does not declare."
                hint = did_you_mean(name, known) or "Declare it under args."
                yield Mistake(template, ("spec", "metrics", index), message, hint)


def _texts(value: values.Value) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
