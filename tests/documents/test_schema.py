"""What breaks a schema is told in words: where it stands, what is wrong, what to do."""

import json
from pathlib import Path
from typing import Any

import pytest

from generator.base.errors import GenError
from generator.base.resources import data_root
from generator.documents.reader import Source, parse
from generator.documents.schema import Schemas

DURATION = {
    "type": "string",
    "pattern": "^[0-9]+(ms|s|m|h|d)$",
    "maxLength": 9,
    "x-message": "is not a duration",
    "x-hint": "Write a number and a unit: 500ms, 30s, 5m, 1h, 7d.",
}
NAME = {
    "description": "A DNS label.",
    "type": "string",
    "pattern": "^[a-z][-a-z0-9]*$",
    "x-message": "is not a valid name",
    "x-hint": "Use lower-case letters, digits and hyphens.",
}
COMMON = {
    "$defs": {
        "duration": DURATION,
        "name": NAME,
        "probe": {"properties": {"timeout": {"$ref": "#/$defs/duration"}, "path": {"type": "string"}}},
    }
}
COMMON_REF = "common.schema.json#/$defs/"


def check(schema: dict[str, Any], yaml_text: str, tmp_path: Path) -> list[str]:
    (tmp_path / "common.schema.json").write_text(json.dumps(COMMON))
    (tmp_path / "platform.schema.json").write_text(json.dumps(schema))
    source = Source("p.yaml", yaml_text)
    instance, problems = parse(source)
    assert problems == ()
    return [problem.text() for problem in Schemas(tmp_path).check("platform", instance, source)]


