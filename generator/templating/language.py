"""The closed expression language: what Jinja2 parsed becomes Python syntax, node type by node type, or is refused.

Nothing is let through that is not listed here. That is what makes templates safe without a sandbox at run time.
"""

import ast
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.parser import Parser

from generator.base.nearest import did_you_mean
from generator.templating.files import misfits
from generator.templating.source import Expression, Source

_COMPARISONS: Mapping[str, type[ast.cmpop]] = {
    "eq": ast.Eq,
    "ne": ast.NotEq,
    "lt": ast.Lt,
    "lteq": ast.LtE,
    "gt": ast.Gt,
    "gteq": ast.GtE,
    "in": ast.In,
    "notin": ast.NotIn,
}
# Names that mean something in Jinja2 and nothing here.
_RESERVED = frozenset({"tune", "regional", "checksum", "file", "loop", "self", "super"})
_FUNCTIONS: Mapping[str, str] = {
    "tune": 'Write tune("scale.min", scale.min).',
    "regional": 'Write regional("scale.min", scale.min).',
    "checksum": "Write checksum(config).",
    "file": 'Write file("settings.json"), or file("settings.json", place=value) to fill its @place@.',
}
_TUNED_PATH = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z][A-Za-z0-9_-]*)*").fullmatch
_PATH_START = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z][A-Za-z0-9_-]*)*\.").fullmatch
_DECIDE = "Let Python decide and pass the result."
_REFUSED: Mapping[type[nodes.Node], str] = {
    nodes.BinExpr: "arithmetic",
    nodes.UnaryExpr: "arithmetic",
    nodes.Filter: "a filter",
    nodes.Test: "a test",
    nodes.Slice: "a slice",
    nodes.Dict: "a mapping",
    nodes.List: "a sequence",
    nodes.Tuple: "a sequence",
    nodes.Call: "a call",
}


class Refusal(Exception):  # noqa: N818  (it is caught within the compilation and becomes a Problem)
    """An expression that is not in the language."""

    def __init__(self, message: str, hint: str = _DECIDE) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


# How templates are written, those of objects and those of pages: nothing that Helm, Prometheus or Grafana writes so.
DELIMITERS: Mapping[str, Any] = {
    "block_start_string": "[%",
    "block_end_string": "%]",
    "variable_start_string": "[[",
    "variable_end_string": "]]",
    "comment_start_string": "[#",
    "comment_end_string": "#]",
    "trim_blocks": True,
    "lstrip_blocks": True,
}


def environment() -> Environment:
    """Return Jinja2 with our delimiters, for its parser. No filter, test or global of its own remains."""
    jinja = Environment(  # noqa: S701  (it parses; nothing is rendered by it, and nothing is HTML)
        **DELIMITERS,
        keep_trailing_newline=True,
    )
    for names in (jinja.filters, jinja.tests, jinja.globals):
        names.clear()
    return jinja


