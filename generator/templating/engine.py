"""The template engine: compiles a template once, with every check, and renders it many times.

Templates are Jinja2's in a closed subset. Jinja2 parses the expressions; the program is our own, because only so an
expression knows its column, and because a language that is closed when it is compiled needs no sandbox when it runs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from generator.base.errors import ProblemsError
from generator.base.nearest import did_you_mean
from generator.base.problem import Problem
from generator.templating.documents import identity, split
from generator.templating.language import Language, environment
from generator.templating.program import Render, program
from generator.templating.quoting import ValueProblem
from generator.templating.shape import Shape
from generator.templating.source import Source, scan
from generator.templating.walk import examine

if TYPE_CHECKING:
    from jinja2 import Environment, nodes

__all__ = ["Engine", "Template", "TemplateError", "identity", "split"]

_MAX_TEXT = 32 * 1024 * 1024  # characters of one rendering: no cluster takes an object of more than some MB


class TemplateError(ProblemsError):
    """A template cannot be compiled, or a value cannot be rendered by it."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a template was compiled from: blocks, places of expressions, their syntax, files that it can include."""

    source: Source
    shape: Shape
    expressions: Mapping[str, "nodes.Expr"]
    files: Mapping[str, str]


class Template:
    """A compiled template."""

    def __init__(self, name: str, text: str, render: Render, parts: "Parts") -> None:
        self.name = name
        self.documents_may_be_many = text.startswith("---\n") or "\n---\n" in text
        self.parts = parts
        self._render = render

    def render(self, context: Mapping[str, object]) -> str:
        """Return the text for the values: it ends with a line break, or is "" if nothing but blanks came out.

        Raises TemplateError with the template's line for a name that is not defined (as Jinja2's StrictUndefined does)
        and for a value that cannot be emitted.
        """
        values = context if type(context) is dict else dict(context)
        parts: list[str] = []
        size = 0

        def write(text: str) -> None:
            nonlocal size
            size += len(text)
            if size > _MAX_TEXT:
                raise ValueProblem(
                    "template/size", f"the text has more than {_MAX_TEXT:,} characters.", "Split the template."
                )
            parts.append(text)

        try:
            self._render(values, write)
        except ValueProblem as problem:
            raise self._error(problem, problem.rule, problem.message, problem.hint) from None
        except (KeyError, TypeError, ValueError) as error:
            if not self._is_raised_here(error):
                raise
            raise self._misfit(error, values) from None
        text = "".join(parts)
        return "" if text.isspace() else text

    def _is_raised_here(self, error: Exception) -> bool:
        """Say whether the template itself raised the error, and no function that it called: that would be our bug."""
        trace = error.__traceback__
        while trace and trace.tb_next:
            trace = trace.tb_next
        return trace is not None and trace.tb_frame.f_code is self._render.__code__

    def _misfit(self, error: Exception, values: Mapping[str, object]) -> TemplateError:
        if isinstance(error, KeyError):
            name = str(error.args[0])
            hint = f"{did_you_mean(name, values)} Pass it from Python, or mend the name.".strip()
            return self._error(error, "template/undefined", f"'{name}' is not defined.", hint)
        message = f"the values do not fit the expression: {error}."
        return self._error(error, "template/values", message, "Compare like with like; unpack what has as many parts.")

    def _error(self, error: Exception, rule: str, message: str, hint: str) -> TemplateError:
        """Return the error with the line and column of the expression at which the template stopped."""
        line = column = 0
        trace = error.__traceback__
        while trace:
            if trace.tb_frame.f_code is self._render.__code__:
                position = list(self._render.__code__.co_positions())[trace.tb_lasti // 2]
                line, column = trace.tb_lineno, (position[2] or 0) + 1
            trace = trace.tb_next
        return TemplateError([Problem(rule=rule, message=message, hint=hint, file=self.name, line=line, column=column)])


class Engine:
    """Compiles templates and keeps them, each once, by name and source. Reads no files.

    sources: the templates' texts by name, or a function from a name to its text, for template().
    """

    def __init__(self, sources: Mapping[str, str] | Callable[[str], str] | None = None) -> None:
        self._sources = sources
        self._jinja = environment()
        self._compiled: dict[tuple[str, str, bool, tuple[tuple[str, str], ...]], Template] = {}

    def template(self, name: str) -> Template:
        """Return the compiled template of that name among the engine's sources. Raises as compile() does."""
        if callable(self._sources):
            return self.compile(name, self._sources(name))
        return self.compile(name, (self._sources or {})[name])

    def compile(
        self, name: str, source: str, *, objects: bool = True, files: Mapping[str, str] | None = None
    ) -> Template:
        """Return the template compiled from its text. name: its file, as problems show it.

        objects: whether its documents are Kubernetes objects, and not mappings of any other kind. files: name → text of
        what file() includes.
        Raises TemplateError with all problems of the template.
        """
        key = (name, source, objects, tuple(sorted((files or {}).items())))
        compiled = self._compiled.get(key)
        if compiled is None:
            compiled = self._compiled[key] = _compile(self._jinja, name, source, files or {}, objects=objects)
        return compiled


def _compile(jinja: "Environment", name: str, text: str, files: Mapping[str, str], *, objects: bool) -> Template:
    source = scan(name, text)
    if source.problems:
        raise TemplateError(source.problems)
    language = Language(jinja, source, files)
    try:
        shape = examine(source, objects=objects)
        render = program(source, shape, language)
    except RecursionError:
        source.problem(1, 0, "size", "the template is nested too deeply.", "Let Python pass deep values whole.")
    if source.problems or render is None:
        raise TemplateError(source.problems)
    return Template(name, text, render, Parts(source, shape, language.parsed, files))
