"""The validator's errors in the words of somebody who writes a spec.

A schema says it better where it can: with `x-message` ("is not a duration") and `x-hint` ("Write a number and a unit:
30s.") beside the keywords that the value breaks. What may be a secret is not repeated where it has `x-hidden`.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from jsonschema_rs import ValidationError

from generator.base.nearest import did_you_mean

_SHOWN = 60
_KEYS_SHOWN = 12
_ARTICLES = {"array": "a list", "integer": "an integer", "null": "null", "object": "a mapping"}
# keyword → what is wrong with {value}, and what to do; {limit} is the keyword's value.
_LIMITS = {
    "minimum": ("{value} is below the minimum {limit}.", "Raise it to at least {limit}."),
    "maximum": ("{value} is above the maximum {limit}.", "Lower it to at most {limit}."),
    "exclusiveMinimum": ("{value} is not above {limit}.", "Raise it above {limit}."),
    "exclusiveMaximum": ("{value} is not below {limit}.", "Lower it below {limit}."),
    "multipleOf": ("{value} is not a multiple of {limit}.", "Write a multiple of {limit}."),
    "minLength": ("{value} is shorter than {limit} characters.", "Write at least {limit}."),
    "maxLength": ("{value} is longer than {limit} characters.", "Write at most {limit}."),
    "minItems": ("the list has fewer than {limit} items.", "Add what is missing."),
    "maxItems": ("the list has more than {limit} items.", "Keep at most {limit}."),
    "minProperties": ("the mapping has fewer than {limit} keys.", "Add what is missing."),
    "maxProperties": ("the mapping has more than {limit} keys.", "Keep at most {limit}."),
    "pattern": ("{value} does not match {limit}.", "Change it to match."),
    "format": ("{value} is not of the format {limit}.", "Change it to match."),
    "const": ("{value} is not {limit}.", "Write {limit}."),
}
_EMPTY = {
    "minItems": ("the list is empty.", "Add at least one entry."),
    "minProperties": ("the mapping is empty.", "Add at least one entry."),
}


@dataclass(frozen=True, slots=True)
class Violation:
    """What breaks the schema at `path` of the instance; `at_key` when the key, and not the value, is what is wrong."""

    path: tuple[str | int, ...]
    rule: str
    message: str
    hint: str
    at_key: bool = False


def violations(errors: Iterable[ValidationError], documents: Mapping[str, dict[str, Any]]) -> tuple[Violation, ...]:
    """Return the errors translated, each mistake once; `documents` are the schemas by URI."""
    translator = _Translator(documents)
    found = dict.fromkeys(violation for error in errors for violation in translator.translate(error))
    of_wrong_type = {one.path for one in found if one.rule == "schema/type"}
    return tuple(one for one in found if not _follows(one, found, of_wrong_type))


def _follows(one: Violation, found: Iterable[Violation], of_wrong_type: Container[tuple[str | int, ...]]) -> bool:
    """Say whether the violation is but the consequence of another: of a wrong type, or of a misspelt key."""
    if one.rule == "schema/required":
        meant = f"Did you mean {one.message.removesuffix(' is missing.')}?"
        return any(other.hint == meant and other.path[:-1] == one.path for other in found)
    return one.rule != "schema/type" and not one.at_key and one.path in of_wrong_type


class _Translator:
    __slots__ = ("documents",)

    def __init__(self, documents: Mapping[str, dict[str, Any]]) -> None:
        self.documents = documents

    def translate(self, error: ValidationError) -> Iterator[Violation]:
        kind: Any = error.kind
        path = tuple(error.instance_path)
        schema = self.schema_of(error)
        match type(kind).__name__:
            case "AdditionalProperties" | "UnevaluatedProperties":
                known = sorted(self.known_keys(schema, _uri(error)))
                for key in kind.unexpected:
                    yield Violation((*path, key), "schema/unknown-key", "unknown key.", _known(key, known), at_key=True)
            case "PropertyNames":
                yield from self.name(kind.error, path)
            case "Required":
                name = kind.property
                yield Violation(
                    path, "schema/required", f"'{name}' is missing.", self.how_to_add(schema, name, error), at_key=True
                )
            case "FalseSchema":
                yield Violation(path, "schema/not-allowed", "not allowed here.", "Remove it.", at_key=True)
            case "AnyOf" | "OneOfNotValid":
                yield from self.alternatives(kind.context, schema, error)
            case "UniqueItems":
                yield from _repeated(path, error.instance)
            case "Type":
                yield _type(path, tuple(kind.types), schema, error.instance)
            case _:
                yield _value(path, schema, error)

    def name(self, error: ValidationError, path: tuple[str | int, ...]) -> Iterator[Violation]:
        for found in self.translate(error):
            name = str(error.instance)
            message, hint = found.message, found.hint
            if "x-message" not in self.schema_of(error):
                message = f"'{name}' is not a valid name: {message}"
            yield Violation((*path, name), "schema/name", message, hint, at_key=True)

    def alternatives(
        self, branches: list[list[ValidationError]], schema: Mapping[str, Any], error: ValidationError
    ) -> Iterator[Violation]:
        """Translate the errors of the alternative that was meant: of the value's type, with its constants, nearest."""
        path = tuple(error.instance_path)
        meant = [branch for branch in branches if not any(_is_type(one, path) for one in branch)]
        if "x-message" in schema:
            yield _value(path, schema, error)
        elif meant:
            for one in min(meant, key=lambda branch: (_constants(branch), len(branch))):
                yield from self.translate(one)
        else:
            types = {name: None for branch in branches for one in branch for name in _types(one, path)}
            hints = [hint for branch in branches for one in branch if (hint := self.schema_of(one).get("x-hint"))]
            yield _type(path, tuple(types), {"x-hint": hints[0]} if hints else {}, error.instance)

    def schema_of(self, error: ValidationError) -> Mapping[str, Any]:
        """Return the innermost schema whose keyword failed."""
        fragment = (error.absolute_keyword_location or "").partition("#")[2]
        parts = [unquote(part).replace("~1", "/").replace("~0", "~") for part in fragment.split("/")[1:]]
        node: Any = self.documents.get(_uri(error), {})
        for part in parts[:-1]:
            child = node.get(part) if isinstance(node, Mapping) else None
            if isinstance(node, list) and part.isdecimal() and int(part) < len(node):
                child = node[int(part)]
            if child is None:
                return {}
            node = child
        return node if isinstance(node, Mapping) else {}

    def resolve(self, reference: str, uri: str) -> tuple[Mapping[str, Any], str]:
        file, _, fragment = reference.partition("#")
        target = f"{uri.rpartition('/')[0]}/{file}" if file else uri
        node: Any = self.documents.get(target, {})
        for part in fragment.split("/")[1:]:
            node = node.get(part.replace("~1", "/").replace("~0", "~"), {}) if isinstance(node, Mapping) else {}
        return (node if isinstance(node, Mapping) else {}), target

    def known_keys(self, schema: Mapping[str, Any], uri: str) -> set[str]:
        known = set(schema.get("properties", {}))
        if "unevaluatedProperties" not in schema and "additionalProperties" in schema:
            return known
        return known | self._keys_of_parts(schema, uri, frozenset())

    def _keys_of_parts(self, schema: Mapping[str, Any], uri: str, seen: frozenset[int]) -> set[str]:
        if id(schema) in seen:
            return set()
        seen |= {id(schema)}
        parts = [part for name in ("allOf", "anyOf", "oneOf") for part in schema.get(name, ())]
        parts += [schema[name] for name in ("if", "then", "else") if isinstance(schema.get(name), Mapping)]
        keys = set(schema.get("properties", {}))
        for part in parts:
            keys |= self._keys_of_parts(part, uri, seen) if isinstance(part, Mapping) else set()
        if "$ref" in schema:
            keys |= self._keys_of_parts(*self.resolve(schema["$ref"], uri), seen)
        return keys

    def how_to_add(self, schema: Mapping[str, Any], name: str, error: ValidationError) -> str:
        part = schema.get("properties", {}).get(name, {})
        uri = _uri(error)
        for _ in range(8):
            if not isinstance(part, Mapping) or "description" in part or "$ref" not in part:
                break
            part, uri = self.resolve(part["$ref"], uri)
        description = str(part.get("description", "")).rstrip(".") if isinstance(part, Mapping) else ""
        return f"Add it: {description}." if description else "Add it."


