"""A checked template as a Python function that writes literal text and emitted values."""

import ast
from collections.abc import Callable, Mapping
from itertools import groupby

from generator.templating import emit, files, runtime
from generator.templating.language import Language
from generator.templating.shape import Anchor, Kind, Shape
from generator.templating.source import Body, Choice, Expression, Line, Loop, Path, Source

# Calls its second argument with piece after piece of the text.
Render = Callable[[dict[str, object], Callable[[str], None]], None]

# All that a compiled template can reach besides its context.
_NAMESPACE: Mapping[str, object] = {
    "__builtins__": {},
    "value": emit.value,
    "item": emit.item,
    "new_key": runtime.new_key,
    "keys": set,
    "attribute": runtime.attribute,
    "checksum": runtime.checksum,
    "entry": runtime.entry,
    "filled": files.filled,
    "join": runtime.join,
    "walk": runtime.walk,
    "walk_pairs": runtime.walk_pairs,
}


def program(source: Source, shape: Shape, language: Language) -> Render | None:
    """Return the template as a function; None if there are problems, which are noted in the source."""
    body = _Program(shape, language).body(source.body, ())
    if source.problems:
        return None
    module = ast.parse("def render(context, write): pass")
    module.body[0].body = [*ast.parse("steps = [0]").body, *body]  # type: ignore[attr-defined]
    ast.fix_missing_locations(module)
    namespace = dict(_NAMESPACE)
    exec(compile(module, source.name, "exec"), namespace)  # noqa: S102  (syntax built by us from a closed language)
    render: Render = namespace["render"]  # type: ignore[assignment]
    return render


class _Program:
    """Builds statements from the blocks of a source."""

    def __init__(self, shape: Shape, language: Language) -> None:
        self._shape, self._language = shape, language
        self._variables = 0
        places = [(index, place) for index, place in shape.places.items() if place.kind is Kind.KEY]
        # Mappings with keys from expressions keep the set of their keys, so that none can come twice.
        self._key_sets: dict[Anchor, str] = {place.anchor: f"keys{index}" for index, place in places}

    def body(self, body: Body, path: Path) -> list[ast.stmt]:
        """Return the statements for a body; path is where it stands."""
        statements = [self._new_key_set(anchor, name) for anchor, name in self._key_sets.items() if anchor.path == path]
        text: list[str | ast.expr] = []
        for part in body:
            if isinstance(part, Line):
                self._line(part, text)
                continue
            _flush(text, statements)
            statements.append(self._choice(part) if isinstance(part, Choice) else self._loop(part))
        _flush(text, statements)
        return statements or [ast.Pass()]

    def _line(self, line: Line, text: list[str | ast.expr]) -> None:
        position = 0
        for expression in line.expressions:
            before = line.text[position : expression.column]
            place = self._shape.places.get(expression.index)
            if place and place.kind is Kind.VALUE:
                before = before.removesuffix(" ")  # a block leaves no space behind its colon
            text.append(before)
            text.append(self._emitted(expression))
            position = expression.column + expression.width
        text.append(line.text[position:] + "\n")

    def _emitted(self, expression: Expression) -> ast.expr:
        translated = self._language.translate(expression, emitted=True)
        place = self._shape.places.get(expression.index)
        if place is None:
            return translated  # a problem has been noted
        if place.kind is Kind.KEY:
            key_set = self._language.at(ast.Name(self._key_sets[place.anchor], ast.Load()))
            return self._language.call("new_key", translated, key_set)
        column = self._language.at(ast.Constant(place.column))
        return self._language.call(place.kind.value, translated, column)

    def _choice(self, choice: Choice) -> ast.stmt:
        orelse: list[ast.stmt] = []
        for number in reversed(range(len(choice.alternatives))):
            test, body = choice.alternatives[number]
            statements = self.body(body, (*choice.path, (choice.ident, number)))
            orelse = [ast.If(self._language.translate(test), statements, orelse)] if test else statements
        return orelse[0]

    def _loop(self, loop: Loop) -> ast.stmt:
        walked = self._language.translate(loop.values)
        function = "walk" if len(loop.targets) == 1 else "walk_pairs"
        values = self._language.call(function, walked, self._language.at(ast.Name("steps", ast.Load())))
        if not self._language.bindable(loop.values, loop.targets):
            return ast.Pass()
        variables = {name: f"v{self._variables + number}" for number, name in enumerate(loop.targets)}
        self._variables += len(loop.targets)
        targets = [self._language.at(ast.Name(variable, ast.Store())) for variable in variables.values()]
        target = targets[0] if len(targets) == 1 else self._language.at(ast.Tuple(list(targets), ast.Store()))
        self._language.enter_loop(variables)
        body = self.body(loop.body, (*loop.path, (loop.ident, 0)))
        self._language.leave_loop()
        return ast.For(target, values, body, [])

    def _new_key_set(self, anchor: Anchor, name: str) -> ast.stmt:
        literal = ast.Tuple([ast.Constant(key) for key in sorted(self._shape.keys.get(anchor, ()))], ast.Load())
        return ast.Assign([ast.Name(name, ast.Store())], ast.Call(ast.Name("keys", ast.Load()), [literal], []))


def _flush(text: list[str | ast.expr], statements: list[ast.stmt]) -> None:
    """Turn the collected text into one statement that writes it."""
    merged: list[ast.expr] = []
    for literal, group in groupby(text, key=lambda part: isinstance(part, str)):
        if literal:
            merged.append(ast.Constant("".join(part for part in group if isinstance(part, str))))
        else:
            merged += [ast.FormattedValue(part, -1) for part in group if isinstance(part, ast.expr)]
    if merged:
        statements.append(ast.Expr(ast.Call(ast.Name("write", ast.Load()), [ast.JoinedStr(merged)], [])))
    text.clear()
