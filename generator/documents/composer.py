"""From libyaml's events to plain values, with every limit on the way. Loaded only when a document is read."""

from typing import TYPE_CHECKING, Any

from yaml import (
    AliasEvent,
    CLoader,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
    YAMLError,
)

from generator.base.characters import forbidden
from generator.base.problem import Problem
from generator.documents.node import Node, json_path
from generator.documents.scalars import KEYWORDS, Ambiguous, resolve, short

if TYPE_CHECKING:
    from collections.abc import Callable

    from generator.documents.positions import Position

DEPTH_LIMIT = 40
"""Mappings and sequences inside each other."""
NODE_LIMIT = 200_000
"""Values in a document, each alias counted as the values that it stands for."""

PROBLEM_LIMIT = 1_000
"""Problems of one document: more say nothing that these do not."""

_MISSING: Any = object()


def compose(text: str, shown: str) -> tuple[Node, list[Problem]]:
    """Return the values of the document in `text`, as far as they could be made out, and its problems in any order."""
    composer = _Composer(text, shown)
    document: Node = None
    try:
        document = composer.document()
    except YAMLError as error:
        from generator.documents.syntax import syntax_problem  # noqa: PLC0415  (only a mistake pays for it)

        composer.problems.append(syntax_problem(error, text, shown))
    except _StopComposingError:
        pass  # why is in the problems
    return document, composer.problems


class _StopComposingError(Exception):
    """The rest of the document is not worth reading, or not safe to read."""


