"""The chart of a component: all its regions in one, which works by itself and below the umbrella of its platform."""

import json
from collections.abc import Mapping, Sequence

from generator.base.errors import ProblemsError
from generator.base.problem import Problem
from generator.deliver.document import File
from generator.deliver.helm import metadata
from generator.deliver.helm.model import Chart
from generator.deliver.helm.notes import chart_notes
from generator.deliver.helm.readme import chart_readme
from generator.deliver.helm.schema import SHARED, Schema, mistakes, pruned
from generator.deliver.helm.values import changes_text, conflicts, defaults_text
from generator.documents.node import json_path
from generator.templating.quoting import ValueProblem

_RULE = "render/values-schema"


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
        "README.md": chart_readme(chart, schema),
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
            message=remark.message,
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
            message=f"{_where(chart, where)}: {message}",
            hint=hint,
        )
        for (path, message, hint), where in found.items()
    ]
    if problems:
        raise ProblemsError(problems)
    return result.schema


def _where(chart: Chart, regions: Sequence[str]) -> str:
    """Return whose values they are; the regions only where others have values that are right."""
    return chart.name if len(regions) == len(chart.regions) else f"{chart.name} in {', '.join(regions)}"


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
