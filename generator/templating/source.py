"""The text of a template as lines, expressions and blocks, with the place of each; says what stands where it may not.

The grammar is a part of Jinja2's: every template that is accepted here is a Jinja2 template, and means the same there,
but for `for name, value in mapping`, which walks the entries of a mapping as Go templates do.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from generator.base.characters import forbidden
from generator.base.problem import Problem

# One character for each expression when the text is parsed as YAML; so the text itself may hold none of them.
FIRST_PLACEHOLDER, MAX_EXPRESSIONS = 0xE000, 6400
PLACEHOLDER = re.compile("[\ue000-\uf8ff]")
_MAX_NESTING = 8  # blocks within blocks: the body of each loop is parsed twice

_STRING = r""" "(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*' """
_EXPRESSION = re.compile(rf"\[\[[ ]((?:{_STRING}|\[(?:{_STRING}|[^\[\]\"'])*\]|[^\[\]\"'])*?)[ ]\]\]", re.VERBOSE)
_OPENING = re.compile(r"\[[\[%#]")
_TAG = re.compile(r" *\[% (\w+)(?: (.*))? %\]")
_FOR = re.compile(r"([^\W\d]\w*(?:, ?[^\W\d]\w*)*) in (.+)")
_MISPLACED = {
    "[[": (
        "expression",
        "'[[' begins an expression, and none that ends on this line follows.",
        "Write [[ name ]] with a space inside each delimiter; write a YAML sequence of sequences as a block.",
    ),
    "[%": (
        "tag",
        "a control tag stands on a line of its own.",
        "Write [% if name %] with one space inside each delimiter and nothing beside it.",
    ),
    "[#": ("comment", "a comment stands on lines of its own.", "Move it."),
}
_IDENTIFIER = re.compile(r"[^\W\d]\w*")

# The blocks that something stands in, outermost first: each block's number and which of its alternatives.
Path = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Expression:
    """One expression: its text and its place (line from 1, column from 0, width with the delimiters)."""

    index: int
    line: int
    column: int
    text: str
    width: int = 0

    @property
    def placeholder(self) -> str:
        """A plain YAML scalar of the same width that stands for the expression."""
        return chr(FIRST_PLACEHOLDER + self.index) * self.width


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text, without its line break, and where it stands."""

    number: int
    text: str
    expressions: tuple[Expression, ...]
    path: Path


@dataclass(slots=True)
class Choice:
    """An `if` with its alternatives (test and body; the test of `else` is None)."""

    line: int
    ident: int
    path: Path
    alternatives: list[tuple[Expression | None, "Body"]] = field(default_factory=list)


@dataclass(slots=True)
class Loop:
    """A `for` over one expression, with the names that it binds."""

    line: int
    ident: int
    path: Path
    targets: tuple[str, ...]
    values: Expression
    body: "Body" = field(default_factory=list)


Body = list[Line | Choice | Loop]


@dataclass(slots=True)
class Source:
    """A scanned template: its body, and the problems that were found."""

    name: str
    body: Body = field(default_factory=list)
    expressions: list[Expression] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    loops: set[int] = field(default_factory=set)  # the numbers of the blocks that are loops

    def lines(self) -> Iterator[Line]:
        """Yield all lines of text in their order, whatever blocks they stand in."""
        bodies = [iter(self.body)]
        while bodies:
            part = next(bodies[-1], None)
            if part is None:
                bodies.pop()
            elif isinstance(part, Line):
                yield part
            elif isinstance(part, Loop):
                bodies.append(iter(part.body))
            else:
                bodies.extend(iter(body) for _, body in reversed(part.alternatives))

    def problem(self, line: int, column: int, rule: str, message: str, hint: str) -> None:
        """Note a problem at the line (from 1) and column (from 0)."""
        self.problems.append(
            Problem(rule=f"template/{rule}", message=message, hint=hint, file=self.name, line=line, column=column + 1)
        )


def scan(name: str, text: str) -> Source:
    """Return the template as lines and blocks. Problems are collected in it, and the rest is scanned all the same."""
    source = Source(name)
    scanner = _Scanner(source)
    for number, line in _uncommented(source, text):
        _check_characters(source, number, line)
        scanner.line(number, line)
    scanner.end()
    if text and not text.endswith("\n"):
        source.problem(text.count("\n") + 1, 0, "text", "the last line has no line break.", "End the file with one.")
    return source


def _uncommented(source: Source, text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines and their numbers, without Jinja's comments, which stand on lines of their own."""
    begun = 0
    for number, line in enumerate(text.removesuffix("\n").split("\n") if text else (), start=1):
        if not begun and line.lstrip(" ").startswith("[#"):
            begun = number
        if not begun:
            yield number, line
        elif "#]" in line:
            if not line.endswith("#]") or line.index("#]") != len(line) - 2:
                source.problem(
                    number,
                    line.index("#]"),
                    "comment",
                    "text follows a comment.",
                    "Put comments on lines of their own.",
                )
            begun = 0
    if begun:
        source.problem(begun, 0, "comment", "a comment has no end.", "Close it with '#]'.")


