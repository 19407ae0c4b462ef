"""Where each value of a document stands: read a second time, and only when a problem has to be shown."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from yaml import (
    AliasEvent,
    CLoader,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    YAMLError,
)

# The reader stops at 200,000 values, so a larger document has no problems beyond about as many keys, values and ends.
_EVENT_LIMIT = 500_000


@dataclass(slots=True)
class Position:
    """Line and column, from 1, of a value and of its key (of the item, in a sequence), and the values in it."""

    value: tuple[int, int] = (1, 1)
    key: tuple[int, int] = (1, 1)
    children: "dict[str | int, Position]" = field(default_factory=dict)


def index(text: str) -> Position:
    """Return the positions of the document's values, up to its first syntax error."""
    root = Position()
    # What stands before a syntax error is in the index; the reader has reported the error itself.
    with suppress(YAMLError):
        _fill(root, text)
    return root


def find(root: Position, path: Sequence[str | int], *, key: bool) -> tuple[int, int]:
    """Return the position of the value at `path`, or of its key; or of its nearest ancestor that exists."""
    position = root
    for part in path:
        child = position.children.get(part)
        if child is None:
            return position.value
        position = child
    return position.key if key else position.value


def _fill(root: Position, text: str) -> None:
    following: Callable[[], Any] = CLoader(text).get_event
    anchors: dict[str, Position] = {}
    open_containers: list[tuple[Position, bool]] = []  # with: is it a mapping?
    pending: tuple[str, tuple[int, int]] | None = None  # the key whose value comes next
    count = 0
    while (event := following()) is not None and count < _EVENT_LIMIT:
        count += 1
        kind = type(event)
        if kind is MappingEndEvent or kind is SequenceEndEvent:
            open_containers.pop()
            pending = None
            if not open_containers:
                return
            continue
        if kind not in {ScalarEvent, AliasEvent, MappingStartEvent, SequenceStartEvent}:
            continue
        place = (event.start_mark.line + 1, event.start_mark.column + 1)
        if not open_containers:
            position = root
            position.value = position.key = place
        else:
            parent, is_mapping = open_containers[-1]
            if is_mapping and pending is None:
                # A key that is no scalar stops the reader, so there is nothing to find behind it.
                pending = (str(getattr(event, "value", "")), place)
                if kind is not ScalarEvent and kind is not AliasEvent:
                    return
                continue
            name, key_place = pending if pending is not None else (len(parent.children), place)
            pending = None
            position = Position(place, key_place)
            # The first of two duplicate keys keeps its place.
            parent.children.setdefault(name, position)
        if kind is AliasEvent:
            anchored = anchors.get(event.anchor)
            position.children = anchored.children if anchored else position.children
            continue
        if event.anchor is not None:
            anchors[event.anchor] = position
        if kind is not ScalarEvent:
            open_containers.append((position, kind is MappingStartEvent))