class _Composer:
    """Recursive descent over the events; the depth limit bounds the recursion."""

    __slots__ = ("anchors", "known", "next", "nodes", "path", "peak", "positions", "problems", "shown", "text")

    def __init__(self, text: str, shown: str) -> None:
        self.text = text
        self.shown = shown
        self.next: Callable[[], Any] = CLoader(text).get_event
        self.problems: list[Problem] = []
        self.positions: Position | None = None  # made for the first duplicate key
        self.path: list[str | int] = []  # of the innermost open mapping or sequence
        self.known: dict[str, Any] = dict(KEYWORDS)  # plain scalars met so far
        # name → (value, number of values in it, levels in it); None while it is still open
        self.anchors: dict[str, tuple[Node, int, int] | None] = {}
        self.nodes = 0
        self.peak = 0  # the deepest level met since the innermost open anchor

    def document(self) -> Node:
        self.next()  # the start of the stream
        event = self.next()
        if isinstance(event, StreamEndEvent):
            self.report(event, "yaml/empty", "the file is empty.", "Write the spec, or remove the file.")
            return None
        if event.version not in {None, (1, 2)} or event.tags:
            self.report(
                event, "yaml/directive", "YAML directives are not read.", "Remove the lines that start with '%'."
            )
        event = self.next()
        value = self.value(event)
        if value is None and not self.problems:
            self.report(event, "yaml/empty", "the document is empty.", "Write the spec, or remove the file.")
        self.next()  # the end of the document
        event = self.next()
        if isinstance(event, DocumentStartEvent):
            self.report(event, "yaml/documents", "a second document starts here.", "Keep one document a file.")
        return value

    def value(self, event: Any, *last: str | int) -> Node:
        """Return the value that starts with `event`; `last` is its key or index in the innermost container."""
        if type(event) is ScalarEvent:
            return self.scalar(event, *last)
        if type(event) is AliasEvent:
            return self.alias(event, *last)
        self.refuse_tag(event, *last)
        depth = len(self.path) + len(last) + 1
        self.limit_depth(event, depth, *last)
        name, before, outer_peak = event.anchor, self.nodes, self.peak
        self.peak = depth
        if name is not None:
            self.anchors[name] = None
        self.path.extend(last)
        value: Node = self.mapping() if type(event) is MappingStartEvent else self.sequence()
        if last:
            self.path.pop()
        if name is not None:
            self.anchors[name] = (value, self.nodes - before, self.peak - depth + 1)
        self.peak = max(self.peak, outer_peak)
        return value

    def mapping(self) -> dict[str, Node]:
        """Return the open mapping. The hot path: a scalar that was met before costs one look-up."""
        result: dict[str, Node] = {}
        following, known = self.next, self.known
        while type(event := following()) is not MappingEndEvent:
            key = event.value if type(event) is ScalarEvent and event.implicit[0] else None
            # Twice through `known`: the text of a key is the key only when it resolves to itself.
            if key is None or event.anchor is not None or known.get(key, _MISSING) != key:
                key = self.key(event)
            if key in result:
                self.duplicate(event, key)
            event = following()
            self.nodes += 1
            if type(event) is ScalarEvent and event.implicit[0] and event.anchor is None:
                value = known.get(event.value, _MISSING)
                result[key] = self.scalar(event, key) if value is _MISSING else value
            else:
                result[key] = self.value(event, key)
            if self.nodes > NODE_LIMIT:
                raise self.too_many(event, key)
        return result

    def sequence(self) -> list[Node]:
        result: list[Node] = []
        while type(event := self.next()) is not SequenceEndEvent:
            self.nodes += 1
            result.append(self.value(event, len(result)))
            if self.nodes > NODE_LIMIT:
                raise self.too_many(event, len(result) - 1)
        return result

    def key(self, event: Any) -> str:
        if type(event) is AliasEvent:
            self.report(event, "yaml/key", "an alias is no key.", "Write the key out.")
            return f"*{event.anchor}"
        if type(event) is not ScalarEvent:
            self.report(
                event,
                "yaml/key",
                "a mapping or a sequence is no key.",
                "Quote the value if it is a text in braces or brackets.",
            )
            raise _StopComposingError
        # The problem of a key that is ambiguous belongs to the key, so its path includes it.
        key = self.scalar(event, event.value)
        if isinstance(key, str):
            return key
        self.report(event, "yaml/key", f"keys are strings: '{short(event.value)}' is none.", "Quote it.", event.value)
        return str(event.value)

    def scalar(self, event: Any, *last: str | int) -> Node:
        text: str = event.value
        value: Node = text
        self.refuse_tag(event, *last)
        if event.implicit[0]:
            resolved = resolve(text)
            if isinstance(resolved, Ambiguous):
                self.report(event, resolved.rule, resolved.message, resolved.hint, *last)
            else:
                value = self.known[text] = resolved
        elif event.style == '"':
            # The raw text has been looked through: only an escape can bring in another one.
            code = forbidden(text)
            if code:
                self.report(event, "yaml/character", f"the character {code} is not allowed.", "Remove it.", *last)
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, 0, 0)
        return value

    def alias(self, event: Any, *last: str | int) -> Node:
        name = event.anchor
        if name not in self.anchors:
            self.report(
                event, "yaml/alias", f"no '&{short(name)}' stands above this alias.", "Write the value out.", *last
            )
            return None
        anchored = self.anchors[name]
        if anchored is None:
            self.report(
                event, "yaml/alias", f"'*{short(name)}' stands inside its own anchor.", "Write the value out.", *last
            )
            return None
        value, nodes, levels = anchored
        depth = len(self.path) + len(last) + levels
        self.limit_depth(event, depth, *last)
        self.peak = max(self.peak, depth)
        self.nodes += nodes
        return value

    def refuse_tag(self, event: Any, *last: str | int) -> None:
        if event.tag is not None:
            tag = short(event.tag.replace("tag:yaml.org,2002:", "!!"))
            self.report(
                event, "yaml/tag", f"the tag '{tag}' is not read.", "Remove it: a spec has plain values.", *last
            )

    def limit_depth(self, event: Any, depth: int, *last: str | int) -> None:
        if depth > DEPTH_LIMIT:
            message = f"more than {DEPTH_LIMIT} levels deep."
            self.report(event, "yaml/limit", message, "No spec is: check the brackets and the indentation.", *last)
            raise _StopComposingError

    def too_many(self, event: Any, *last: str | int) -> _StopComposingError:
        message = f"more than {NODE_LIMIT:,} values, aliases written out."
        self.report(event, "yaml/limit", message, "Split the platform, or use fewer aliases.", *last)
        return _StopComposingError()

    def duplicate(self, event: Any, key: str) -> None:
        from generator.documents.positions import find, index  # noqa: PLC0415  (only a mistake pays for it)

        if self.positions is None:
            self.positions = index(self.text)
        first = find(self.positions, (*self.path, key), key=True)[0]
        message = f"duplicate key; the first one is on line {first}."
        self.report(event, "yaml/duplicate-key", message, "Remove one of them.", key)

    def report(self, event: Any, rule: str, message: str, hint: str, *last: str | int) -> None:
        self.problems.append(
            Problem(
                rule=rule,
                message=message,
                hint=hint,
                file=self.shown,
                line=event.start_mark.line + 1,
                column=event.start_mark.column + 1,
                path=json_path((*self.path, *last)),
            )
        )
        if len(self.problems) >= PROBLEM_LIMIT:
            raise _StopComposingError
