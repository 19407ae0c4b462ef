"""What an expression means in a chart: its value in each lane, and the Go template text that stands for it, if any.

A lane is one way through a template: a region, or a region with one item of each list that a chart's `range` walks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from decimal import Decimal

from generator.templating.quoting import ValueProblem

# Charts' numbers pass through JSON readers that know no integers beyond this (IEEE 754 binary64).
LARGEST = 2**53


@dataclass(frozen=True, slots=True)
class Symbol:
    """A value in each lane. text is the operand that stands for it in the chart; None: it has none.

    schema describes the chart's value that it is, or is part of; trail is the place of that among the values ("[]" for
    the items of a list), () of what is no such value; parts are what a joined string is made of.
    """

    values: tuple[object, ...]
    text: str | None = None
    schema: Mapping[str, object] | None = None
    trail: tuple[str, ...] = ()
    parts: tuple["str | Symbol", ...] = ()

    def at(self, lanes: Sequence[int]) -> "Symbol":
        """Return the symbol in the lanes of these numbers."""
        parts = tuple(part if isinstance(part, str) else part.at(lanes) for part in self.parts)
        return replace(self, values=tuple(self.values[lane] for lane in lanes), parts=parts)

    @property
    def same(self) -> bool:
        """Say whether the value is the same in every lane."""
        first = self.values[0]
        return all(other is first or _same(first, other) for other in self.values[1:])


def operand(text: str) -> str:
    """Return a piece of a Go template as an operand of another: in parentheses if it is a call."""
    return f"({text})" if " " in text and not text.startswith("(") and not text.startswith('"') else text


def plain(value: object) -> object:
    """Return a value as a chart's values file holds it: records are mappings with keys in camelCase.

    Raises ValueProblem for integers that not every reader of JSON keeps, and for what is no such value.
    """
    if isinstance(value, str):
        return str.__str__(value)
    if value is None or isinstance(value, bool | float | Decimal):
        return value
    if isinstance(value, int):
        if abs(value) > LARGEST:
            raise ValueProblem(
                "render/large-integer",
                f"the integer {value} loses digits on its way through a chart's values.",
                "Make it a string, or deliver the component as manifests or kustomize.",
            )
        return int(value)
    if isinstance(value, Mapping):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple) and not hasattr(value, "_fields"):
        return [plain(entry) for entry in value]
    names = record_fields(value)
    if names is None:
        raise ValueProblem(
            "template/type",
            f"a value of type {type(value).__name__} cannot be a value of a chart.",
            "Let Python pass text, a number, a boolean, null, a mapping, a sequence or a record.",
        )
    return {camel_case(name): plain(getattr(value, name)) for name in names}


def record_fields(value: object) -> tuple[str, ...] | None:
    """Return the names of a record's fields; None if the value is no record."""
    if is_dataclass(value):
        return tuple(field.name for field in fields(value))
    return getattr(value, "_fields", None)


def camel_case(name: str) -> str:
    """Return a Python name as values of charts are written: storage_class is storageClass."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _same(one: object, other: object) -> bool:
    """Compare type for type: true is not 1, and 1 is not 1.0."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(_same(entry, other[key]) for key, entry in one.items())
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    names = record_fields(one)
    if names is not None:
        return type(one) is type(other) and all(_same(getattr(one, name), getattr(other, name)) for name in names)
    return (type(one) is type(other) or (isinstance(one, str) and isinstance(other, str))) and one == other
