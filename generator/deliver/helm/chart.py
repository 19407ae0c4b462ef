"""The chart of a component: all its regions in one, which works by itself and below the umbrella of its platform."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from generator.base.errors import ProblemsError
from generator.base.problem import Problem
from generator.deliver.document import File
from generator.deliver.helm import metadata
from generator.deliver.helm.notes import chart_notes
from generator.deliver.helm.schema import SHARED, Schema, mistakes, pruned
from generator.deliver.helm.values import Values, changes, changes_text, conflicts, defaults_text, ordered
from generator.documents.node import json_path
from generator.templating.chart.values import Path
from generator.templating.quoting import ValueProblem

_RULE = "render/values-schema"


@dataclass(frozen=True, slots=True)
class Chart:
    """What makes the chart of a component.

    app_version "" means none; kubernetes is the minor version ("1.36"). regions are those that have the component, in
    the platform's order: the values of the first are the defaults. templates maps a file's name to Go template text;
    values maps a region to the nested values that templates use; used are the paths that templates read whole ("[]"
    for the items of a list): below them the schema is kept as it is, beside them pruned. schema is the component's
    values.schema.json, schema_file its place; notes are facts on what was installed.
    """

    name: str
    description: str
    version: str
    app_version: str
    kubernetes: str
    platform: str
    environment: str
    regions: tuple[str, ...]
    templates: Mapping[str, str]
    values: Mapping[str, Values]
    used: frozenset[Path]
    schema: Mapping[str, object] | None
    schema_file: str
    notes: tuple[str, ...]
    input_hash: str

    def values_in(self, region: str) -> Values:
        """Return the values of a region in the order of the schema."""
        schema = self.schema or {}
        return ordered(self.values[region], schema, schema)

    @property
    def defaults(self) -> Values:
        """The values of the first region that has the component."""
        return self.values_in(self.regions[0])

    def changes_in(self, region: str) -> dict[str, object]:
        """Return what Helm must merge into the defaults to get the values of a region."""
        return changes(self.defaults, self.values_in(region))


def render_chart(chart: Chart) -> tuple[File, ...]:
    """Return the files of a component's chart, below charts/<platform>/charts/<component>/.

    Raises ProblemsError when the component's schema of values does not describe what the templates use, or a region's
    values break it.
    """
    try:
        texts = _texts(chart)
    except ValueProblem as problem:
        message = f"{chart.name}: {problem.message}"
        raise ProblemsError([Problem(rule=problem.rule, message=message, hint=problem.hint)]) from None
    return files_of(texts, f"charts/{chart.platform}/charts/{chart.name}", f"charts/{chart.name}", chart.input_hash)


def _texts(chart: Chart) -> dict[str, str]:
    schema = _schema(chart)
    defaults = metadata.owned(
        chart.platform,
        f"Values of {chart.name} in {chart.platform} ({chart.environment}), as {chart.regions[0]} has them. What"
        " differs in another region is in values-<region>.yaml: pass it with -f, and a file of your own after it.",
    )
    files = {
        "Chart.yaml": metadata.owned(chart.platform)
        + metadata.chart_yaml(
            chart.name, chart.description, chart.version, chart.app_version, chart.kubernetes, dependencies=()
        ),
        ".helmignore": metadata.helmignore(umbrella=False),
        "values.yaml": defaults + defaults_text(chart.defaults, schema),
        "values.schema.json": schema_text(schema),
        "templates/NOTES.txt": chart_notes(chart.notes, chart.platform, chart.environment),
        **{f"templates/{name}": text for name, text in chart.templates.items()},
    }
    for region in chart.regions:
        top = metadata.owned(chart.platform, f"What {region} changes of values.yaml.")
        files[f"values-{region}.yaml"] = top + changes_text(chart.changes_in(region))
    return files


def _schema(chart: Chart) -> Schema:
    """Return the schema of a chart's values. Raises ProblemsError when it or the values need mending."""
    values = [chart.values[region] for region in chart.regions]
    if chart.name in SHARED:
        raise ProblemsError([_taken(chart)])
    result = pruned(chart.name, chart.schema or {}, chart.used, values)
    problems = [
        Problem(
            rule=_RULE,
            file=chart.schema_file,
            path=remark.path,
            message=f"{chart.name}: {remark.message}",
            hint=remark.hint,
        )
        for remark in result.remarks
    ]
    found: dict[tuple[str, str, str], list[str]] = {}
    for region in () if problems else chart.regions:
        for mistake in mistakes(result.schema, chart.values[region]):
            found.setdefault(mistake, []).append(region)
        for path in conflicts(chart.defaults, chart.values[region]):
            message = "a mapping in one region and none in another: Helm cannot replace one by the other."
            hint = "Tune two values, or give it one type."
            found.setdefault((json_path(path), message, hint), []).append(region)
    problems += [
        Problem(
            rule=_RULE,
            file=chart.schema_file,
            path=path,
            message=f"{chart.name} in {', '.join(where)}: {message}",
            hint=hint,
        )
        for (path, message, hint), where in found.items()
    ]
    if problems:
        raise ProblemsError(problems)
    return result.schema


def _taken(chart: Chart) -> Problem:
    return Problem(
        rule="render/chart-name",
        message=f"a chart cannot be called '{chart.name}': Helm passes values of this name to all charts.",
        hint="Rename the component, or leave helm out of gitops.forms.",
    )


def schema_text(schema: Schema) -> str:
    """Return a schema as JSON."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def files_of(texts: Mapping[str, str], folder: str, owner: str, input_hash: str) -> tuple[File, ...]:
    """Return the files of a folder, sorted by path."""
    return tuple(File(f"{folder}/{name}", text.encode(), owner, input_hash) for name, text in sorted(texts.items()))
