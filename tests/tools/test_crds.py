"""A schema made from a CRD accepts what the API server keeps and refuses what it would prune."""

import json
from collections.abc import Mapping
from typing import Any

import jsonschema_rs
import pytest
from provisioned import real_toolbox

from generator.tools.crds import convert_crd, object_meta
from generator.tools.native import version_folder
from generator.tools.pins import load_pins

Values = Mapping[str, Any]


def accepts(spec: Values, value: object, metadata: Values | None = None) -> bool:
    """Say whether a kind whose `spec` has the given structural schema accepts a spec."""
    structural = {"type": "object", "properties": {"spec": spec, "metadata": {"type": "object"}}}
    versions = [{"name": "v1", "schema": {"openAPIV3Schema": structural}}]
    crd = {"spec": {"group": "shop.example", "names": {"kind": "Till"}, "versions": versions}}
    ((name, schema),) = convert_crd(crd)
    assert name == "shop.example/till_v1.json"
    document = {"apiVersion": "shop.example/v1", "kind": "Till", "metadata": metadata or {"name": "a"}, "spec": value}
    return jsonschema_rs.Draft4Validator(schema).is_valid(document)


STRING = {"type": "string"}
OBJECT = {"type": "object", "properties": {"a": STRING}}


@pytest.mark.parametrize(
    ("spec", "good", "bad"),
    [
        (OBJECT, {"a": "x"}, {"b": "x"}),
        ({"type": "object"}, {}, {"b": "x"}),
        ({"type": "object", "properties": {"o": OBJECT}}, {"o": {"a": "x"}}, {"o": {"b": "x"}}),
        ({"type": "array", "items": OBJECT}, [{"a": "x"}], [{"b": "x"}]),
        ({"type": "object", "additionalProperties": OBJECT}, {"k": {"a": "x"}}, {"k": {"b": "x"}}),
        ({"type": "object", "additionalProperties": STRING}, {"k": "x"}, {"k": 1}),
        ({**OBJECT, "nullable": True}, None, {"b": "x"}),
        ({"type": "string", "nullable": True, "enum": ["x"]}, None, "y"),
        ({"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, STRING]}, 1, True),
        ({"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, STRING]}, "1", 1.5),
        ({"type": "array", "items": STRING, "x-kubernetes-list-type": "set"}, ["a", "b"], ["a", "a"]),
        ({"type": "integer", "minimum": 0, "exclusiveMinimum": True}, 1, 0),
        ({**OBJECT, "anyOf": [{"required": ["a"]}]}, {"a": "x"}, {}),
        ({**OBJECT, "not": {"properties": {"a": {"enum": ["x"]}}}}, {"a": "y"}, {"a": "x"}),
        ({"type": "object", "required": [], "properties": {"a": STRING}}, {}, {"b": "x"}),
        ({"type": "string", "pattern": "^a$"}, "a", "b"),
        ({"type": "string", "format": "date-time"}, "2026-11-20T00:00:00Z", "yesterday"),
    ],
)
def test_the_schema_follows_the_structural_schema(spec: Values, good: object, bad: object) -> None:
    assert accepts(spec, good)
    assert not accepts(spec, bad)


def test_what_preserves_unknown_fields_is_open_and_what_lies_in_it_is_closed() -> None:
    spec = {"type": "object", "x-kubernetes-preserve-unknown-fields": True, "properties": {"o": OBJECT}}
    assert accepts(spec, {"anything": 1})
    assert not accepts(spec, {"o": {"b": "x"}})


def test_a_branch_that_only_adds_a_condition_does_not_close_what_it_does_not_mention() -> None:
    spec = {**OBJECT, "properties": {"a": STRING, "b": STRING}, "allOf": [{"properties": {"a": {"maxLength": 1}}}]}
    assert accepts(spec, {"a": "x", "b": "long"})
    assert not accepts(spec, {"a": "long"})


def test_an_embedded_resource_is_an_object_with_closed_metadata() -> None:
    spec = {"type": "object", "x-kubernetes-embedded-resource": True, "properties": {"data": STRING}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}
    assert accepts(spec, {**pod, "data": "x"})
    assert not accepts(spec, {**pod, "metadata": {"nam": "a"}})


@pytest.mark.parametrize(
    "metadata",
    [{"nam": "a"}, {"name": 1}, {"labels": {"a": 1}}, {"annotations": {"a": True}}, {"labels": ["a"]}],
)
def test_metadata_is_closed_and_typed(metadata: Values) -> None:
    assert accepts({"type": "object"}, {}, {"name": "a", "labels": {"a": "1"}, "annotations": {"a": "true"}})
    assert not accepts({"type": "object"}, {}, metadata)


def test_what_a_crd_says_of_the_name_holds_too() -> None:
    name = {"type": "object", "properties": {"name": {"type": "string", "maxLength": 3}}}
    versions = [{"name": "v1", "schema": {"openAPIV3Schema": {"type": "object", "properties": {"metadata": name}}}}]
    crd = {"spec": {"group": "shop.example", "names": {"kind": "Till"}, "versions": versions}}
    ((_, schema),) = convert_crd(crd)
    validator = jsonschema_rs.Draft4Validator(schema)
    document = {"apiVersion": "shop.example/v1", "kind": "Till"}
    assert validator.is_valid({**document, "metadata": {"name": "abc", "labels": {"a": "b"}}})
    assert not validator.is_valid({**document, "metadata": {"name": "abcd"}})
    assert not validator.is_valid(document)


def test_a_version_without_a_schema_gives_none() -> None:
    crd = {"spec": {"group": "shop.example", "names": {"kind": "Till"}, "versions": [{"name": "v1"}]}}
    assert list(convert_crd(crd)) == []


@pytest.mark.parametrize("kubernetes", load_pins().native.kubernetes)
def test_our_metadata_has_the_fields_of_each_kubernetes_version(kubernetes: str) -> None:
    file = real_toolbox().native / version_folder(kubernetes) / "configmap-v1.json"
    definitions = json.loads(file.read_text())["$defs"]
    for name, ours in (
        ("ObjectMeta", object_meta()),
        ("OwnerReference", object_meta()["properties"]["ownerReferences"]["items"]),
        ("ManagedFieldsEntry", object_meta()["properties"]["managedFields"]["items"]),
    ):
        upstream = definitions[f"io.k8s.apimachinery.pkg.apis.meta.v1.{name}"]
        assert sorted(ours["properties"]) == sorted(upstream["properties"])
        assert ours.get("required", []) == sorted(upstream.get("required", []))
        assert upstream["additionalProperties"] is False