def _value(path: tuple[str | int, ...], schema: Mapping[str, Any], error: ValidationError) -> Violation:
    value = "the value" if schema.get("x-hidden") else _shown(error.instance)
    said = schema.get("x-message")
    if said:
        return Violation(path, "schema/value", f"{value} {said}.", _hint(schema, ""))
    keyword = error.kind.name
    if keyword == "enum":
        options = [_plain(option) for option in schema.get("enum", ())]
        hint = did_you_mean(error.instance, options) if isinstance(error.instance, str) else ""
        return Violation(path, "schema/enum", f"{value} is not one of: {_list(options)}.", hint or "Choose one.")
    if keyword in _LIMITS:
        limit = _shown(schema.get(keyword))
        if keyword in {"pattern", "format"}:
            limit = limit.strip("'")
        words = _EMPTY.get(keyword, _LIMITS[keyword]) if not error.instance else _LIMITS[keyword]
        message, hint = (text.format(value=value, limit=limit) for text in words)
        return Violation(path, f"schema/{keyword}", message, _hint(schema, hint))
    if type(error.kind).__name__ == "OneOfMultipleValid":
        return Violation(path, "schema/oneOf", "fits more than one of the forms.", _hint(schema, "Keep one."))
    message = f"breaks the schema's '{keyword}'."
    return Violation(path, f"schema/{keyword}", message, _hint(schema, "See the schema."))


