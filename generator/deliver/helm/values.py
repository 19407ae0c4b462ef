"""The text of values files: the defaults with a comment on each value, and what another region changes of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generator.deliver.helm.comments import as_written, comment
from generator.templating import emit
from generator.templating.chart.values import Path, member, resolved

Values = Mapping[str, object]
# Values that do not show what to write instead of them.
_EMPTY: tuple[object, ...] = ({}, [], (), "", None)


def ordered(values: Values, schema: Mapping[str, Any] | None, root: Mapping[str, Any]) -> dict[str, object]:
    """Return the values as a schema has its properties; after them what it knows no name of, as the values have it."""
    properties = (schema or {}).get("properties", {})
    names = [name for name in properties if name in values] + [name for name in values if name not in properties]
    found: dict[str, object] = {}
    for name in names:
        value = values[name]
        found[name] = ordered(value, member(schema, name, root), root) if isinstance(value, Mapping) else value
    return found


def defaults_text(values: Values, schema: Mapping[str, Any]) -> str:
    """Return the values as YAML, in their order, each under its description in the schema."""
    entries = ("\n".join(_entry(name, values[name], schema, _Place(schema, 0, set()))) for name in values)
    return "\n\n".join(entries) + "\n" if values else "{}\n"


def changes_text(changes: Values) -> str:
    """Return what a region changes as YAML, without comments."""
    return emit.dump(changes) if changes else "{}\n"


def changes(defaults: Values, values: Values) -> dict[str, object]:
    """Return what Helm must merge into the defaults to get the values: changed leaves, lists whole, null for removed.

    Null and missing are the same to Helm: it drops keys whose value is null.
    https://helm.sh/docs/chart_template_guide/values_files/#deleting-a-default-key
    """
    found: dict[str, object] = {}
    for name, default in defaults.items():
        value = values.get(name)
        if isinstance(default, Mapping) and isinstance(value, Mapping):
            deeper = changes(default, value)
            if deeper:
                found[name] = deeper
        elif repr(default) != repr(value):  # true is not 1, and 1 is not 1.0
            found[name] = value
    return found | {name: value for name, value in values.items() if name not in defaults}


def conflicts(defaults: Values, values: Values, path: Path = ()) -> Iterator[Path]:
    """Yield the places where one is a mapping and the other something else: Helm cannot replace one by the other."""
    for name in (name for name in defaults if name in values):
        one, other = defaults[name], values[name]
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            yield from conflicts(one, other, (*path, name))
        elif one is not None and other is not None and isinstance(one, Mapping) != isinstance(other, Mapping):
            yield (*path, name)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value is written: the whole schema, the column, and what has been said within the same top value."""

    root: Mapping[str, Any]
    indent: int
    said: set[str]


def _entry(name: str, value: object, schema: Mapping[str, Any] | None, place: _Place) -> Iterator[str]:
    """Yield the lines of one value; schema is that of the mapping it stands in."""
    pad = " " * place.indent
    node = (schema or {}).get("properties", {}).get(name, (schema or {}).get("additionalProperties"))
    yield from _remarks(name, value, node, place)
    described = resolved(node, place.root)
    within = _Place(place.root, place.indent + 2, place.said)
    if isinstance(value, Mapping) and value:
        yield f"{pad}{emit.key(name)}:"
        for deeper, entry in value.items():
            yield from _entry(deeper, entry, described, within)
    elif isinstance(value, list | tuple) and value and all(isinstance(item, Mapping) and item for item in value):
        yield f"{pad}{emit.key(name)}:"
        for item in value:
            yield from _item(item, resolved((described or {}).get("items"), place.root), within)
    else:
        yield f"{pad}{emit.key(name)}:{emit.value(value, place.indent + 2)}"


def _remarks(name: str, value: object, node: object, place: _Place) -> Iterator[str]:
    """Yield the comment on a value: what it is and, where it is empty, what to write. Entries alike are told once."""
    said = description(node, place.root)
    lines = comment(said, place.indent) if said not in place.said else []
    examples = _examples(node, place.root) if value in _EMPTY else []
    shown = f"{said}\n{examples[0]!r}" if examples else ""
    if shown not in {"", *place.said}:
        lines += as_written("For example:", emit.dump({name: examples[0]}), place.indent, parted=bool(lines))
    place.said.update((said, shown))
    yield from lines


def _examples(node: object, root: Mapping[str, Any]) -> Sequence[object]:
    """Return the examples of a schema: its own, or those of what it refers to."""
    own = node if isinstance(node, Mapping) and "examples" in node else resolved(node, root) or {}
    found = own.get("examples")
    return found if isinstance(found, list) else []


def _item(item: Values, schema: Mapping[str, Any] | None, place: _Place) -> Iterator[str]:
    """Yield the lines of a list's item; what is said of its first member stands above the dash."""
    pad = " " * place.indent
    dash = "- "
    within = _Place(place.root, place.indent + 2, place.said)
    for name, value in item.items():
        for line in _entry(name, value, schema, within):
            if line.startswith(f"{pad}  #"):
                yield line.removeprefix("  ") if dash == "- " else line
            else:
                yield pad + dash + line[len(pad) + 2 :]
                dash = "  "


def description(node: object, root: Mapping[str, Any]) -> str:
    """Return the description of a schema: its own, or that of what it refers to."""
    own = node.get("description") if isinstance(node, Mapping) else None
    return str(own or (resolved(node, root) or {}).get("description", ""))
