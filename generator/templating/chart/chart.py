"""The templates of a component as a chart's, all regions in one text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from generator.base.problem import Problem
from generator.templating.chart.scope import Scope
from generator.templating.chart.values import Path, Values
from generator.templating.chart.writer import Writer
from generator.templating.engine import Template, TemplateError
from generator.templating.quoting import ValueProblem


@dataclass(frozen=True, slots=True)
class ChartText:
    """templates: the text by the template's name, of those that any region's values can make something of.

    values: region → the nested values by which it is rendered. used: the paths that the templates read whole, "[]" for
    the items of a list.
    """

    templates: Mapping[str, str]
    values: Mapping[str, Mapping[str, object]]
    used: frozenset[Path]


def chart_text(
    templates: Sequence[Template], contexts: Mapping[str, Mapping[str, object]], schema: Mapping[str, object] | None
) -> ChartText:
    """Return the templates of a chart and its values. contexts: what templates see, by region; schema: of the values.

    Raises TemplateError with all places where regions differ in what no value of the chart stands for.
    """
    regions = tuple(contexts)
    scope = Scope(regions, tuple(contexts.values()), {})
    values = Values(schema)
    texts = _written(templates, scope, values)
    if values.torn:
        values = Values(schema, values.torn)
        texts = _written(templates, scope, values)
    try:
        return ChartText(texts, values.collected(regions), values.used)
    except ValueProblem as problem:
        file = templates[0].name.partition("/manifests/")[0]
        found = Problem(rule=problem.rule, message=problem.message, hint=problem.hint, file=file)
        raise TemplateError([found]) from None


def _written(templates: Sequence[Template], scope: Scope, values: Values) -> dict[str, str]:
    """Return the texts that are not empty, by the template's name. Raises TemplateError with all problems."""
    texts: dict[str, str] = {}
    problems: list[Problem] = []
    for template in templates:
        writer = Writer(template.parts, values)
        text = writer.write(scope)
        problems += writer.problems
        if text and not text.isspace():
            texts[template.name] = text
    if problems:
        raise TemplateError(problems)
    return texts