def _check_characters(source: Source, number: int, line: str) -> None:
    found = forbidden(line)
    if found:
        source.problem(number, 0, "text", f"the line holds {found}, which no manifest may hold.", "Remove it.")
    if "\t" in line:
        source.problem(number, line.index("\t"), "text", "the line holds a tab.", "Use spaces.")
    if line != line.rstrip():
        source.problem(number, len(line.rstrip()), "text", "the line ends in blanks.", "Remove them.")
    private = PLACEHOLDER.search(line)
    if private:
        source.problem(
            number, private.start(), "text", f"U+{ord(private.group()):04X} is for private use.", "Pass it as a value."
        )


class _Scanner:
    """Builds the blocks of a source line by line; keeps the blocks that are open."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._open: list[Choice | Loop] = []
        self._blocks = 0

    def line(self, number: int, line: str) -> None:
        tag = _TAG.fullmatch(line)
        if tag and "[%" not in (tag[2] or "") and "%]" not in (tag[2] or ""):
            self._tag(number, tag)
        else:
            path, body = self._place()
            body.append(Line(number, line, tuple(self._expressions(number, line)), path))

    def end(self) -> None:
        for block in self._open:
            keyword = "if" if isinstance(block, Choice) else "for"
            self._problem(block.line, 0, f"'{keyword}' has no end.", f"Close it with [% end{keyword} %].")

    def _place(self) -> tuple[Path, Body]:
        """Return where the next line belongs."""
        if not self._open:
            return (), self._source.body
        block = self._open[-1]
        if isinstance(block, Loop):
            return (*block.path, (block.ident, 0)), block.body
        return (*block.path, (block.ident, len(block.alternatives) - 1)), block.alternatives[-1][1]

    def _problem(self, line: int, column: int, message: str, hint: str, rule: str = "tag") -> None:
        self._source.problem(line, column, rule, message, hint)

    def _expressions(self, number: int, line: str) -> Iterator[Expression]:
        position = 0
        while opening := _OPENING.search(line, position):
            found = _EXPRESSION.match(line, opening.start())
            if opening.group() != "[[" or not found:
                rule, message, hint = _MISPLACED[opening.group()]
                self._problem(number, opening.start(), message, hint, rule)
                return
            index = len(self._source.expressions)
            if index == MAX_EXPRESSIONS:
                self._problem(number, found.start(), "the template has too many expressions.", "Split it.", "size")
                return
            expression = Expression(index, number, found.start(), found[1], len(found[0]))
            self._source.expressions.append(expression)
            yield expression
            position = found.end()

    def _tag(self, number: int, tag: re.Match[str]) -> None:
        keyword, rest, column = tag[1], tag[2] or "", tag.start(1)
        innermost = self._open[-1] if self._open else None
        if keyword == "if":
            path, body = self._place()
            test = Expression(-1, number, tag.start(2), rest)
            self._enter(Choice(number, self._blocks, path, [(test, [])]), body)
        elif keyword == "for":
            self._for(number, rest, tag)
        elif keyword in ("elif", "else"):
            test = Expression(-1, number, tag.start(2), rest)
            if not isinstance(innermost, Choice):
                self._problem(number, column, f"'{keyword}' belongs to no 'if'.", "Only 'if' has alternatives.")
            elif innermost.alternatives[-1][0] is None:
                self._problem(number, column, f"'{keyword}' follows 'else'.", "Put 'else' last, and once.")
            else:
                innermost.alternatives.append((test if keyword == "elif" else None, []))
        elif keyword in ("endif", "endfor"):
            if isinstance(innermost, Choice if keyword == "endif" else Loop):
                self._open.pop()
            else:
                self._problem(number, column, f"'{keyword}' closes nothing.", "Close the innermost block first.")
        else:
            hint = "Only if, elif, else and for arrange a template: let Python do the rest."
            self._problem(number, column, f"the tag '{keyword}' is not for templates.", hint)
        if keyword in ("else", "endif", "endfor") and rest:
            self._problem(number, column, f"'{keyword}' stands alone.", f"Remove '{rest}'.")

    def _for(self, number: int, rest: str, tag: re.Match[str]) -> None:
        parts = _FOR.fullmatch(rest)
        path, body = self._place()
        if parts:
            targets = tuple(_IDENTIFIER.findall(parts[1]))
            values = Expression(-1, number, tag.start(2) + parts.start(2), parts[2])
            if " if " in parts[2] and " else " not in parts[2]:
                hint = "Let Python pass the values that are wanted."
                self._problem(number, tag.start(1), "'for' takes no condition.", hint)
        else:
            self._problem(number, tag.start(1), "'for' has another form.", "Write [% for name in values %].")
            targets, values = (), Expression(-1, number, 0, "")
        self._source.loops.add(self._blocks)
        self._enter(Loop(number, self._blocks, path, targets, values), body)

    def _enter(self, block: Choice | Loop, body: Body) -> None:
        if len(self._open) == _MAX_NESTING:
            message = f"more than {_MAX_NESTING} blocks stand in one another."
            self._problem(block.line, 0, message, "Let Python arrange the values.")
        body.append(block)
        self._open.append(block)
        self._blocks += 1
