"""Pages of Markdown from templates, by Jinja2 in its sandbox, further closed: what a value holds can only be text.

A value prints when it is a number or a word of a plain alphabet (names, hosts, URLs), which means the same in prose and
in a shell. For everything else a filter says as what it is meant, and what is meant for prose cannot get into code.
"""

import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import cache
from traceback import walk_tb
from types import TracebackType
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, UndefinedError, nodes
from jinja2.exceptions import SecurityError, TemplateRuntimeError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from generator.base.characters import visible
from generator.base.errors import ProblemsError
from generator.base.problem import Problem
from generator.templating.language import DELIMITERS

SIZE_LIMIT = 1024 * 1024
"""Characters of a page."""

# No blank, no sign that a shell or Markdown takes for something else, none of an option at the beginning.
_PLAIN = re.compile(r"[A-Za-z0-9/](?:[-A-Za-z0-9._:/@+,=%#]*[-A-Za-z0-9_:/@+=%])?").fullmatch
# Around what a filter let through, until the page is whole. No spec holds these characters.
_PROSE, _QUOTED, _END = "\x01", "\x02", "\x03"
_MARKS = re.compile(f"[{_PROSE}{_QUOTED}{_END}]")
# Lines that tags leave empty.
_EMPTY, _BREAK = re.compile(r"\n{3,}"), "\n\n"
_FENCE = re.compile(r" *(`{3,}|~{3,})")
_LOOPS = 4  # within each other
_LARGEST = 10**15
_NODES: tuple[type[nodes.Node], ...] = (
    nodes.Add, nodes.And, nodes.Assign, nodes.Compare, nodes.Concat, nodes.CondExpr, nodes.Const, nodes.Filter,
    nodes.FloorDiv, nodes.For, nodes.Getattr, nodes.Getitem, nodes.If, nodes.Keyword, nodes.List, nodes.Mul, nodes.Name,
    nodes.Not, nodes.Operand, nodes.Or, nodes.Output, nodes.Sub, nodes.Template, nodes.TemplateData, nodes.Test,
    nodes.Tuple,
)  # fmt: skip
_FILTERS = frozenset({
    "code", "dictsort", "first", "items", "join", "last", "length", "list", "lower", "map", "max", "min", "plain",
    "quoted", "reject", "rejectattr", "select", "selectattr", "sort", "sum", "unique", "upper",
})  # fmt: skip
_TESTS = frozenset({"defined", "eq", "equalto", "in", "ne", "none", "sameas", "string", "mapping", "undefined"})


class PageError(ProblemsError):
    """A page's template cannot be compiled, or a value cannot stand in it."""


class Shown(str):
    """Text that a filter made fit for its place."""

    __slots__ = ()


class Page:
    """A compiled template of a page."""

    def __init__(self, name: str, text: str, plain: Callable[[str], str], code: Callable[[str], str]) -> None:
        """Compile a template; plain and code turn any text into Markdown. Raises PageError with its line."""
        self.name = name
        environment = _environment(plain, code)
        try:
            tree = environment.parse(text)
        except TemplateSyntaxError as error:
            raise _error(name, error.lineno, f"{error.message}.", "") from None
        problems = [*_refused(name, tree), *_deep(name, tree)]
        if problems:
            raise PageError(problems)
        self._template = environment.from_string(tree)

    def render(self, context: Mapping[str, object]) -> str:
        """Return the page; raises PageError for a name that is not defined and a value that cannot stand there."""
        parts: list[str] = []
        size = 0
        try:
            for part in self._template.generate(context):
                parts.append(part)
                size += len(part)
                if size > SIZE_LIMIT:
                    break
        except (UndefinedError, SecurityError, TemplateRuntimeError, TypeError, ValueError, LookupError) as error:
            line = _line(error.__traceback__)
            if not line:
                raise
            raise _error(self.name, line, f"{str(error).rstrip('.')}.", "") from None
        if size > SIZE_LIMIT:
            raise _error(self.name, 0, f"the page has more than {SIZE_LIMIT:,} characters.", "Split it.")
        text = "".join(parts)
        self._check_places(text)
        return f"{_EMPTY.sub(_BREAK, _MARKS.sub('', text)).strip()}\n"

    def _check_places(self, text: str) -> None:
        fence, sign = "", ""  # what opened the block of code; the quotation mark that is open in it
        for line in text.split("\n"):
            wrong = ""
            if found := _FENCE.match(line):
                fence = found[1] if not fence else "" if found[1].startswith(fence) else fence
                sign = ""
            elif not fence and _QUOTED in line:
                wrong = "a quoted word in prose"
            elif fence and _PROSE in line:
                wrong = "prose in a block of code"
            elif fence:
                sign, nested = _open_quote(f"{line}\n", sign)
                wrong = "a quoted word within a quoted text" if nested else ""
            if wrong:
                shown = visible(_MARKS.sub("", line).strip())
                hint = "Use `| quoted` in a block of code, as a word of its own, and `| plain` or `| code` in prose."
                raise _error(self.name, 0, f"there is {wrong}: {shown}.", hint)


