"""Reads a file of YAML or JSON as Kubernetes' own tools do, and notes where another reader takes it differently.

Foreign files are untrusted: size, depth and the values that aliases stand for are bounded.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from yaml import (
    AliasEvent,
    CLoader,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    MarkedYAMLError,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
    YAMLError,
)

from generator.documents.scalars import KEYWORDS, Ambiguous, resolve
from generator.manifests.spelling import as_kubernetes_reads
from generator.manifests.values import Path, Value

SIZE_LIMIT = 64 * 1024 * 1024
"""Bytes of a file. The API server takes 3 MiB an object; a file may hold many."""
DEPTH_LIMIT = 100
"""Mappings and sequences inside each other: schemas in CustomResourceDefinitions reach 40."""
NODE_LIMIT = 5_000_000
"""Values of a file, each alias counted as the values that it stands for."""

_MISSING: Any = object()


@dataclass(frozen=True, slots=True)
class Note:
    """Something about the text that the values do not show: rule, message, hint, and where (document, path, line)."""

    rule: str
    message: str
    hint: str
    document: int
    path: Path
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Reading:
    """The documents of a file (None for an empty one), notes on its text, and whether it has merge keys (`<<`)."""

    documents: tuple[Value, ...]
    notes: tuple[Note, ...]
    merges: bool = False


def read_documents(content: bytes, *, is_json: bool = False) -> Reading:
    """Return the documents in the bytes of a file; a syntax error is a note, and ends the reading."""
    if len(content) > SIZE_LIMIT:
        return _unreadable("manifests/too-large", f"the file is larger than {SIZE_LIMIT >> 20} MiB.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start]
        line, column = before.count(b"\n") + 1, len(before) - before.rfind(b"\n")
        message = f"byte 0x{content[error.start]:02x} is not UTF-8."
        return Reading((), (Note("manifests/encoding", message, "Save the file as UTF-8.", 0, (), line, column),))
    if is_json and not text.lstrip().startswith("---"):
        return _read_json(text)
    return _Reader(text).read()


def _unreadable(rule: str, message: str) -> Reading:
    return Reading((), (Note(rule, message, "Split the file.", 0, (), 0, 0),))


def _read_json(text: str) -> Reading:
    notes: list[Note] = []

    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) < len(pairs):
            keys = [key for key, _ in pairs]
            twice = sorted({key for key in keys if keys.count(key) > 1})
            message = f"duplicate key {twice[0]!r}."
            notes.append(Note("identity/duplicate-key", message, "Keep one of them.", 0, (), 0, 0))
        return result

    try:
        value = json.loads(text, object_pairs_hook=build)
        if _depth(value) > DEPTH_LIMIT:
            message = f"more than {DEPTH_LIMIT} levels deep."
            return Reading((), (Note("manifests/limit", message, "No manifest is.", 0, (), 0, 0),))
        return Reading((value,), tuple(notes))
    except json.JSONDecodeError as error:
        note = Note("manifests/syntax", f"{error.msg}.", "Mend the JSON.", 0, (), error.lineno, error.colno)
        return Reading((), (note,))
    except (RecursionError, ValueError) as error:  # ValueError: a number of more than 4,300 digits
        return Reading((), (Note("manifests/limit", f"this is no manifest ({error}).", "", 0, (), 0, 0),))


def _depth(value: Value) -> int:
    """Return how many mappings and lists lie inside each other, counted to one beyond the limit."""
    level, depth = [value], 0
    while level and depth <= DEPTH_LIMIT:
        inner = [
            list(item.values()) if isinstance(item, dict) else item for item in level if isinstance(item, dict | list)
        ]
        level = [item for items in inner for item in items]
        depth += bool(inner)
    return depth


class _StopReadingError(Exception):
    """The rest of the file is not worth reading, or not safe to read."""


@dataclass(slots=True)
class _Anchored:
    value: Value
    nodes: int
    levels: int


@dataclass(slots=True)
class _Reader:
    """Recursive descent over libyaml's events; the depth limit bounds the recursion."""

    text: str
    next: Callable[[], Any] = field(init=False)
    documents: list[Value] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    path: list[str | int] = field(default_factory=list)
    known: dict[str, Any] = field(default_factory=lambda: dict(KEYWORDS))
    anchors: dict[str, _Anchored] = field(default_factory=dict)
    nodes: int = 0
    merges: bool = False
    peak: int = 0  # the deepest level met since the innermost open anchor

    def read(self) -> Reading:
        self.next = CLoader(self.text).get_event
        try:
            self.next()
            while type(event := self.next()) is not StreamEndEvent:
                if type(event) is DocumentStartEvent:
                    self.anchors.clear()
                    self.documents.append(self.value(self.next()))
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (0, 0)
            message = f"{error.problem or error.context}."
            self.notes.append(self.note("manifests/syntax", message, "Mend the YAML.", line, column))
        except YAMLError as error:
            message = f"{str(error).splitlines()[0]}."
            self.notes.append(self.note("manifests/syntax", message, "Mend the YAML.", 0, 0))
        except _StopReadingError:
            pass  # why is in the notes
        return Reading(tuple(self.documents), tuple(self.notes), self.merges)

    def value(self, event: Any) -> Value:
        kind = type(event)
        if kind is ScalarEvent:
            return self.scalar(event)
        if kind is AliasEvent:
            return self.alias(event)
        depth = len(self.path) + 1
        self.limit_depth(event, depth)
        name, before, outer_peak = event.anchor, self.nodes, self.peak
        self.peak = depth
        if name is not None:
            self.anchors.pop(name, None)
        value: Value = self.mapping() if kind is MappingStartEvent else self.sequence()
        if name is not None:
            self.anchors[name] = _Anchored(value, self.nodes - before, self.peak - depth + 1)
        self.peak = max(self.peak, outer_peak)
        return value

    def mapping(self) -> dict[str, Value]:
        """Return the open mapping. The hot path: a scalar that was met before costs one look-up."""
        result: dict[str, Value] = {}
        merged: list[Value] = []
        following, known, path = self.next, self.known, self.path
        path.append("")
        while type(event := following()) is not MappingEndEvent:
            key = event.value if type(event) is ScalarEvent and event.implicit[0] else None
            # Twice through `known`: the text of a key is the key only when it resolves to itself.
            if key is None or event.anchor is not None or known.get(key, _MISSING) != key:
                key = self.key(event)
            path[-1] = key
            start = event
            event = following()
            self.nodes += 1
            if type(event) is ScalarEvent and event.implicit[0] and event.anchor is None:
                value = known.get(event.value, _MISSING)
                if value is _MISSING:
                    value = self.scalar(event)
            else:
                value = self.value(event)
            if key == "<<" and start.implicit[0]:
                merged += value if isinstance(value, list) else [value]
                self.merges = True
            elif key in result:
                self.report(start, "identity/duplicate-key", f"duplicate key {key!r}.", "Keep one of them.")
            else:
                result[key] = value
            self.limit_nodes(event)
        path.pop()
        for base in merged:
            for name, value in base.items() if isinstance(base, dict) else ():
                result.setdefault(name, value)
        return result

    def sequence(self) -> list[Value]:
        result: list[Value] = []
        self.path.append(0)
        while type(event := self.next()) is not SequenceEndEvent:
            self.path[-1] = len(result)
            self.nodes += 1
            result.append(self.value(event))
            self.limit_nodes(event)
        self.path.pop()
        return result

    def key(self, event: Any) -> str:
        if type(event) is ScalarEvent:
            value = self.scalar(event)
            return value if isinstance(value, str) else event.value if value is None else _key_text(value)
        if type(event) is AliasEvent:
            return str(self.alias(event))
        self.value(event)
        self.report(event, "manifests/key", "a key that is no scalar.", "Kubernetes objects have strings as keys.")
        raise _StopReadingError

    def scalar(self, event: Any) -> Value:
        text: str = event.value
        value: Value = text
        if event.tag is not None and event.tag != "!":
            value = self.tagged(event)
        elif event.implicit[0]:
            value = self.known.get(text, _MISSING)
            if value is _MISSING:
                value = self.plain(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = _Anchored(value, 0, 0)
        return value

    def plain(self, event: Any) -> Value:
        text: str = event.value
        resolved = resolve(text)
        if not isinstance(resolved, Ambiguous):
            self.known[text] = resolved
            return resolved
        if text == "<<":
            return text
        self.report(event, "drift/ambiguous-scalar", resolved.message, resolved.hint)
        return as_kubernetes_reads(text)

    def tagged(self, event: Any) -> Value:
        """Return a scalar with an explicit tag: !!str, !!int, !!float, !!bool or !!null."""
        name = event.tag.removeprefix("tag:yaml.org,2002:")
        if name in {"str", "binary"}:
            return event.value
        if name in {"int", "float", "bool", "null"}:
            return as_kubernetes_reads(event.value)
        self.report(event, "manifests/tag", f"the tag '{event.tag}' means nothing here.", "Remove it.")
        return event.value

    def alias(self, event: Any) -> Value:
        anchored = self.anchors.get(event.anchor)
        if anchored is None:
            self.report(event, "manifests/alias", f"no '&{event.anchor}' stands above this alias.", "Write it out.")
            raise _StopReadingError
        depth = len(self.path) + anchored.levels
        self.limit_depth(event, depth)
        self.peak = max(self.peak, depth)
        self.nodes += anchored.nodes
        return anchored.value

    def limit_depth(self, event: Any, depth: int) -> None:
        if depth > DEPTH_LIMIT:
            self.report(event, "manifests/limit", f"more than {DEPTH_LIMIT} levels deep.", "No manifest is.")
            raise _StopReadingError

    def limit_nodes(self, event: Any) -> None:
        if self.nodes > NODE_LIMIT:
            self.report(event, "manifests/limit", f"more than {NODE_LIMIT:,} values.", "Split the file.")
            raise _StopReadingError

    def report(self, event: Any, rule: str, message: str, hint: str) -> None:
        mark = event.start_mark
        self.notes.append(self.note(rule, message, hint, mark.line + 1, mark.column + 1))

    def note(self, rule: str, message: str, hint: str, line: int, column: int) -> Note:
        document = max(len(self.documents), 0)
        return Note(rule, message, hint, document, tuple(self.path), line, column)


def _key_text(value: Value) -> str:
    """Return a key that is a boolean or a number as the JSON key that Kubernetes' reader makes of it."""
    return json.dumps(value)


def walk_scalars(value: Value, path: Path = ()) -> Iterator[tuple[Path, Value]]:
    """Yield (path, scalar) of everything in a value that is neither a mapping nor a list."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from walk_scalars(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from walk_scalars(item, (*path, index))
    else:
        yield path, value
