"""The walk over the YAML of a template: placeholders stand in for the expressions, and each must be a whole node.

Every variant of the template is parsed, and the events show where the placeholders are and what cannot be vouched for.
"""

import re
from collections.abc import Iterator

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
)

from generator.templating.quoting import is_ambiguous
from generator.templating.shape import Anchor, Kind, Place, Shape, check
from generator.templating.source import FIRST_PLACEHOLDER, PLACEHOLDER, Expression, Line, Source
from generator.templating.variants import variants

_TYPED = re.compile(r"true|false|null|-?(0|[1-9][0-9]*)(\.[0-9]+)?")  # what readers of all versions agree on
_BEFORE_ITEM = re.compile(r" *(- )+")
_BEFORE_KEY = re.compile(r" *(- )*")
_HEAD = ("apiVersion", "kind", "metadata")

# A walked node: its event, and the entries of a mapping (the key's event and the walked value), in order.
Entries = list[tuple[ScalarEvent, "Node"]]
Node = tuple[Event, Entries]


def examine(source: Source, *, objects: bool = True) -> Shape:
    """Return the places of the expressions; problems are noted in the source.

    objects: whether each document is a Kubernetes object, whose identity has to be legible.
    """
    shape = Shape()
    for lines in variants(source.body):
        text = "".join(f"{_with_placeholders(line)}\n" for line in lines)
        try:
            events = list(yaml.parse(text, Loader=yaml.CSafeLoader))
        except yaml.MarkedYAMLError as error:
            _note_syntax(source, lines, error)
        else:
            _Walk(source, shape, lines, iter(events), objects=objects).stream()
    if not source.problems:
        check(source, shape)
    return shape