def _repeated(path: tuple[str | int, ...], items: Any) -> Iterator[Violation]:
    """Name the items that stand in the list before; by their text, so that a long list is read once."""
    first: dict[str, int] = {}
    repeated = [(index, item) for index, item in enumerate(items) if first.setdefault(repr(item), index) != index]
    for index, item in repeated[:_KEYS_SHOWN]:
        message = f"{_shown(item)} is in the list already."
        yield Violation((*path, index), "schema/uniqueItems", message, "Remove the repetition.")
    if not repeated:  # 1 and 1.0 are the same number in another spelling
        yield Violation(path, "schema/uniqueItems", "the list has an item twice.", "Remove the repetition.")


def _type(
    path: tuple[str | int, ...], types: tuple[str, ...], schema: Mapping[str, Any], instance: object
) -> Violation:
    expected = " or ".join(_ARTICLES.get(name, f"a {name}") for name in sorted(types, key=lambda name: name == "null"))
    hint = _hint(schema, "") or _hint_for_type(types, instance)
    return Violation(path, "schema/type", f"expected {expected}, found {_kind(instance)}.", hint)


def _hint_for_type(types: tuple[str, ...], instance: object) -> str:
    if instance is None:
        return "Write its value, or remove the key."
    if "string" in types and isinstance(instance, bool | int | float):
        return "Quote it."
    if "integer" in types and isinstance(instance, str):
        return "Remove the quotes." if instance.isdecimal() else "Write a whole number."
    if "number" in types and isinstance(instance, str):
        return "Remove the quotes." if instance.isdecimal() else "Write a number, without unit or sign of a currency."
    forms = {"object": "Write 'key: value' lines.", "array": "Write a list: [a, b].", "string": "Write a text."}
    return next((hint for name, hint in forms.items() if name in types), "")


def _known(key: str, known: list[str]) -> str:
    near = did_you_mean(key, known)
    if near or not known:
        return near or "Remove it."
    return f"Known keys: {_list(known)}."


def _list(words: list[str]) -> str:
    more = f" and {len(words) - _KEYS_SHOWN} more" if len(words) > _KEYS_SHOWN else ""
    return f"{', '.join(words[:_KEYS_SHOWN])}{more}"


def _hint(schema: Mapping[str, Any], otherwise: str) -> str:
    """Return what the schema says to do; a workspace's own schema can hold anything there."""
    return str(schema.get("x-hint", otherwise))


def _uri(error: ValidationError) -> str:
    return (error.absolute_keyword_location or "").partition("#")[0]


def _types(error: ValidationError, path: tuple[str | int, ...]) -> tuple[str, ...]:
    kind: Any = error.kind
    if tuple(error.instance_path) != path:
        return ()
    if type(kind).__name__ in {"AnyOf", "OneOfNotValid"}:
        return tuple(name for branch in kind.context for one in branch for name in _types(one, path))
    return tuple(kind.types) if type(kind).__name__ == "Type" else ()


def _is_type(error: ValidationError, path: tuple[str | int, ...]) -> bool:
    """Say whether the value itself, or the whole of what it may be instead, is of another type."""
    kind: Any = error.kind
    if type(kind).__name__ in {"AnyOf", "OneOfNotValid"} and tuple(error.instance_path) == path:
        return all(any(_is_type(one, path) for one in branch) for branch in kind.context)
    return bool(_types(error, path))


def _constants(branch: list[ValidationError]) -> int:
    """Count the errors that say that another alternative was meant."""
    return sum(type(error.kind).__name__ in {"Constant", "Enum"} for error in branch)


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, str):
        return "a string"
    names = {int: "an integer", float: "a number", dict: "a mapping", list: "a list", type(None): "null"}
    return names.get(type(value), "a value")


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)


def _shown(value: object) -> str:
    if isinstance(value, str):
        # One problem is one line, whatever the value holds.
        text = value.replace("\n", "\\n").replace("\t", "\\t")
        return f"'{text}'" if len(text) <= _SHOWN else f"'{text[: _SHOWN - 3]}...'"
    return _kind(value) if isinstance(value, dict | list) else _plain(value)
