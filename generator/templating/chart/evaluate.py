"""Evaluates the expressions of a template in all lanes at once, as symbols."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from jinja2 import nodes

from generator.templating import runtime
from generator.templating.chart.operands import literal, printf
from generator.templating.chart.scope import Scope, unmarked
from generator.templating.chart.symbol import Symbol, camel_case, operand, record_fields
from generator.templating.chart.values import ITEMS, Path, Values, reference
from generator.templating.files import filled
from generator.templating.language import called, included
from generator.templating.quoting import ValueProblem

_OPERATORS: Mapping[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "eq": ("eq", lambda a, b: a == b),
    "ne": ("ne", lambda a, b: a != b),
    "lt": ("lt", lambda a, b: a < b),
    "lteq": ("le", lambda a, b: a <= b),
    "gt": ("gt", lambda a, b: a > b),
    "gteq": ("ge", lambda a, b: a >= b),
    "in": ("has", lambda a, b: a in b),
    "notin": ("has", lambda a, b: a not in b),
}


class Evaluator:
    """Evaluates expressions; what is tuned goes into the values."""

    def __init__(self, values: Values, files: Mapping[str, str]) -> None:
        self._values, self._files = values, files

    def symbol(self, node: nodes.Expr, scope: Scope) -> Symbol:
        """Return what an expression means. Raises ValueProblem as a template does when it is rendered."""
        evaluation: Callable[[Evaluator, Any, Scope], Symbol] = self._EVALUATIONS[type(node)]
        return evaluation(self, node, scope)

    def _name(self, node: nodes.Name, scope: Scope) -> Symbol:
        if node.name in scope.names:
            return scope.names[node.name]
        if any(node.name not in context for context in scope.contexts):
            raise ValueProblem("template/undefined", f"'{node.name}' is not defined.", "Pass it from Python.")
        return Symbol(tuple(context[node.name] for context in scope.contexts))

    def _const(self, node: nodes.Const, scope: Scope) -> Symbol:
        return Symbol((node.value,) * len(scope.regions))

    def _getattr(self, node: nodes.Getattr, scope: Scope) -> Symbol:
        return self._member(self.symbol(node.node, scope), node.attr, runtime.attribute)

    def _getitem(self, node: nodes.Getitem, scope: Scope) -> Symbol:
        index = node.arg.value if isinstance(node.arg, nodes.Const) else ""
        holder = self.symbol(node.node, scope)
        if isinstance(index, str):
            return self._member(holder, index, runtime.entry)
        values = tuple(runtime.entry(value, index) for value in holder.values)
        if holder.text is None:
            return Symbol(values)
        text = f"(index {operand(holder.text)} {index})"
        return Symbol(values, text, self._values.of_items(holder), (*holder.trail, ITEMS))

    def _member(self, holder: Symbol, name: str, look_up: Callable[[object, Any], object]) -> Symbol:
        values = tuple(look_up(value, name) for value in holder.values)
        if holder.text is None:
            return Symbol(values)
        spelled = camel_case(name) if any(record_fields(value) for value in holder.values) else name
        text = reference(operand(holder.text), (spelled,))
        return Symbol(values, text, self._values.of_member(holder, spelled), (*holder.trail, spelled))

    def _compare(self, node: nodes.Compare, scope: Scope) -> Symbol:
        left = self.symbol(node.expr, scope)
        results: list[Symbol] = []
        for each in node.ops:
            right = self.symbol(each.expr, scope)
            results.append(self._compared(each.op, left, right))
            left = right
        return results[0] if len(results) == 1 else self._conjunction("and", results)

    def _compared(self, name: str, left: Symbol, right: Symbol) -> Symbol:
        function, compare = _OPERATORS[name]
        try:
            values = tuple(compare(a, b) for a, b in zip(left.values, right.values, strict=True))
        except TypeError as error:
            raise ValueProblem(
                "template/values", f"the values do not fit: {error}.", "Compare like with like."
            ) from error
        if left.text is None and right.text is None:
            return Symbol(values)
        text = f"{function} {self._argument(left)} {self._argument(right)}"
        return Symbol(values, f"not ({text})" if name == "notin" else text)

    def _argument(self, symbol: Symbol) -> str:
        """Return an operand of a comparison: integers of values come as floats, which Go compares with no integer."""
        self._values.use(symbol)
        if symbol.text is None:
            return literal(symbol)
        whole = all(isinstance(value, int) and not isinstance(value, bool) for value in symbol.values)
        return f"(int64 {operand(symbol.text)})" if whole else operand(symbol.text)

    def _and(self, node: nodes.And, scope: Scope) -> Symbol:
        return self._either("and", node, scope)

    def _or(self, node: nodes.Or, scope: Scope) -> Symbol:
        return self._either("or", node, scope)

    def _either(self, function: str, node: nodes.And | nodes.Or, scope: Scope) -> Symbol:
        """Evaluate the right side only in the lanes that the left one leaves open: it may mean nothing elsewhere."""
        left = self.symbol(node.left, scope)
        decided = [bool(value) == (function == "or") for value in left.values]
        if all(decided):
            return left if left.text is None else self._undecided(function, left, node, scope)
        open_lanes = [lane for lane, done in enumerate(decided) if not done]
        right = self.symbol(node.right, scope.at(open_lanes))
        if left.text is None and len(open_lanes) == len(decided):
            return right
        others = dict(zip(open_lanes, right.values, strict=True))
        values = tuple(others.get(lane, value) for lane, value in enumerate(left.values))
        if left.text is None:
            return Symbol(values)
        if right.text is None and right.same and not isinstance(right.values[0], str | int):
            # Go can't write it, but its truth is known: it decides, or leaves the condition to the left side.
            decides = bool(right.values[0]) == (function == "or")
            return Symbol((function == "or",) * len(values)) if decides else left
        return replace(self._conjunction(function, [left, right]), values=values)

    def _undecided(self, function: str, left: Symbol, node: nodes.And | nodes.Or, scope: Scope) -> Symbol:
        """Return what the chart's values decide, though no region needs the right side: with it, if it means something.

        Where it means nothing, what stands in the branch means nothing either, and fails when Helm takes it.
        """
        try:
            right = self.symbol(node.right, scope)
            return replace(self._conjunction(function, [left, right]), values=left.values)
        except ValueProblem:
            return left

    def _conjunction(self, function: str, symbols: Sequence[Symbol]) -> Symbol:
        for symbol in symbols:
            self._values.use(symbol)
        values = tuple(all(row) for row in zip(*(symbol.values for symbol in symbols), strict=False))
        if all(symbol.text is None for symbol in symbols):
            return Symbol(values)
        texts = [operand(symbol.text) if symbol.text else literal(symbol) for symbol in symbols]
        if texts[0].startswith(f"({function} "):  # a or b or c
            texts[0] = texts[0][len(function) + 2 : -1]
        return Symbol(values, f"{function} {' '.join(texts)}")

    def _not(self, node: nodes.Not, scope: Scope) -> Symbol:
        inner = self.symbol(node.node, scope)
        self._values.use(inner)
        values = tuple(not value for value in inner.values)
        return Symbol(values, f"not {operand(inner.text)}" if inner.text else None)

    def _condition(self, node: nodes.CondExpr, scope: Scope) -> Symbol:
        test = self.symbol(node.test, scope)
        taken = [lane for lane, value in enumerate(test.values) if value]
        if len(taken) == len(test.values) and test.text is None:
            return self.symbol(node.expr1, scope)
        if not taken and test.text is None and node.expr2 is not None:
            return self.symbol(node.expr2, scope)
        if test.text is None or node.expr2 is None:
            raise unmarked("the condition of the expression", scope, test)
        first, second = self.symbol(node.expr1, scope), self.symbol(node.expr2, scope)
        for symbol in (test, first, second):
            self._values.use(symbol)
        values = tuple(a if t else b for t, a, b in zip(test.values, first.values, second.values, strict=True))
        sides = " ".join(operand(side.text) if side.text else literal(side) for side in (first, second))
        return Symbol(values, f"ternary {sides} (not (empty {operand(test.text)}))")

    def _concat(self, node: nodes.Concat, scope: Scope) -> Symbol:
        parts = [self.symbol(part, scope) for part in node.nodes]
        values = tuple(runtime.join(*row) for row in zip(*(part.values for part in parts), strict=True))
        if all(part.text is None for part in parts):
            return Symbol(values)
        lifted: list[str | Symbol] = []
        for part in parts:
            if part.text is None and not part.same:
                raise unmarked("a part of the string", scope, part)
            lifted.append(part if part.text else runtime.join(part.values[0]))
        return Symbol(values, printf(lifted), parts=tuple(lifted))

    def _call(self, node: nodes.Call, scope: Scope) -> Symbol:
        name, arguments = called(node)
        if name == "checksum":
            return self._checksum(self.symbol(arguments[0], scope))
        if name == "file":
            return self._file(node, scope)
        value = self.symbol(arguments[1], scope)
        if value.text is not None:  # inside a `range` the value comes with the item
            return value
        path = self._path(arguments[0], scope)
        if name == "regional" and value.same and not self._values.differs(path):
            return value
        root = "$.Values" if scope.deep else ".Values"
        return self._values.tune(path, scope.regions, value.values, root)

    def _file(self, node: nodes.Call, scope: Scope) -> Symbol:
        """Return the text of a file: a chart has it once, so what fills its places is the same in every lane."""
        name, words = included(node)
        symbols = {word: self.symbol(value, scope) for word, value in words.items()}
        for symbol in symbols.values():
            if symbol.text is not None or not symbol.same:
                raise unmarked("what fills a file", scope, symbol)
        text = filled(name, self._files[name], {word: symbol.values[0] for word, symbol in symbols.items()})
        return Symbol((text,) * len(scope.regions))

    def _path(self, node: nodes.Expr, scope: Scope) -> Path:
        """Return the path of a value: constants are cut at dots, what is computed is a name as it stands."""
        tokens = [""]
        for part in node.nodes if isinstance(node, nodes.Concat) else [node]:
            symbol = self.symbol(part, scope)
            if not symbol.same:
                raise unmarked("a part of the value's path", scope, symbol)
            if isinstance(part, nodes.Const):
                first, *rest = str(part.value).split(".")
                tokens[-1] += first
                tokens += rest
            else:
                tokens[-1] += runtime.join(symbol.values[0])
        return tuple(tokens)

    def _checksum(self, symbol: Symbol) -> Symbol:
        self._values.use(symbol)
        values = tuple(runtime.checksum(value) for value in symbol.values)
        return Symbol(values, f"toJson {operand(symbol.text)} | sha256sum | trunc 16" if symbol.text else None)

    _EVALUATIONS: ClassVar[Mapping[type[nodes.Node], Callable[["Evaluator", Any, Scope], Symbol]]] = {
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