class Language:
    """Translates the expressions of one template; problems are noted in its source."""

    def __init__(self, jinja: Environment, source: Source, files: Mapping[str, str]) -> None:
        self._jinja, self._source, self._files = jinja, source, files
        self._loops: list[Mapping[str, str]] = []
        self._at = Expression(-1, 0, 0, "")
        self.parsed: dict[str, nodes.Expr] = {}
        """What Jinja2 made of each expression that was translated, by its text."""

    def enter_loop(self, names: Mapping[str, str]) -> None:
        """Let the names of a loop stand for Python variables until leave_loop()."""
        self._loops.append(names)

    def leave_loop(self) -> None:
        """Forget the names of the innermost loop."""
        self._loops.pop()

    def bindable(self, expression: Expression, targets: Iterable[str]) -> bool:
        """Say whether a loop may bind the names; a problem is noted if not."""
        wrong = [name for name in targets if name.startswith("_") or name in _RESERVED]
        for name in wrong:
            self._refuse(expression, Refusal(f"'{name}' cannot be the name of a value.", "Choose another name."))
        return not wrong

    def translate(self, expression: Expression, *, emitted: bool = False) -> ast.expr:
        """Return the expression as Python; None's syntax if it is refused. emitted: its value goes into the text."""
        self._at = expression
        try:
            return self._node(self._parse(expression.text, emitted))
        except Refusal as refusal:
            self._refuse(expression, refusal)
        except TemplateSyntaxError as error:
            self._refuse(expression, Refusal(f"Jinja2 cannot read the expression: {error.message}.", "Mend it."))
        except RecursionError:
            self._refuse(expression, Refusal("the expression is nested too deeply."))
        return self.at(ast.Constant(None))

    def _parse(self, text: str, emitted: bool) -> nodes.Expr:
        parser = Parser(self._jinja, text, state="variable")
        node = parser.parse_expression()
        sequences = "Write one expression; write a YAML sequence of sequences as a block."
        if not parser.stream.eos:
            raise Refusal("more follows the end of the expression.", sequences)
        if emitted and isinstance(node, nodes.Const):
            raise Refusal("the expression is a constant.", "Write the value as YAML, and a sequence as a block.")
        self.parsed[text] = node
        return node

    def at(self, node: ast.expr) -> ast.expr:
        """Return the node with the place of the expression at hand, by which errors at run time find their line."""
        node.lineno = node.end_lineno = self._at.line
        node.col_offset = node.end_col_offset = self._at.column
        return node

    def call(self, function: str, *arguments: ast.expr) -> ast.expr:
        """Return the call of a function of the runtime."""
        return self.at(ast.Call(self.at(ast.Name(function, ast.Load())), list(arguments), []))

    def _refuse(self, expression: Expression, refusal: Refusal) -> None:
        column = expression.column
        self._source.problem(expression.line, column, "expression", refusal.message, refusal.hint)

    def _node(self, node: nodes.Expr) -> ast.expr:
        translation = self._TRANSLATIONS.get(type(node))
        if translation is None:
            what = next((what for kind, what in _REFUSED.items() if isinstance(node, kind)), type(node).__name__)
            raise Refusal(f"{what} is not part of the expression language.")
        return self.at(translation(self, node))

    def _name(self, node: nodes.Name) -> ast.expr:
        if node.name in _RESERVED:
            raise Refusal(f"'{node.name}' is not a value.")
        _refuse_private(node.name)
        for names in reversed(self._loops):
            if node.name in names:
                return ast.Name(names[node.name], ast.Load())
        return ast.Subscript(self.at(ast.Name("context", ast.Load())), self.at(ast.Constant(node.name)), ast.Load())

    def _const(self, node: nodes.Const) -> ast.expr:
        if node.value is not None and not isinstance(node.value, str | int):
            raise Refusal("a number with a fraction is not part of the expression language.")
        return ast.Constant(node.value)

    def _getattr(self, node: nodes.Getattr) -> ast.expr:
        _refuse_private(node.attr)
        return self.call("attribute", self._node(node.node), self.at(ast.Constant(node.attr)))

    def _getitem(self, node: nodes.Getitem) -> ast.expr:
        index = node.arg.value if isinstance(node.arg, nodes.Const) else None
        if isinstance(index, bool) or not isinstance(index, str | int):
            raise Refusal("a subscript is neither a constant name nor a constant position.")
        if isinstance(index, str):
            _refuse_private(index)
        return self.call("entry", self._node(node.node), self.at(ast.Constant(index)))

    def _compare(self, node: nodes.Compare) -> ast.expr:
        operators = [_COMPARISONS[operand.op]() for operand in node.ops]
        return ast.Compare(self._node(node.expr), operators, [self._node(operand.expr) for operand in node.ops])

    def _and(self, node: nodes.And) -> ast.expr:
        return ast.BoolOp(ast.And(), [self._node(node.left), self._node(node.right)])

    def _or(self, node: nodes.Or) -> ast.expr:
        return ast.BoolOp(ast.Or(), [self._node(node.left), self._node(node.right)])

    def _not(self, node: nodes.Not) -> ast.expr:
        return ast.UnaryOp(ast.Not(), self._node(node.node))

    def _condition(self, node: nodes.CondExpr) -> ast.expr:
        if node.expr2 is None:
            raise Refusal("an 'if' within an expression has no 'else'.", "Add one.")
        return ast.IfExp(self._node(node.test), self._node(node.expr1), self._node(node.expr2))

    def _concat(self, node: nodes.Concat) -> ast.expr:
        return self.call("join", *(self._node(part) for part in node.nodes))

    def _call(self, node: nodes.Call) -> ast.expr:
        """Translate a call: in manifests tune() and regional() are their values, and checksum() is computed."""
        name, arguments = called(node)
        if name == "checksum":
            return self.call("checksum", self._node(arguments[0]))
        return self._file(node) if name == "file" else self._node(arguments[1])

    def _file(self, node: nodes.Call) -> ast.expr:
        """Translate a file of the component: its text, filled when the template is rendered."""
        name, words = included(node)
        if name not in self._files:
            near = did_you_mean(name, self._files)
            raise Refusal(f"there is no files/{name} beside the manifests.", near or "Add it, or mend the name.")
        for message, hint in misfits(name, self._files[name], words):
            raise Refusal(message, hint)
        text = self.at(ast.Constant(self._files[name]))
        if not words:
            return text
        keys: list[ast.expr | None] = [self.at(ast.Constant(word)) for word in words]
        values = self.at(ast.Dict(keys, [self._node(value) for value in words.values()]))
        return self.call("filled", self.at(ast.Constant(name)), text, values)

    # The whole language: a node type that is not here is refused.
    _TRANSLATIONS: ClassVar[Mapping[type[nodes.Node], Callable[["Language", Any], ast.expr]]] = {
        nodes.Name: _name,
        nodes.Const: _const,
        nodes.Getattr: _getattr,
        nodes.Getitem: _getitem,
        nodes.Compare: _compare,
        nodes.And: _and,
        nodes.Or: _or,
        nodes.Not: _not,
        nodes.CondExpr: _condition,
        nodes.Concat: _concat,
        nodes.Call: _call,
    }


