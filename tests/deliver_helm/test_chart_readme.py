"""The README.md of charts: true commands, a row for each value, and nothing that a description could slip in."""

import re
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from handmade import (
    EUROPE,
    REGIONS,
    WEST,
    helm,
    of_one_region,
    service,
    service_schema,
    service_values,
    texts,
    umbrella,
)
from handmade import write as write_charts

from generator.deliver.helm.chart import render_chart
from generator.deliver.helm.model import Chart


def readme(chart: Chart) -> str:
    return texts(render_chart(chart))[f"charts/talai/charts/{chart.name}/README.md"]


def readme_of_all(*charts: Chart) -> str:
    return texts(umbrella(*charts))["charts/talai/README.md"]


def rows(text: str) -> list[list[str]]:
    """Return the cells of a table's rows, as Markdown."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[1:] if "---" not in line]


def described(**properties: Any) -> Chart:
    """Return a chart whose values are those of a schema's properties, each null."""
    values: dict[str, dict[str, object]] = {region: dict.fromkeys(properties) for region in REGIONS}
    used = frozenset((name,) for name in properties)
    return replace(service(), schema={"properties": properties}, values=values, used=used)


def test_each_value_has_a_row_in_the_order_of_values_yaml() -> None:
    table = rows(readme(service()))
    assert [row[0] for row in table] == [
        "`replicaCount`",
        "`image.repository`",
        "`image.tag`",
        "`resources.requests.cpu`",
        "`resources.requests.memory`",
        "`resources.limits`",
        "`autoscaling.enabled`",
        "`autoscaling.maxReplicas`",
        "`nodeSelector`",
        "`podAnnotations`",
        "`ingress`",
        "`quotas`",
    ]
    cells = {row[0]: row[1:] for row in table}
    assert cells["`image.tag`"] == ["string", '`"2.4.1"`', "The version; better a digest."]
    assert cells["`ingress`"] == ["array", '`[{"from": "gateway", "port": 8000}]`', "Who may call it."]
    assert cells["`resources.limits`"] == ["object", "not set", "What it gets at most."]
    assert cells["`podAnnotations`"][:2] == ["object", "`{}`"]


def test_a_default_that_is_too_long_for_a_table_is_in_values_yaml() -> None:
    flows = [{"from": "gateway", "port": port} for port in (1, 2, 3)]
    chart = replace(service(), values={region: service_values(1, ingress=flows) for region in REGIONS})
    assert ["`ingress`", "array", "see `values.yaml`", "Who may call it."] in rows(readme(chart))


def test_a_chart_without_values_has_no_table() -> None:
    text = readme(replace(service(), values={region: {} for region in REGIONS}, used=frozenset(), schema=None))
    assert rows(text) == []
    assert "\n\nNone: nothing in it differs between regions" in text


def test_types_of_which_a_value_has_one_are_all_named_and_a_dot_in_a_name_is_escaped_as_for_set() -> None:
    text = readme(described(**{"a.b": {"description": "It.", "type": ["integer", "null"]}}))
    assert rows(text) == [[r"`a\.b`", "integer or null", "`null`", "It."]]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("a | b", r"a \| b"),
        ("<img src=x> &amp; `c`", r"\<img src=x\> \&amp; \`c\`"),
        ("![a](http://b)", r"!\[a\](http\://b)"),
        ("One.\n\n# Two\u2028| three\u202e[2J", r"One. # Two \| three\\u202e\[2J"),
    ],
)
def test_a_description_stays_text_on_its_line(said: str, shown: str) -> None:
    chart = replace(described(a={"description": said, "type": "null"}), description=said)
    text = readme(chart)
    assert rows(text)[0][3] == shown
    assert text.splitlines()[2] == shown
    everything = readme_of_all(chart)
    assert rows(everything)[0][3] == shown
    assert len(rows(everything)) == 1


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a`b|c", r'"a\`b\|c"'),
        (r"a\|b", r'"a\\\\\|b"'),
        ("a\nb", r'`"a\nb"`'),
        ("<b>*a*</b>", '`"<b>*a*</b>"`'),
        ("\u2028", r'`"\u2028"`'),
        (1_000_000, "`1000000`"),
    ],
)
def test_a_default_stays_within_its_cell(value: object, shown: str) -> None:
    chart = described(a={"description": "It."})
    text = readme(replace(chart, values={region: {"a": value} for region in REGIONS}))
    assert rows(text) == [["`a`", "", shown, "It."]]


def test_the_commands_are_ones_that_helm_takes(tmp_path: Path) -> None:
    chart = service()
    write_charts(tmp_path, chart)
    commands = [*installs(readme(chart)), *installs(readme_of_all(chart))]
    assert [command[3:5] for command in commands] == [
        ["orchex", "charts/talai/charts/orchex"],
        *[["talai", "charts/talai"]] * 2,
    ]
    for words in commands:
        # An upgrade asks a cluster what is there; an install takes the same words and needs none.
        assert words[:3] == ["helm", "upgrade", "--install"]
        done = helm("install", *words[3:], "--dry-run=client", folder=tmp_path)
        assert (done.returncode, done.stderr) == (0, ""), words
        assert "NAMESPACE: research\n" in done.stdout


def installs(text: str) -> list[list[str]]:
    return [shlex.split(block.replace("\\\n", " ")) for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)]


def test_only_a_chart_that_brings_namespaces_takes_over_the_one_that_helm_makes() -> None:
    assert "--create-namespace" not in installs(readme(service()))[0]
    namespace = {"namespace.yaml": "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: research\n"}
    assert {"--create-namespace", "--take-ownership"} <= set(
        installs(readme(replace(service(), templates=namespace)))[0]
    )


def test_a_component_of_one_region_is_installed_there() -> None:
    edge = of_one_region("edge", EUROPE)
    assert installs(readme(edge))[0][-1] == f"charts/talai/charts/edge/values-{EUROPE}.yaml"
    text = readme_of_all(service(), edge)
    assert installs(text)[0][-1] == f"charts/talai/values-{WEST}.yaml"
    assert [(row[0], row[2]) for row in rows(text)] == [
        ("[edge](charts/edge/README.md)", EUROPE),
        ("[orchex](charts/orchex/README.md)", "all"),
    ]


def test_who_owns_a_chart_and_what_it_leaves_to_others_is_said() -> None:
    for text in (readme(service()), readme_of_all(service())):
        assert "gen renders this chart from `environments/talai/`: change the spec there and render again" in text
        assert "each object names its own, and `--namespace` says where Helm keeps its records." in text
        assert "`app.kubernetes.io/managed-by: gen`" in text


def test_the_application_version_is_named_where_there_is_one() -> None:
    assert "application version `2.4.1`" in readme(service())
    assert "application version" not in readme(replace(service(), app_version=""))


def test_the_schema_of_the_tests_names_what_the_table_leaves_out() -> None:
    assert "spare" in service_schema()["properties"]
    assert "spare" not in readme(service())
