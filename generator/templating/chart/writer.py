"""Writes the template of a chart: walks a template's blocks in all lanes at once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from generator.base.problem import Problem
from generator.templating import runtime
from generator.templating.chart import text
from generator.templating.chart.evaluate import Evaluator
from generator.templating.chart.scope import Scope, unmarked
from generator.templating.chart.symbol import Symbol, operand
from generator.templating.chart.values import ITEMS, Values, quoted
from generator.templating.engine import Parts
from generator.templating.quoting import ValueProblem
from generator.templating.shape import Kind
from generator.templating.source import Body, Choice, Expression, Line, Loop

_T = TypeVar("_T")


class Writer:
    """Writes one template; what the chart cannot say is collected in problems."""

    def __init__(self, parts: Parts, values: Values) -> None:
        self._source, self._places, self._parsed = parts.source, parts.shape.places, parts.expressions
        self._values = values
        self._evaluator = Evaluator(values, parts.files)
        self.problems: list[Problem] = []

    def write(self, scope: Scope) -> str:
        """Return the text of the chart's template."""
        return "".join(self._body(self._source.body, scope))

    def _body(self, body: Body, scope: Scope) -> Iterator[str]:
        for part in body:
            if isinstance(part, Line):
                yield from self._line(part, scope)
            elif isinstance(part, Choice):
                yield from self._choice(part, scope)
            else:
                yield from self._loop(part, scope)

    def _line(self, line: Line, scope: Scope) -> Iterator[str]:
        position = 0
        pieces: list[str] = []
        for expression in line.expressions:
            place = self._places[expression.index]
            before = line.text[position : expression.column]
            emitted = self._guarded(expression, lambda each: self._emitted(each, scope)) or ""
            # A block leaves no blank behind its colon or dash.
            bare = place.kind is Kind.VALUE or emitted.startswith("\n")
            pieces += [text.escaped(before.removesuffix(" ") if bare else before), emitted]
            position = expression.column + expression.width
        yield "".join([*pieces, text.escaped(line.text[position:]), "\n"])

    def _emitted(self, expression: Expression, scope: Scope) -> str:
        place = self._places[expression.index]
        symbol = self._symbol(expression, scope)
        if symbol.text is not None:
            self._values.use(symbol)
            return text.reference(symbol, place)
        if not symbol.same:
            raise unmarked("the value", scope, symbol)
        return text.constant(symbol, place)

    def _symbol(self, expression: Expression, scope: Scope) -> Symbol:
        return self._evaluator.symbol(self._parsed[expression.text], scope)

    def _choice(self, choice: Choice, scope: Scope) -> Iterator[str]:
        """Write the alternative that all lanes take, or an action for what the chart's values decide."""
        open_lanes = list(range(len(scope.regions)))
        keyword = "if"
        indent = _indent(choice)
        for test, body in choice.alternatives:
            # Once every lane has taken an earlier alternative, the later ones are judged by all lanes.
            here = scope.at(open_lanes) if open_lanes else scope
            symbol = self._test(test, here)
            if symbol is None:
                break
            if symbol.text is None:
                if not symbol.values[0]:
                    continue
                if keyword == "if":
                    yield from self._body(body, scope)
                    return
                yield f"{indent}{{{{- else }}}}\n"
                yield from self._alternative(body, scope, open_lanes, "", indent)
                break
            yield f"{indent}{{{{- {keyword} {symbol.text} }}}}\n"
            taken = [lane for lane, value in zip(open_lanes, symbol.values, strict=False) if value]
            yield from self._alternative(body, scope, taken, symbol.text, indent)
            open_lanes = [lane for lane in open_lanes if lane not in taken]
            keyword = "else if"
        if keyword != "if":
            yield f"{indent}{{{{- end }}}}\n"

    def _test(self, test: Expression | None, scope: Scope) -> Symbol | None:
        """Return what an alternative's test means (an `else` is true); None if it means nothing, which is noted."""
        if test is None:
            return Symbol((True,) * len(scope.regions))
        return self._guarded(test, lambda each: self._truth(each, scope))

    def _truth(self, test: Expression, scope: Scope) -> Symbol:
        symbol = self._symbol(test, scope)
        truths = Symbol(tuple(bool(value) for value in symbol.values), symbol.text)
        if truths.text is None and not truths.same:
            raise unmarked("the condition", scope, truths)
        self._values.use(symbol)
        return truths

    def _alternative(self, body: Body, scope: Scope, taken: Sequence[int], test: str, indent: str) -> Iterator[str]:
        """Write a body that values of the chart decide on.

        As for all lanes if it means something in all, so that whoever changes the values gets what the spec would give;
        else for those that take it; else a failure.
        """
        for lanes in (range(len(scope.regions)), taken):
            if lanes:
                problems, mark = len(self.problems), self._values.mark()
                written = list(self._body(body, scope.at(lanes)))
                if len(self.problems) == problems or lanes is taken:
                    yield from written
                    return
                del self.problems[problems:]
                self._values.undo(mark)
        why = f"{test}: the spec has nothing for this; change it there and render again"
        yield f"{indent}{{{{- fail {quoted(why)} }}}}\n"

    def _loop(self, loop: Loop, scope: Scope) -> Iterator[str]:
        symbol = self._guarded(loop.values, lambda each: self._list(each, scope, len(loop.targets)))
        if symbol is not None:
            yield from self._unrolled(loop, scope, symbol) if symbol.text is None else self._ranged(loop, scope, symbol)

    def _list(self, expression: Expression, scope: Scope, names: int) -> Symbol:
        """Return what a loop walks: the items of each lane as a tuple."""
        symbol = self._symbol(expression, scope)
        rows = tuple(tuple(_items(value, names)) for value in symbol.values)
        if symbol.text is None and len({len(row) for row in rows}) > 1:
            raise unmarked("the list of the loop", scope, symbol)
        walked = (list | tuple, Mapping)[min(names, 2) - 1]
        if symbol.text and (names > 2 or not all(isinstance(value, walked) for value in symbol.values)):
            raise ValueProblem(
                "render/loop",
                "a chart can only walk a list by one name, or a mapping by two.",
                "Let Python pass a list of records and name one in 'for', or a mapping and name its key and its value.",
            )
        return replace(symbol, values=rows)

    def _unrolled(self, loop: Loop, scope: Scope, symbol: Symbol) -> Iterator[str]:
        """Write the body once for each item, as the manifests have it."""
        for items in zip(*(_row(value) for value in symbol.values), strict=True):
            if len(loop.targets) == 1:
                names = {loop.targets[0]: Symbol(items)}
            else:
                columns = zip(*(_row(each) for each in items), strict=True)
                names = {name: Symbol(column) for name, column in zip(loop.targets, columns, strict=True)}
            yield from self._body(loop.body, scope.binding(names))

    def _ranged(self, loop: Loop, scope: Scope, symbol: Symbol) -> Iterator[str]:
        """Write a `range` over a list or a mapping of the chart; each item of each lane is a lane of its body."""
        indent = _indent(loop)
        variables = [f"${''.join(each if each.isascii() else '_' for each in name)}" for name in loop.targets]
        yield f"{indent}{{{{- range {', '.join(variables)} := {operand(symbol.text or '')} }}}}\n"
        lanes = [lane for lane, row in enumerate(symbol.values) for _ in _row(row)]
        items = [each if len(variables) > 1 else (each,) for row in symbol.values for each in _row(row)]
        schema = self._values.of_entries(symbol) if len(variables) > 1 else self._values.of_items(symbol)
        example = _example(schema)
        if not lanes and example is not None:
            # No region has an item, and whoever installs the chart may add one.
            lanes = list(range(len(scope.regions)))
            items = [(*[""] * (len(variables) - 1), example)] * len(lanes)
        if lanes:
            columns = zip(*(_row(each) for each in items), strict=True)
            bound = [Symbol(column, variable) for column, variable in zip(columns, variables, strict=True)]
            bound[-1] = replace(bound[-1], schema=schema, trail=(*symbol.trail, ITEMS))
            names = dict(zip(loop.targets, bound, strict=True))
            yield from self._body(loop.body, scope.at(lanes).binding(names, deep=True))
        else:
            self._values.use(symbol)
            yield f"{indent}{{{{- fail {quoted('the spec has no such item; add it there and render again')} }}}}\n"
        yield f"{indent}{{{{- end }}}}\n"

    def _guarded(self, expression: Expression, function: Callable[[Expression], _T]) -> _T | None:
        """Return what the function makes of an expression; None if that is a problem, which is noted with its place."""
        try:
            return function(expression)
        except ValueProblem as problem:
            self.problems.append(
                Problem(
                    rule=problem.rule,
                    message=problem.message,
                    hint=problem.hint,
                    file=self._source.name,
                    line=expression.line,
                    column=expression.column + 1,
                )
            )
            return None