class _Walk:
    """One variant's events, taken one by one; what they show goes into the shape and the source's problems."""

    def __init__(
        self, source: Source, shape: Shape, lines: list[Line], events: Iterator[Event], *, objects: bool
    ) -> None:
        self._source, self._shape, self._lines, self._events = source, shape, lines, events
        self._objects = objects

    def stream(self) -> None:
        """Walk the documents."""
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                self._document(event)

    def _document(self, start: DocumentStartEvent) -> None:
        line = self._line(start) if start.explicit else None
        if line and line.text != "---":
            self._problem(start, "document", "a document begins with other text than '---'.", "Write '---' alone.")
        anchor = Anchor(line.number if line else 0, -2, line.path if line else ())
        first = next(self._events)
        if isinstance(first, ScalarEvent) and not first.value and not first.style:
            return
        if not isinstance(first, MappingStartEvent) or first.flow_style:
            message = "a document of a template is a mapping in block style."
            hint = "Begin it with 'apiVersion:'." if self._objects else "Write keys and values below one another."
            self._problem(first, "document", message, hint)
            self._skip(first)
        else:
            _, entries = self._node(first, anchor, Kind.VALUE)
            if self._objects:
                self._check_head(first, entries)

    def _check_head(self, first: Event, entries: Entries) -> None:
        """See to it that the identity of an object can be read from its text without parsing it."""
        if tuple(key.value for key, _ in entries[:3]) != _HEAD:
            message = "a document does not begin with the keys apiVersion, kind and metadata, whatever the branches."
            self._problem(first, "head", message, "Put these three first, in this order, outside of any 'if'.")
            return
        for _, (value, _) in entries[:2]:
            self._check_head_scalar(value)
        metadata, metadata_entries = entries[2][1]
        if isinstance(metadata, MappingStartEvent) and not metadata.flow_style:
            named = {key.value: value for key, (value, _) in metadata_entries}
            if "name" not in named:
                self._problem(metadata, "head", "metadata has no name, whatever the branches.", "Add 'name:' to it.")
            for key in ("name", "namespace"):
                if key in named:
                    self._check_head_scalar(named[key])
        elif not (isinstance(metadata, ScalarEvent) and PLACEHOLDER.match(metadata.value)):
            self._problem(metadata, "head", "metadata is no mapping in block style.", "Write 'name:' below it.")

    def _check_head_scalar(self, value: Event) -> None:
        text = self._line(value).text
        end = value.end_mark.column if value.end_mark else 0
        whole = isinstance(value, ScalarEvent) and end == len(text) and value.style not in ("|", ">")
        if not whole or "\\" in text:
            message = "what identifies an object is not one scalar at the end of its line."
            self._problem(value, "head", message, "Write 'key: value' with nothing behind it and no escapes.")

    def _node(self, event: Event, anchor: Anchor, kind: Kind) -> Node:
        entries: Entries = []
        if isinstance(event, AliasEvent) or (isinstance(event, NodeEvent) and (event.anchor or _tag(event))):
            message = "anchors, aliases and tags are not for templates."
            self._problem(event, "yaml", message, "Write the value out, or let Python pass it.")
            self._skip(event)
        elif isinstance(event, CollectionStartEvent) and not event.flow_style:
            if _column(event) != anchor.column + 2:
                message = "a block is not indented by two more than what it belongs to."
                self._problem(event, "indent", message, f"Let it begin at column {anchor.column + 3}.")
            if isinstance(event, MappingStartEvent):
                entries = self._mapping(anchor)
            else:
                self._sequence(anchor, _column(event))
        else:
            if self._line(event).number != anchor.line:
                self._child(event, anchor, "scalar")
            if isinstance(event, CollectionStartEvent):
                self._flow(event)
            elif isinstance(event, ScalarEvent):
                self._scalar(event, anchor, kind)
        return event, entries

    def _mapping(self, anchor: Anchor) -> Entries:
        entries: Entries = []
        for event in self._events:
            if isinstance(event, MappingEndEvent):
                break
            line = self._child(event, anchor, "mapping")
            own = Anchor(line.number, _column(event), line.path)
            if isinstance(event, ScalarEvent):
                self._scalar(event, anchor, Kind.KEY)
                if not PLACEHOLDER.search(event.value):
                    uses = self._shape.keys.setdefault(anchor, {}).setdefault(event.value, set())
                    uses.add((line.number, line.path))
                entries.append((event, self._node(next(self._events), own, Kind.VALUE)))
            else:
                self._problem(event, "yaml", "a key is no scalar.", "Keys of manifests are strings.")
                self._skip(event)
                self._skip(next(self._events))
        return entries

    def _sequence(self, anchor: Anchor, dash: int) -> None:
        for event in self._events:
            if isinstance(event, SequenceEndEvent):
                break
            line = self._child(event, anchor, "sequence")
            before = line.text[: _column(event)]
            empty = isinstance(event, ScalarEvent) and not event.value and not event.style
            if not empty and not _BEFORE_ITEM.fullmatch(before):
                message = "an item does not follow its dash after one space."
                self._problem(event, "indent", message, "Write '- ' and the item behind it.")
            self._node(event, Anchor(line.number, dash, line.path), Kind.ITEM)

    def _child(self, event: Event, anchor: Anchor, kind: str) -> Line:
        line = self._line(event)
        self._shape.children.setdefault(anchor, set()).add((kind, line.path))
        if line.path[: len(anchor.path)] != anchor.path:
            message = "what stands here and what it belongs to are in different branches."
            self._problem(event, "branches", message, "Put both into the same branch.")
        return line

    def _flow(self, start: CollectionStartEvent) -> None:
        events = self._skip(start)
        for event in events:
            for expression in self._expressions(event):
                message = "the expression stands in a flow collection."
                self._refuse(expression, message, "Write the collection as a block.")
        self._check_one_branch(start, events[-1])

    def _skip(self, event: Event) -> list[Event]:
        """Return the events of a node from its first to its last, unjudged."""
        events, depth = [event], 0
        while True:
            depth += isinstance(events[-1], CollectionStartEvent)
            depth -= isinstance(events[-1], CollectionEndEvent)
            if not depth:
                return events
            events.append(next(self._events))

    def _scalar(self, event: ScalarEvent, anchor: Anchor, kind: Kind) -> None:
        expressions = self._expressions(event)
        for expression in expressions:
            if event.style in ("'", '"'):
                self._refuse(expression, "the expression stands in quotes.", "Remove them: the engine quotes.")
            elif event.style:
                hint = "Build the text in Python and let one expression stand for it."
                self._refuse(expression, "the expression stands in a block scalar.", hint)
            elif event.value != expression.placeholder:
                hint = "Let one expression stand for the whole: '~' joins strings, as in [[ \"a/\" ~ b ]]."
                self._refuse(expression, "the expression stands for part of a scalar.", hint)
            else:
                self._place(expression, self._line(event), anchor, kind)
        if not expressions:
            self._check_one_branch(event, event)
            self._check_literal(event, kind)

    def _place(self, expression: Expression, line: Line, anchor: Anchor, kind: Kind) -> None:
        before = line.text[: expression.column]
        after = line.text[expression.column + expression.width :]
        if kind is Kind.KEY and not (_BEFORE_KEY.fullmatch(before) and after.startswith(":")):
            self._refuse(expression, "the key does not stand right before its colon.", "Write '[[ name ]]: value'.")
        elif kind is not Kind.KEY and after:
            self._refuse(expression, "text follows the expression.", "Put comments on lines of their own.")
        elif kind is Kind.VALUE and line.number != anchor.line:
            self._refuse(
                expression, "the expression stands on a line of its own under its key.", "Put it behind the colon."
            )
        elif kind is Kind.VALUE and not before.endswith(": "):
            self._refuse(expression, "the value does not follow its colon after one space.", "Leave one space.")
        else:
            column = anchor.column + 2 if kind is Kind.VALUE else expression.column
            self._shape.places[expression.index] = Place(kind, column, anchor)

    def _check_literal(self, event: ScalarEvent, kind: Kind) -> None:
        if event.style or not event.value or not is_ambiguous(event.value):
            return
        if kind is Kind.KEY or not _TYPED.fullmatch(event.value):
            message = f"'{event.value}' means different things to different YAML readers."
            self._problem(event, "ambiguous", message, "Quote it, or write true, false, null or a decimal number.")

    def _check_one_branch(self, first: Event, last: Event) -> None:
        """Refuse control tags within a scalar or a flow collection."""
        start, end = first.start_mark, last.end_mark
        lines = self._lines[start.line : end.line + (end.column > 0)] if start and end else []
        if isinstance(first, ScalarEvent) and first.style in ("|", ">"):
            self._shape.scalar_lines.update(line.number for line in lines[1:])
        if len({line.path for line in lines if line.text}) > 1:
            message = "a control tag stands within a scalar or a flow collection."
            self._problem(first, "branches", message, "Build the value in Python, or write a block.")

    def _expressions(self, event: Event) -> list[Expression]:
        found = dict.fromkeys(PLACEHOLDER.findall(event.value) if isinstance(event, ScalarEvent) else ())
        return [self._source.expressions[ord(character) - FIRST_PLACEHOLDER] for character in found]

    def _line(self, event: Event) -> Line:
        line = event.start_mark.line if event.start_mark else 0
        return self._lines[min(line, len(self._lines) - 1)]

    def _refuse(self, expression: Expression, message: str, hint: str) -> None:
        self._source.problem(expression.line, expression.column, "place", message, hint)

    def _problem(self, event: Event, rule: str, message: str, hint: str) -> None:
        self._source.problem(self._line(event).number, _column(event), rule, message, hint)


def _column(event: Event) -> int:
    return event.start_mark.column if event.start_mark else 0


def _tag(event: NodeEvent) -> str | None:
    return getattr(event, "tag", None)


def _with_placeholders(line: Line) -> str:
    text = line.text
    for expression in line.expressions:
        end = expression.column + expression.width
        text = text[: expression.column] + expression.placeholder + text[end:]
    return text


def _note_syntax(source: Source, lines: list[Line], error: yaml.MarkedYAMLError) -> None:
    mark = error.problem_mark or error.context_mark
    position = min(mark.line, len(lines) - 1) if mark else 0
    line = lines[position]
    hint = "An expression stands for a whole key, value or item." if line.expressions else "Mend the YAML."
    source.problem(line.number, mark.column if mark else 0, "yaml", f"the text is not YAML: {error.problem}.", hint)