def called(node: nodes.Call) -> tuple[str, list[nodes.Expr]]:
    """Return the name and the arguments of a call; raise Refusal for any that the language does not have.

    tune("path", value) is what whoever installs a chart may tune; regional("path", value) becomes a value of the chart
    only where regions differ; checksum(value) is of the value's JSON; file("name", place=value) is the text of one of
    the component's files. A path is constant, or parts joined by `~`.
    """
    name = node.node.name if isinstance(node.node, nodes.Name) else ""
    if name not in _FUNCTIONS:
        names = "tune(), regional(), checksum() and file()"
        raise Refusal(f"a call is not part of the expression language, but for {names}.")
    plain = not (node.kwargs or node.dyn_args or node.dyn_kwargs)
    if name == "file":
        included(node)
    elif name == "checksum":
        if not plain or len(node.args) != 1:
            raise Refusal("checksum() takes one value.", _FUNCTIONS[name])
    elif not plain or len(node.args) != 2 or not _is_path(node.args[0]):
        raise Refusal(f"{name}() takes a dotted path and a value.", _FUNCTIONS[name])
    return name, node.args


def included(node: nodes.Call) -> tuple[str, Mapping[str, nodes.Expr]]:
    """Return the name of the file that a file() includes, and what fills its places. Raises Refusal."""
    name = node.args[0].value if len(node.args) == 1 and isinstance(node.args[0], nodes.Const) else None
    if not isinstance(name, str) or node.dyn_args or node.dyn_kwargs:
        raise Refusal("file() takes the constant name of a file, and values by keywords.", _FUNCTIONS["file"])
    return name, {pair.key: pair.value for pair in node.kwargs}


def _is_path(node: nodes.Expr) -> bool:
    """Say whether a node is a value's path: constant, or parts joined by `~` of which the first is constant."""
    if isinstance(node, nodes.Const):
        return isinstance(node.value, str) and _TUNED_PATH(node.value) is not None
    if not isinstance(node, nodes.Concat):
        return False
    first = node.nodes[0]
    return isinstance(first, nodes.Const) and isinstance(first.value, str) and _PATH_START(first.value) is not None


def _refuse_private(name: str) -> None:
    if name.startswith("_"):
        raise Refusal(f"'{name}' is private.", "Templates reach public data only.")
