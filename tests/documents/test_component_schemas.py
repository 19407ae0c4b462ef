"""A component's own schema is input too: whatever it says, it is used in bounded work, or refused with the reason."""

from typing import Any

import pytest

from generator.base.errors import GenError
from generator.base.resources import data_root
from generator.documents.schema import Schemas

DOUBLING: dict[str, Any] = {
    f"a{n}": {"$anchor": f"a{n}", "allOf": [{"$ref": f"#/$defs/a{n + 1}"}, {"$ref": f"#a{n + 1}"}]} for n in range(60)
}

CHAIN: dict[str, Any] = {f"a{n}": {"$ref": f"#/$defs/a{n + 1}"} for n in range(5000)}


def said(schema: dict[str, Any], value: Any) -> list[str]:
    found = Schemas(data_root() / "schemas").parameter_violations(schema, value)
    return [f"{one.message} {one.hint}".strip() for one in found]


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"$ref": "#"}, "it contains itself"),
        ({"$defs": {"a": {"properties": {"b": {"$ref": "#/$defs/a"}}}}, "$ref": "#/$defs/a"}, "it contains itself"),
        ({"$defs": {**DOUBLING, "a60": {"$anchor": "a60"}}, "$ref": "#/$defs/a0"}, "more than 10,000 parts"),
        ({"properties": {"a": {"$id": "http://example.com/a"}}}, "a part of it has an \\$id"),
        ({"$defs": {**CHAIN, "a5000": {}}, "$ref": "#/$defs/a0"}, "its references lead too deep"),
    ],
    ids=["root", "recursion", "doubling", "id", "chain"],
)
def test_a_schema_without_bounds_is_refused(schema: dict[str, Any], reason: str) -> None:
    with pytest.raises(GenError, match=reason):
        said(schema, {"a": 1})


def test_a_schema_may_refer_to_its_parts_and_to_the_shared_ones() -> None:
    parts = {"x": {"$anchor": "x", "type": "string"}}
    properties = {"a": {"$ref": "#/$defs/x"}, "b": {"$ref": "#x"}, "c": {"$ref": "common.schema.json#/$defs/port"}}
    assert said({"$defs": parts, "properties": properties}, {"a": "x", "b": "y", "c": 8080}) == []
    assert said({"$defs": parts, "properties": properties}, {"b": 1}) == [
        "expected a string, found an integer. Quote it."
    ]


def test_a_missing_key_that_the_schema_says_nothing_of_is_named() -> None:
    assert said({"required": ["a"], "properties": {"a": True}}, {}) == ["'a' is missing. Add it."]


def test_whatever_stands_in_the_place_of_a_message_is_shown() -> None:
    schema = {"properties": {"a": {"pattern": "^z", "x-message": ["m"], "x-hint": {"b": 1}}}}
    assert said(schema, {"a": "b"}) == ["'b' ['m']. {'b': 1}"]


def test_of_a_long_list_of_constants_the_first_are_shown() -> None:
    (text,) = said({"properties": {"a": {"enum": [f"c{n}" for n in range(1000)]}}}, {"a": 1})
    assert text.endswith("c11 and 988 more. Choose one.")