def _open_quote(line: str, sign: str) -> tuple[str, bool]:
    """Return which quotation mark is open at the end of a line of a shell, and whether a quoted word stands within."""
    inside = False
    escaped = False
    for character in line:
        if character == _QUOTED:
            if sign:
                return sign, True
            inside = True
        elif character == _END:
            inside = False
        elif inside or escaped:
            escaped = False
        elif character == "\\" and sign != "'":
            escaped = True
        elif character in "'\"" and sign in {"", character}:
            sign = "" if sign else character
    return sign, False


@cache
def _environment(plain: Callable[[str], str], code: Callable[[str], str]) -> ImmutableSandboxedEnvironment:
    environment = _Environment(
        **DELIMITERS,
        undefined=StrictUndefined,
        finalize=_printed,
    )
    environment.globals.clear()
    environment.filters = {name: environment.filters[name] for name in _FILTERS if name in environment.filters}
    environment.filters |= {
        "plain": lambda value: Shown(f"{_PROSE}{plain(_text(value))}{_END}"),
        "code": lambda value: Shown(f"{_PROSE}{code(_text(value))}{_END}"),
        "quoted": _quoted,
        "join": _join,
    }
    environment.tests = {name: environment.tests[name] for name in _TESTS}
    return environment


class _Environment(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"+", "-", "*", "//"})

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Calculate with integers that stay small: nothing else is repeated or put together."""
        if not all(type(value) is int and abs(value) < _LARGEST for value in (left, right)):
            raise ValueError(f"'{operator}' is for integers")
        return super().call_binop(context, operator, left, right)


def _printed(value: object) -> str:
    """Return what an expression prints; ValueError for what must not stand in a page as it is."""
    if isinstance(value, StrictUndefined | Shown):
        return value  # type: ignore[return-value]  # str() of what is not defined raises
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(f"a value of type {type(value).__name__} cannot be printed: print what it holds")  # noqa: TRY004
    text = str(value)
    if text and not _PLAIN(text) and not isinstance(value, int):
        shown = ascii(_MARKS.sub("", text)[:60])
        raise ValueError(f"{shown} is not a plain word: use `| plain`, `| code` or, in a block of code, `| quoted`")
    return text


def _text(value: object) -> str:
    if isinstance(value, StrictUndefined):
        return str(value)  # raises
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(f"a value of type {type(value).__name__} is no text")  # noqa: TRY004
    return _MARKS.sub("", str(value))


def _quoted(value: object) -> Shown:
    """Return a text as one word of a shell."""
    text = _text(value)
    if not text.isprintable():
        raise ValueError(f"{text[:60]!a} has characters that no line of a shell can hold")
    return Shown(f"{_QUOTED}{shlex.quote(text)}{_END}")


def _join(values: Iterable[object], separator: str = "") -> Shown:
    """Return values, each fit to be printed, with what the template puts between them."""
    if _MARKS.search(separator):
        raise ValueError("what joins is written as it is")
    return Shown(separator.join(_printed(value) for value in values))


def _refused(name: str, tree: nodes.Template) -> Iterable[Problem]:
    for node in tree.find_all(nodes.Node):
        message = ""
        if not isinstance(node, _NODES):
            message = f"'{type(node).__name__.lower()}' is not part of the language of pages."
        elif isinstance(node, nodes.Filter) and node.name not in _FILTERS:
            message = f"there is no filter '{node.name}'; there are {', '.join(sorted(_FILTERS))}."
        elif isinstance(node, nodes.Test) and node.name not in _TESTS:
            message = f"there is no test '{node.name}'; there are {', '.join(sorted(_TESTS))}."
        elif isinstance(node, nodes.Filter) and node.name == "join" and not _constant(node):
            message = "what `join` puts between values is a text in the template."
        if message:
            yield _problem(name, node.lineno, message, "")


def _constant(node: nodes.Filter) -> bool:
    return not node.kwargs and all(isinstance(argument, nodes.Const) for argument in node.args)


def _deep(name: str, node: nodes.Node, depth: int = 0) -> Iterable[Problem]:
    depth += isinstance(node, nodes.For)
    if depth > _LOOPS:
        yield _problem(name, node.lineno, f"more than {_LOOPS} loops within each other.", "Split the page.")
        return
    for child in node.iter_child_nodes():
        yield from _deep(name, child, depth)


def _line(traceback: TracebackType | None) -> int:
    """Return the template's line that an error comes from; 0 when it comes from elsewhere."""
    lines = [line for frame, line in walk_tb(traceback) if frame.f_code.co_filename == "<template>"]
    return lines[-1] if lines else 0


def _problem(name: str, line: int, message: str, hint: str) -> Problem:
    return Problem(rule="template/page", message=message, hint=hint, file=name, line=line)


def _error(name: str, line: int, message: str, hint: str) -> PageError:
    return PageError([_problem(name, line, message, hint)])
