"""The schema of a chart's values: what it takes, and what is refused before Helm sees it."""

from dataclasses import replace
from typing import Any

import pytest
from handmade import EUROPE, INDIA, REGIONS, USED, WEST, schema_of, service, service_schema, service_values, with_schema

from generator.base.errors import ProblemsError
from generator.base.problem import Problem
from generator.deliver.helm.chart import render_chart
from generator.deliver.helm.model import Chart


def problems_of(chart: Chart) -> tuple[Problem, ...]:
    with pytest.raises(ProblemsError) as caught:
        render_chart(chart)
    return caught.value.problems


def refused(chart: Chart) -> list[str]:
    problems = problems_of(chart)
    assert {problem.rule for problem in problems} == {"render/values-schema"}
    assert {problem.file for problem in problems} == {"templates/workload/service/values.schema.json"}
    return [f"{problem.path}: {problem.message} {problem.hint}" for problem in problems]


def test_the_schema_is_pruned_to_what_templates_use_and_closed() -> None:
    schema = schema_of(service())
    properties = schema["properties"]
    assert list(properties)[-2:] == ["enabled", "global"]
    assert "spare" not in properties
    assert list(properties["image"]["properties"]) == ["repository", "tag"]
    assert properties["autoscaling"]["required"] == ["enabled", "maxReplicas"]
    assert list(properties["ingress"]["items"]["properties"]) == ["from", "port"]
    assert [each["additionalProperties"] for each in (schema, properties["image"], properties["ingress"]["items"])] == [
        *(False, False, False),
    ]


def test_below_a_value_that_is_used_whole_the_schema_is_kept_and_closed() -> None:
    schema = schema_of(service())
    assert list(schema["$defs"]) == ["resources", "quantities"]
    assert list(schema["$defs"]["quantities"]["properties"]) == ["cpu", "memory"]
    assert schema["$defs"]["resources"]["additionalProperties"] is False
    assert schema["properties"]["nodeSelector"]["additionalProperties"] == {"type": "string"}


def test_of_a_definition_only_what_is_used_is_written_out() -> None:
    used = (USED - {("resources",)}) | {("resources", "requests", "cpu")}
    values = {region: service_values(1, resources={"requests": {"cpu": "1"}}) for region in REGIONS}
    resources = schema_of(replace(service(), used=used, values=values))["properties"]["resources"]
    assert list(resources["properties"]) == ["requests"]
    assert list(resources["properties"]["requests"]["properties"]) == ["cpu"]


def test_only_the_names_that_templates_use_may_be_given() -> None:
    quotas = schema_of(service())["properties"]["quotas"]
    assert {name: list(entry["properties"]) for name, entry in quotas["properties"].items()} == {
        "data": ["pods"],
        "talai": ["pods"],
    }
    assert quotas["additionalProperties"] is False


def test_a_list_that_is_empty_in_all_regions_keeps_its_schema() -> None:
    used = frozenset(path for path in USED if path[0] != "ingress")
    values = {region: service_values(1, ingress=[]) for region in REGIONS}
    schema = schema_of(replace(service(), used=used, values=values))
    assert list(schema["properties"]["ingress"]["items"]["properties"]) == ["from", "port", "spare"]


@pytest.mark.parametrize(
    ("written", "closing"),
    [
        ({"properties": {"a": {}}}, {"additionalProperties": False}),
        ({"properties": {"a": {}}, "additionalProperties": True}, {"additionalProperties": True}),
        ({"properties": {"a": {}}, "anyOf": [{"properties": {"b": {}}}]}, {"unevaluatedProperties": False}),
        ({"allOf": [{"properties": {"a": {}}}]}, {"unevaluatedProperties": False}),
        ({"type": "object"}, {}),
    ],
)
def test_a_part_is_closed_where_it_names_keys_and_does_not_say_otherwise(
    written: dict[str, Any], closing: dict[str, Any]
) -> None:
    schema = service_schema()
    schema["properties"]["resources"] = {"description": "Resources.", **written, "$comment": "kept"}
    values = {region: service_values(1, resources={}) for region in REGIONS}
    part = schema_of(replace(with_schema(schema), values=values))["properties"]["resources"]
    assert part == {"description": "Resources.", **written, "$comment": "kept", **closing}


def test_alternatives_are_closed_each_by_itself() -> None:
    schema = service_schema()
    alternatives = [{"properties": {"a": {}}}, {"type": "string"}]
    schema["properties"]["resources"] = {"description": "Resources.", "oneOf": alternatives}
    values = {region: service_values(1, resources={"a": 1}) for region in REGIONS}
    part = schema_of(replace(with_schema(schema), values=values))["properties"]["resources"]
    assert part["oneOf"] == [{"properties": {"a": {}}, "additionalProperties": False}, {"type": "string"}]