def of(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": properties}


def test_a_valid_document_has_no_problems(tmp_path: Path) -> None:
    assert check(of(timeout={"$ref": COMMON_REF + "duration"}), "timeout: 5m\n", tmp_path) == []


def test_each_unknown_key_stands_at_its_key_with_the_nearest_or_all_known_ones(tmp_path: Path) -> None:
    schema = of(services=of(calls={}, ports={}, image={}))
    assert check(schema, "services:\n  call: {}\n  ports: 1\n  'a b': 2\n", tmp_path) == [
        "p.yaml:2:3  $.services.call: unknown key. Did you mean 'calls'?",
        "p.yaml:4:3  $.services['a b']: unknown key. Known keys: calls, image, ports.",
    ]


def test_many_known_keys_are_cut_short_and_none_says_remove(tmp_path: Path) -> None:
    assert check(of(a=of(), **{f"k{n:02}": {} for n in range(14)}), "a: {x: 1}\nzzz: 1\n", tmp_path) == [
        "p.yaml:1:5  $.a.x: unknown key. Remove it.",
        "p.yaml:2:1  $.zzz: unknown key. Known keys: "
        "a, k00, k01, k02, k03, k04, k05, k06, k07, k08, k09, k10 and 3 more.",
    ]


def test_unevaluated_keys_know_the_keys_of_what_is_referred_to(tmp_path: Path) -> None:
    schema = {"$ref": COMMON_REF + "probe", "allOf": [{"properties": {"port": {}}}], "unevaluatedProperties": False}
    assert check(schema, "timeot: 1s\nzz: 1\n", tmp_path) == [
        "p.yaml:1:1  $.timeot: unknown key. Did you mean 'timeout'?",
        "p.yaml:2:1  $.zz: unknown key. Known keys: path, port, timeout.",
    ]


@pytest.mark.parametrize("names", [NAME, {"$ref": COMMON_REF + "name"}])
def test_a_name_that_breaks_its_rules_is_told_in_the_words_of_the_schema(names: Any, tmp_path: Path) -> None:
    schema = {"properties": {"services": {"type": "object", "propertyNames": names}}}
    assert check(schema, "services:\n  Foo_Bar: {}\n  ok: {}\n", tmp_path) == [
        "p.yaml:2:3  $.services.Foo_Bar: 'Foo_Bar' is not a valid name. Use lower-case letters, digits and hyphens."
    ]


def test_a_name_without_words_in_the_schema_shows_the_rule(tmp_path: Path) -> None:
    assert check({"propertyNames": {"maxLength": 2}}, "abc: 1\n", tmp_path) == [
        "p.yaml:1:1  $.abc: 'abc' is not a valid name: 'abc' is longer than 2 characters. Write at most 2."
    ]


def test_a_value_that_breaks_two_rules_of_one_definition_is_told_once(tmp_path: Path) -> None:
    assert check(of(t={"$ref": COMMON_REF + "duration"}), "t: 50000 minutes\n", tmp_path) == [
        "p.yaml:1:4  $.t: '50000 minutes' is not a duration. Write a number and a unit: 500ms, 30s, 5m, 1h, 7d."
    ]


def test_a_wrong_type_of_a_defined_value_has_the_hint_of_the_definition(tmp_path: Path) -> None:
    assert check(of(t={"$ref": COMMON_REF + "duration"}), "t: 5\n", tmp_path) == [
        "p.yaml:1:4  $.t: expected a string, found an integer. Write a number and a unit: 500ms, 30s, 5m, 1h, 7d."
    ]


@pytest.mark.parametrize(
    ("types", "value", "expected"),
    [
        ("object", "x", "expected a mapping, found a string. Write 'key: value' lines."),
        ("array", "{}", "expected a list, found a mapping. Write a list: [a, b]."),
        ("string", "1.10", "expected a string, found a number. Quote it."),
        ("string", "true", "expected a string, found a boolean. Quote it."),
        ("string", "[]", "expected a string, found a list. Write a text."),
        ("integer", "'1'", "expected an integer, found a string. Remove the quotes."),
        (["null", "integer"], "x", "expected an integer or null, found a string. Write a whole number."),
        ("boolean", "null", "expected a boolean, found null. Write its value, or remove the key."),
        ("object", "null", "expected a mapping, found null. Write its value, or remove the key."),
    ],
)
def test_a_wrong_type_names_both_types(types: Any, value: str, expected: str, tmp_path: Path) -> None:
    assert check(of(a={"type": types}), f"a: {value}\n", tmp_path) == [f"p.yaml:1:4  $.a: {expected}"]


def test_items_that_are_in_the_list_already_are_named_with_their_places(tmp_path: Path) -> None:
    assert check(of(a={"uniqueItems": True}), "a: [x, z, x, {b: 1}, {b: 1}]\n", tmp_path) == [
        "p.yaml:1:11  $.a[2]: 'x' is in the list already. Remove the repetition.",
        "p.yaml:1:22  $.a[4]: a mapping is in the list already. Remove the repetition.",
    ]


def test_a_misspelt_key_is_not_reported_as_missing_too(tmp_path: Path) -> None:
    schema = {**of(timeout={}, retries={}), "required": ["timeout", "retries"]}
    assert check(schema, "timeot: 1\n", tmp_path) == [
        "p.yaml:1:1  $: 'retries' is missing. Add it.",
        "p.yaml:1:1  $.timeot: unknown key. Did you mean 'timeout'?",
    ]


def test_a_value_of_the_wrong_type_is_reported_once(tmp_path: Path) -> None:
    rule = {"type": "string", "enum": ["1.30", "1.31"]}
    assert check(of(a=rule), "a: 1.30\n", tmp_path) == ["p.yaml:1:4  $.a: expected a string, found a number. Quote it."]


def test_a_value_that_may_be_a_secret_is_not_repeated(tmp_path: Path) -> None:
    rule = {"type": "string", "pattern": "^x$", "x-hidden": True, "x-message": "is not a name"}
    assert check(of(a=rule), "a: hunter2\n", tmp_path) == ["p.yaml:1:4  $.a: the value is not a name."]


@pytest.mark.parametrize(
    ("rule", "value", "expected"),
    [
        ({"enum": ["gold", "silver"]}, "godl", "'godl' is not one of: gold, silver. Did you mean 'gold'?"),
        ({"enum": ["gold", "silver", None]}, "7", "7 is not one of: gold, silver, null. Choose one."),
        ({"minimum": 3}, "2", "2 is below the minimum 3. Raise it to at least 3."),
        ({"maximum": 3}, "4.5", "4.5 is above the maximum 3. Lower it to at most 3."),
        ({"exclusiveMinimum": 0}, "0", "0 is not above 0. Raise it above 0."),
        ({"exclusiveMaximum": 9}, "9", "9 is not below 9. Lower it below 9."),
        ({"multipleOf": 5}, "7", "7 is not a multiple of 5. Write a multiple of 5."),
        ({"minLength": 3}, "ab", "'ab' is shorter than 3 characters. Write at least 3."),
        ({"maxLength": 3}, "abcd", "'abcd' is longer than 3 characters. Write at most 3."),
        ({"minItems": 1}, "[]", "the list is empty. Add at least one entry."),
        ({"maxItems": 1}, "[1, 2]", "the list has more than 1 items. Keep at most 1."),
        ({"minProperties": 1}, "{}", "the mapping is empty. Add at least one entry."),
        ({"maxProperties": 0}, "{x: 1}", "the mapping has more than 0 keys. Keep at most 0."),
        ({"uniqueItems": True}, "[1, 1.0]", "the list has an item twice. Remove the repetition."),
        ({"pattern": "^x$"}, "z", "'z' does not match ^x$. Change it to match."),
        ({"const": "v1"}, "v2", "'v2' is not 'v1'. Write 'v1'."),
        ({"const": True}, "{}", "a mapping is not true. Write true."),
        ({"contains": {"const": 1}}, "[2]", "breaks the schema's 'contains'. See the schema."),
        ({"oneOf": [{"minimum": 1}, {"minimum": 2}]}, "3", "fits more than one of the forms. Keep one."),
        ({"not": {"const": 1}, "x-message": "is taken", "x-hint": "Choose 2."}, "1", "1 is taken. Choose 2."),
        ({"pattern": "^x$"}, '"a\\nb"', "'a\\nb' does not match ^x$. Change it to match."),
        ({"pattern": "^x$"}, "y" * 99, f"'{'y' * 57}...' does not match ^x$. Change it to match."),
    ],
)
def test_each_rule_about_a_value_has_its_words(rule: Any, value: str, expected: str, tmp_path: Path) -> None:
    assert check(of(a=rule), f"a: {value}\n", tmp_path) == [f"p.yaml:1:4  $.a: {expected}"]


def test_what_is_forbidden_by_a_false_schema_stands_at_its_key(tmp_path: Path) -> None:
    assert check({"properties": {"a": False}}, "a: 1\n", tmp_path) == ["p.yaml:1:1  $.a: not allowed here. Remove it."]


def test_a_missing_key_is_described_at_the_key_of_its_mapping(tmp_path: Path) -> None:
    region = {
        **of(cloud={"description": "The provider of the region."}, name={"$ref": COMMON_REF + "name"}, zone={}),
        "required": ["cloud", "name", "zone"],
    }
    assert check(of(regions=of(west=region)), "regions:\n  west: {}\n", tmp_path) == [
        "p.yaml:2:3  $.regions.west: 'cloud' is missing. Add it: The provider of the region.",
        "p.yaml:2:3  $.regions.west: 'name' is missing. Add it: A DNS label.",
        "p.yaml:2:3  $.regions.west: 'zone' is missing. Add it.",
    ]


def test_a_key_that_another_one_needs_is_missing(tmp_path: Path) -> None:
    assert check({"dependentRequired": {"a": ["b"]}}, "a: 1\n", tmp_path) == ["p.yaml:1:1  $: 'b' is missing. Add it."]


def test_of_several_forms_the_one_of_the_type_that_was_written_reports(tmp_path: Path) -> None:
    schema = of(a={"anyOf": [{"$ref": COMMON_REF + "duration"}, of(min={"type": "integer"}), {"type": "null"}]})
    assert check(schema, "a: {min: x, mx: 1}\n", tmp_path) == [
        "p.yaml:1:10  $.a.min: expected an integer, found a string. Write a whole number.",
        "p.yaml:1:13  $.a.mx: unknown key. Known keys: min.",
    ]
    assert check(schema, "a: soon\n", tmp_path) == [
        "p.yaml:1:4  $.a: 'soon' is not a duration. Write a number and a unit: 500ms, 30s, 5m, 1h, 7d."
    ]
    assert check(schema, "a: [1]\n", tmp_path) == [
        "p.yaml:1:4  $.a: expected a string or a mapping or null, found a list. "
        "Write a number and a unit: 500ms, 30s, 5m, 1h, 7d."
    ]


def test_of_several_forms_the_one_whose_constants_fit_reports(tmp_path: Path) -> None:
    forms = [of(kind={"const": "queue"}, depth={}, x={}), of(kind={"const": "topic"}, width={"type": "integer"})]
    assert check(of(a={"oneOf": forms}), "a: {kind: topic, width: x, z: 1}\n", tmp_path) == [
        "p.yaml:1:25  $.a.width: expected an integer, found a string. Write a whole number.",
        "p.yaml:1:28  $.a.z: unknown key. Known keys: kind, width.",
    ]


def test_forms_inside_forms_report_the_innermost(tmp_path: Path) -> None:
    inner = {"anyOf": [{"$ref": COMMON_REF + "duration"}, {"type": "null"}]}
    assert check(of(a={"anyOf": [inner, {"type": "integer"}]}), "a: soon\n", tmp_path) == [
        "p.yaml:1:4  $.a: 'soon' is not a duration. Write a number and a unit: 500ms, 30s, 5m, 1h, 7d."
    ]


def test_the_document_itself_can_be_of_the_wrong_type(tmp_path: Path) -> None:
    assert check(of(), "- a\n", tmp_path) == [
        "p.yaml:1:1  $: expected a mapping, found a list. Write 'key: value' lines."
    ]


def test_parameters_are_checked_by_the_schema_of_their_component(tmp_path: Path) -> None:
    (tmp_path / "common.schema.json").write_text(json.dumps(COMMON))
    schema = of(wait={"$ref": COMMON_REF + "duration"}, n={"$ref": "#/$defs/n"}) | {"$defs": {"n": {"minimum": 3}}}
    source = Source("p.yaml", "components:\n  queue:\n    wait: soon\n    n: 1\n    x: 1\n")
    schemas = Schemas(tmp_path)
    found = schemas.check_parameters(schema, {"wait": "soon", "n": 1, "x": 1}, source, ("components", "queue"))
    assert [problem.text() for problem in found] == [
        "p.yaml:3:11  $.components.queue.wait: 'soon' is not a duration. "
        "Write a number and a unit: 500ms, 30s, 5m, 1h, 7d.",
        "p.yaml:4:8  $.components.queue.n: 1 is below the minimum 3. Raise it to at least 3.",
        "p.yaml:5:5  $.components.queue.x: unknown key. Known keys: n, wait.",
    ]
    assert schemas.check_parameters(schema, {"wait": "5m", "n": 3}, source, ("components", "queue")) == ()
    assert schemas.check_parameters({"$id": "elsewhere.json", **schema}, {"n": 3}, source, ()) == ()


def test_a_broken_schema_names_its_file(tmp_path: Path) -> None:
    with pytest.raises(GenError, match=r"platform\.schema\.json is not a JSON Schema"):
        check({"type": "strnig"}, "a: 1\n", tmp_path)
    with pytest.raises(GenError, match=r"missing\.schema\.json"):
        check({"$ref": "missing.schema.json#/$defs/x"}, "a: 1\n", tmp_path)
    with pytest.raises(GenError, match=r"no schema is named 'x'"):
        Schemas(tmp_path).check("x", {}, Source("p.yaml", ""))
    (tmp_path / "platform.schema.json").write_text("{")
    with pytest.raises(GenError, match=r"platform\.schema\.json: not JSON"):
        Schemas(tmp_path)


@pytest.mark.parametrize("name", [path.name.split(".")[0] for path in (data_root() / "schemas").glob("*.schema.json")])
def test_every_schema_of_the_distribution_compiles(name: str) -> None:
    problems = Schemas(data_root() / "schemas").check(name, {"no-such-key": 1}, Source("p.yaml", "no-such-key: 1\n"))
    assert problems or name == "common"