def _items(value: object, names: int) -> Sequence[object]:
    """Return what a `for` walks in a value; several names take items of as many parts."""
    if not isinstance(value, list | tuple | Mapping):
        raise ValueProblem(
            "template/type",
            f"'for' cannot walk a value of type {type(value).__name__}.",
            "Let Python pass a list, a tuple or a mapping.",
        )
    if names == 2 and isinstance(value, Mapping):
        return tuple(runtime.walk_pairs(value, [0]))
    if names > 1 and any(not isinstance(each, list | tuple) or len(each) != names for each in value):
        raise ValueProblem(
            "template/values", f"an item does not have {names} parts.", "Unpack what has as many parts as names."
        )
    return tuple(value)


def _example(schema: Mapping[str, object] | None) -> object:
    """Return a value of the type that a schema demands, if that has no members by name; None: none is known."""
    types: Mapping[object, object] = {"string": "", "integer": 0, "boolean": False, "object": {}}
    kind = (schema or {}).get("type")
    return types.get(kind) if isinstance(kind, str) and "properties" not in (schema or {}) else None


def _row(value: object) -> tuple[object, ...]:
    """Return a value that is known to be a sequence."""
    return tuple(value) if isinstance(value, list | tuple) else ()


def _indent(part: Choice | Loop) -> str:
    """Return the blanks before what stands in a block: its actions are indented like that."""
    bodies = [part.body] if isinstance(part, Loop) else [body for _, body in part.alternatives]
    for body in bodies:
        for inner in body:
            if not isinstance(inner, Line):
                return _indent(inner)
            if inner.text:
                return inner.text[: len(inner.text) - len(inner.text.lstrip(" "))]
    return ""
