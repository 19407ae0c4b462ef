"""The files of charts, as text: what a person reads in them."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from handmade import (
    EUROPE,
    INDIA,
    REGIONS,
    WEST,
    chart_files,
    of_one_region,
    service,
    service_schema,
    service_values,
    texts,
    with_schema,
)
from handmade import umbrella as umbrella_files
from yamllint import linter
from yamllint.config import YamlLintConfig

from generator.deliver.helm.chart import render_chart
from generator.deliver.helm.comments import WIDTH
from generator.verify import lint

YAMLLINT = Path(lint.__file__).with_name("yamllint.yaml")


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


@pytest.mark.parametrize(
    ("about", "description"),
    [("Research workflows", "Research workflows (production)"), ("", "All components of talai (production)")],
)
def test_the_umbrella_says_what_the_platform_is_and_in_which_environment(about: str, description: str) -> None:
    text = texts(umbrella_files(service(), about=about))["charts/talai/Chart.yaml"]
    assert yaml.safe_load(text)["description"] == description


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