def test_a_value_that_the_schema_does_not_describe_is_refused() -> None:
    chart = service()
    schema = service_schema()
    del schema["properties"]["image"]["properties"]["tag"], schema["properties"]["replicaCount"]
    assert refused(replace(chart, schema=schema)) == [
        "$: the templates use the value 'replicaCount', which the schema does not describe."
        " Add 'replicaCount' to the properties of $, with a description and a type.",
        "$.image: the templates use the value 'image.tag', which the schema does not describe."
        " Add 'tag' to the properties of $.image, with a description and a type.",
    ]


def test_values_without_a_schema_are_refused() -> None:
    values = {region: {"replicaCount": 1} for region in REGIONS}
    chart = replace(service(), schema=None, values=values, used=frozenset({("replicaCount",)}))
    assert refused(chart) == [
        "$: the templates use the value 'replicaCount', which the schema does not describe."
        " Add 'replicaCount' to the properties of $, with a description and a type."
    ]


def test_a_value_without_a_description_is_refused() -> None:
    schema = service_schema()
    del schema["properties"]["image"]["properties"]["tag"]["description"]
    assert refused(with_schema(schema)) == [
        "$.image.tag: 'image.tag' has no description. Add one: it is the comment in values.yaml."
    ]


def test_a_list_whose_items_are_not_described_is_refused() -> None:
    schema = service_schema()
    del schema["properties"]["ingress"]["items"]
    assert refused(with_schema(schema)) == [
        "$.ingress: the templates walk 'ingress', and the schema has no items for it. Add its items."
    ]


def test_a_reference_that_leads_nowhere_is_refused() -> None:
    schema = service_schema()
    schema["$defs"]["resources"]["properties"]["limits"]["$ref"] = "other.schema.json#/limits"
    assert refused(with_schema(schema)) == [
        "$: the reference other.schema.json#/limits leads nowhere. Refer to #/$defs/<name> of the same file."
    ]


def test_a_name_that_every_chart_has_is_refused() -> None:
    values = {region: service_values(1, enabled=True) for region in REGIONS}
    assert refused(replace(service(), values=values)) == [
        "$: a value is named 'enabled', which every chart has. Rename it in the templates and the schema."
    ]


def test_values_that_break_the_schema_are_refused_with_their_regions() -> None:
    values = {WEST: service_values(3), EUROPE: service_values(0), INDIA: service_values(0)}
    assert refused(replace(service(), values=values)) == [
        "$.replicaCount: orchex in eu-central-1, ap-south-1: 0 is below the minimum 1. Raise it to at least 1."
    ]


def test_a_mistake_of_all_regions_is_told_without_them() -> None:
    values = {region: service_values(0) for region in REGIONS}
    assert refused(replace(service(), values=values)) == [
        "$.replicaCount: orchex: 0 is below the minimum 1. Raise it to at least 1."
    ]


def test_what_a_schema_lacks_is_the_same_problem_whichever_chart_finds_it() -> None:
    schema = service_schema()
    del schema["properties"]["image"]["properties"]["tag"]["description"]
    found = [problem for name in ("orchex", "other") for problem in problems_of(replace(service(name), schema=schema))]
    assert (len(found), len(set(found))) == (2, 1)


def test_null_where_the_schema_wants_a_number_is_refused() -> None:
    values = {WEST: service_values(3), EUROPE: service_values(3, replicaCount=None), INDIA: service_values(3)}
    assert refused(replace(service(), values=values)) == [
        "$.replicaCount: orchex in eu-central-1: expected an integer, found null. Write its value, or remove the key."
    ]


def test_a_mapping_in_one_region_and_text_in_another_is_refused() -> None:
    schema = service_schema()
    schema["properties"]["resources"] = {"description": "Anything."}
    values = {WEST: service_values(3), EUROPE: service_values(3, resources="much"), INDIA: service_values(3)}
    assert refused(replace(with_schema(schema), values=values)) == [
        "$.resources: orchex in eu-central-1: a mapping in one region and none in another: Helm cannot replace one by"
        " the other. Tune two values, or give it one type."
    ]


def test_a_character_that_no_manifest_may_hold_is_refused() -> None:
    values = {region: service_values(1, podAnnotations={"a": "\x7f"}) for region in REGIONS}
    with pytest.raises(ProblemsError, match=r"^orchex: the string holds U\+007F"):
        render_chart(replace(service(), values=values))


def test_a_component_that_is_called_as_what_helm_passes_to_all_charts_is_refused() -> None:
    with pytest.raises(ProblemsError, match="global"):
        render_chart(service("global"))


def test_an_alternative_that_asks_for_a_value_which_the_chart_lacks_is_left_out() -> None:
    schema = service_schema()
    autoscaling = schema["properties"]["autoscaling"]
    asked = [{"required": ["enabled"]}, {"required": ["spare"]}]
    autoscaling["properties"]["spare"] = {"description": "Used by no template.", "type": "integer"}
    autoscaling["anyOf"] = asked
    assert schema_of(with_schema(schema))["properties"]["autoscaling"]["anyOf"] == asked[:1]
    # Where none is left, no value of the chart is right, and the schema goes on saying so.
    autoscaling["anyOf"] = asked[1:]
    kept = [problem.rule for problem in problems_of(with_schema(schema))]
    assert set(kept) == {"render/values-schema"}
