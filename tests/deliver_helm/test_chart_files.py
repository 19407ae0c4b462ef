"""The files of charts, as text: what a person reads in them, and what is refused before Helm sees it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from handmade import EUROPE, INDIA, REGIONS, USED, WEST, of_one_region, service, service_schema, service_values, texts
from handmade import umbrella as umbrella_files
from yamllint import linter
from yamllint.config import YamlLintConfig

from generator.base.errors import ProblemsError
from generator.deliver.helm.chart import Chart, render_chart
from generator.deliver.helm.comments import WIDTH
from generator.verify import lint

FOLDER = "charts/talai/charts/orchex/"
YAMLLINT = Path(lint.__file__).with_name("yamllint.yaml")


def chart_files(chart: Chart) -> dict[str, str]:
    return {path.removeprefix(FOLDER): text for path, text in texts(render_chart(chart)).items()}


def schema_of(chart: Chart) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(chart_files(chart)["values.schema.json"])
    return schema


def with_schema(schema: dict[str, Any]) -> Chart:
    return replace(service(), schema=schema)


def refused(chart: Chart) -> list[str]:
    with pytest.raises(ProblemsError) as caught:
        render_chart(chart)
    assert {problem.rule for problem in caught.value.problems} == {"render/values-schema"}
    assert {problem.file for problem in caught.value.problems} == {"templates/workload/service/values.schema.json"}
    return [f"{problem.path}: {problem.message} {problem.hint}" for problem in caught.value.problems]


def test_values_come_in_the_order_of_the_schema_each_below_its_description() -> None:
    text = chart_files(service())["values.yaml"]
    assert list(yaml.safe_load(text)) == [
        *("replicaCount", "image", "resources", "autoscaling", "nodeSelector", "podAnnotations", "ingress", "quotas"),
    ]
    assert "\n\n# The image that runs.\nimage:\n  # Registry and name.\n  repository: registry.example/" in text
    assert yaml.safe_load(text) == service_values(3)


def test_a_long_description_is_wrapped_within_its_indentation() -> None:
    text = chart_files(service())["values.yaml"]
    assert "it asks for, and what it may take at most. The scheduler goes by\n# the requests, " in text
    assert max(len(line) for line in text.splitlines()) <= WIDTH


def test_of_entries_that_are_alike_the_first_is_explained() -> None:
    text = chart_files(service())["values.yaml"]
    assert "  talai:\n    # Pods at most.\n    pods: 1000000\n  data:\n    pods: 50\n" in text


def test_the_members_of_the_first_item_of_a_list_are_explained() -> None:
    flows = [{"from": "gateway", "port": 1}, {"from": "two\nlines", "port": 2}]
    chart = replace(service(), values={region: service_values(1, ingress=flows) for region in REGIONS})
    text = chart_files(chart)["values.yaml"]
    assert "ingress:\n  # The caller.\n  - from: gateway\n    # The port.\n    port: 1\n  - from: |-\n" in text
    assert yaml.safe_load(text)["ingress"] == flows
    assert yamllint_remarks(text) == []


def test_values_without_any_are_an_empty_mapping() -> None:
    chart = replace(service(), values={region: {} for region in REGIONS}, used=frozenset(), schema=None)
    assert chart_files(chart)["values.yaml"].endswith("\n\n{}\n")


def test_the_top_of_a_values_file_says_who_owns_it_and_what_to_edit() -> None:
    for name in ("values.yaml", f"values-{INDIA}.yaml", "Chart.yaml"):
        top = chart_files(service())[name].partition("\n\n")[0]
        assert all(line.startswith("#") for line in top.splitlines())
        assert "edit environments/talai/ and render again." in top


def test_a_region_changes_leaves_replaces_lists_and_removes_keys_with_null() -> None:
    files = chart_files(service())
    assert yaml.safe_load(files[f"values-{WEST}.yaml"]) == {}
    assert yaml.safe_load(files[f"values-{EUROPE}.yaml"]) == {
        "replicaCount": 2_000_000,
        "nodeSelector": {"cloud": None},
        "podAnnotations": {"note": "{{ $labels.x }}"},
    }
    assert yaml.safe_load(files[f"values-{INDIA}.yaml"]) == {
        "resources": {"requests": None, "limits": {"cpu": "2"}},
        "autoscaling": {"enabled": False, "maxReplicas": 12},
        "nodeSelector": {"cloud": "azure", "pool": None, "disk": "true"},
        "ingress": [],
    }


def test_a_value_of_another_type_is_a_change() -> None:
    schema = service_schema()
    schema["properties"]["replicaCount"] = {"description": "Anything."}
    values = {WEST: service_values(1), EUROPE: service_values(True), INDIA: service_values(1)}
    files = chart_files(replace(with_schema(schema), values=values))
    assert yaml.safe_load(files[f"values-{EUROPE}.yaml"]) == {"replicaCount": True}


def test_chart_yaml_names_the_versions() -> None:
    text = chart_files(service())["Chart.yaml"]
    assert yaml.safe_load(text) == {
        "apiVersion": "v2",
        "name": "orchex",
        "description": service().description,
        "type": "application",
        "version": "1.4.0",
        "appVersion": "2.4.1",
        "kubeVersion": ">= 1.36.0-0",
    }
    assert 'appVersion: "2.4.1"\n' in text


def test_without_an_application_version_chart_yaml_has_none() -> None:
    assert "appVersion" not in chart_files(replace(service(), app_version=""))["Chart.yaml"]


@pytest.mark.parametrize("version", ["1.10", "v2", "true", "1e3", 'a"b', "a\\b", "sha256-0123"])
def test_an_application_version_stays_a_string(version: str) -> None:
    text = chart_files(replace(service(), app_version=version))["Chart.yaml"]
    assert yaml.safe_load(text)["appVersion"] == version


def test_the_schema_is_pruned_to_what_templates_use_and_closed() -> None:
    schema = schema_of(service())
    properties = schema["properties"]
    assert list(properties)[-2:] == ["enabled", "global"]
    assert "spare" not in properties
    assert list(properties["image"]["properties"]) == ["repository", "tag"]
    assert properties["autoscaling"]["required"] == ["enabled"]
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
        "$: orchex: the templates use the value 'replicaCount', which the schema does not describe."
        " Add 'replicaCount' to the properties of $, with a description and a type.",
        "$.image: orchex: the templates use the value 'image.tag', which the schema does not describe."
        " Add 'tag' to the properties of $.image, with a description and a type.",
    ]


def test_values_without_a_schema_are_refused() -> None:
    values = {region: {"replicaCount": 1} for region in REGIONS}
    chart = replace(service(), schema=None, values=values, used=frozenset({("replicaCount",)}))
    assert refused(chart) == [
        "$: orchex: the templates use the value 'replicaCount', which the schema does not describe."
        " Add 'replicaCount' to the properties of $, with a description and a type."
    ]


def test_a_value_without_a_description_is_refused() -> None:
    schema = service_schema()
    del schema["properties"]["image"]["properties"]["tag"]["description"]
    assert refused(with_schema(schema)) == [
        "$.image.tag: orchex: 'image.tag' has no description. Add one: it is the comment in values.yaml."
    ]


def test_a_list_whose_items_are_not_described_is_refused() -> None:
    schema = service_schema()
    del schema["properties"]["ingress"]["items"]
    assert refused(with_schema(schema)) == [
        "$.ingress: orchex: the templates walk 'ingress', and the schema has no items for it. Add its items."
    ]


def test_a_reference_that_leads_nowhere_is_refused() -> None:
    schema = service_schema()
    schema["$defs"]["resources"]["properties"]["limits"]["$ref"] = "other.schema.json#/limits"
    assert refused(with_schema(schema)) == [
        "$: orchex: the reference other.schema.json#/limits leads nowhere. Refer to #/$defs/<name> of the same file."
    ]


def test_a_name_that_every_chart_has_is_refused() -> None:
    values = {region: service_values(1, enabled=True) for region in REGIONS}
    assert refused(replace(service(), values=values)) == [
        "$: orchex: a value is named 'enabled', which every chart has. Rename it in the templates and the schema."
    ]


def test_values_that_break_the_schema_are_refused_with_their_regions() -> None:
    values = {WEST: service_values(3), EUROPE: service_values(0), INDIA: service_values(0)}
    assert refused(replace(service(), values=values)) == [
        "$.replicaCount: orchex in eu-central-1, ap-south-1: 0 is below the minimum 1. Raise it to at least 1."
    ]


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


def test_nothing_in_a_description_leaves_its_comment() -> None:
    schema = service_schema()
    schema["properties"]["replicaCount"]["description"] = "Pods.\nrogue: 1\u2028rogue: 2\u0085rogue: 3\x1b[2J\n\nMore."
    text = chart_files(with_schema(schema))["values.yaml"]
    assert "# Pods. rogue: 1 rogue: 2 rogue: 3\\x1b[2J\n#\n# More.\nreplicaCount: 3\n" in text
    assert yaml.safe_load(text) == service_values(3)


def test_nothing_in_a_component_s_description_leaves_the_umbrella_s_comment() -> None:
    chart = replace(service(), description="Plans\nrogue: true\u2028other: true")
    values = texts(umbrella_files(chart))["charts/talai/values.yaml"]
    assert yaml.safe_load(values) == {"orchex": {"enabled": True}}


def test_the_umbrella_switches_on_what_each_region_has() -> None:
    files = texts(umbrella_files(service(), of_one_region("edge", EUROPE)))
    assert yaml.safe_load(files["charts/talai/values.yaml"]) == {
        "edge": {"enabled": False},
        "orchex": {"enabled": True},
    }
    assert yaml.safe_load(files[f"charts/talai/values-{WEST}.yaml"]) == {}
    europe = yaml.safe_load(files[f"charts/talai/values-{EUROPE}.yaml"])
    assert europe["edge"] == {"enabled": True}
    assert europe["orchex"] == yaml.safe_load(chart_files(service())[f"values-{EUROPE}.yaml"])


def test_the_umbrella_switches_off_what_only_its_first_region_has() -> None:
    files = texts(umbrella_files(of_one_region("edge", WEST)))
    assert yaml.safe_load(files["charts/talai/values.yaml"]) == {"edge": {"enabled": True}}
    assert yaml.safe_load(files[f"charts/talai/values-{INDIA}.yaml"]) == {"edge": {"enabled": False}}


def test_the_umbrella_depends_on_its_components_in_the_order_of_their_names() -> None:
    text = texts(umbrella_files(service(), of_one_region("edge", EUROPE)))["charts/talai/Chart.yaml"]
    assert yaml.safe_load(text)["dependencies"] == [
        {"name": "edge", "version": "1.4.0", "condition": "edge.enabled"},
        {"name": "orchex", "version": "1.4.0", "condition": "orchex.enabled"},
    ]


def test_each_file_has_the_owner_that_the_inventory_knows() -> None:
    assert {file.owner for file in render_chart(service())} == {"charts/orchex"}
    assert {file.owner for file in umbrella_files(service())} == {"charts"}


def test_templates_stand_in_the_chart_as_they_are() -> None:
    files = chart_files(service())
    assert {name: files[f"templates/{name}"] for name in service().templates} == dict(service().templates)


def test_the_same_chart_has_the_same_bytes_whatever_the_order_of_its_values() -> None:
    chart = service()
    backwards = {region: dict(reversed(list(chart.values[region].items()))) for region in reversed(REGIONS)}
    templates = dict(reversed(list(chart.templates.items())))
    assert render_chart(replace(chart, values=backwards, templates=templates)) == render_chart(chart)
    one, other = service(), of_one_region("edge", EUROPE)
    assert umbrella_files(one, other) == umbrella_files(other, one)


def yamllint_remarks(text: str) -> list[str]:
    config = YamlLintConfig(file=str(YAMLLINT))
    return [str(problem) for problem in linter.run(text, config)]


def test_yamllint_has_nothing_to_remark() -> None:
    files = [*render_chart(service()), *umbrella_files(service(), of_one_region("edge", EUROPE))]
    found = {
        file.path: yamllint_remarks(file.content.decode())
        for file in files
        if file.path.endswith(".yaml") and "/templates/" not in file.path
    }
    assert len(found) == 10
    assert {path: remarks for path, remarks in found.items() if remarks} == {}


def test_yamllint_remarks_on_what_is_untidy() -> None:
    assert yamllint_remarks("a:  1\n") != []
