"""A loop by two names walks the entries of a mapping, in manifests and in charts alike in the order of their keys."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pytest

from generator.templating.chart.chart import ChartText, chart_text
from generator.templating.engine import Engine, Template, TemplateError

HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n"


@dataclass(frozen=True, slots=True)
class Disk:
    size: str
    mount_path: str


def template(marked: str, body: Sequence[str]) -> Template:
    lines = [f"  [% for name, entry in {marked} %]", *body, "  [% endfor %]"]
    return Engine().compile("loop.yaml.j2", HEAD + "".join(f"{line}\n" for line in lines))


def chart(compiled: Template, regions: Mapping[str, object], schema: Mapping[str, object]) -> ChartText:
    described = {"properties": {"entries": {"type": "object", "additionalProperties": schema}}}
    return chart_text([compiled], {name: {"entries": entries} for name, entries in regions.items()}, described)


TEXTS = template('tune("entries", entries)', ["  [[ name ]]: [[ entry ]]"])
DISKS = template(
    'regional("entries", entries)',
    [
        "  [[ name ]]: [[ entry.mount_path ]]",
        '  [[ name ~ ".size" ]]: [[ tune("disks." ~ name ~ ".size", entry.size) ]]',
    ],
)


def test_manifests_have_the_entries_in_the_order_of_their_keys() -> None:
    assert TEXTS.render({"entries": {"b": "2", "a": "yes", "B": "3"}}) == HEAD + '  B: "3"\n  a: "yes"\n  b: "2"\n'


def test_a_list_of_pairs_keeps_its_order() -> None:
    assert TEXTS.render({"entries": [["b", "x"], ["a", "z"]]}) == HEAD + "  b: x\n  a: z\n"


def test_what_is_no_pair_is_refused() -> None:
    with pytest.raises(TemplateError, match="unpack"):
        TEXTS.render({"entries": [["b", "x", "z"]]})


def test_a_chart_walks_the_entries_of_its_values() -> None:
    made = chart(TEXTS, {"one": {"b": "2"}, "two": {}}, {"type": "string"})
    assert made.values == {"one": {"entries": {"b": "2"}}, "two": {"entries": {}}}
    assert made.templates["loop.yaml.j2"] == HEAD + (
        "  {{- range $name, $entry := .Values.entries }}\n  {{ $name | quote }}: {{ $entry | quote }}\n  {{- end }}\n"
    )


def test_entries_that_no_region_has_may_still_be_added_if_the_schema_knows_their_type() -> None:
    assert "$entry | quote" in chart(TEXTS, {"one": {}, "two": {}}, {"type": "string"}).templates["loop.yaml.j2"]
    assert "fail" in chart(TEXTS, {"one": {}, "two": {}}, {"description": "Any."}).templates["loop.yaml.j2"]


def test_where_regions_have_the_same_entries_each_is_written_with_values_of_its_own() -> None:
    same = {"b": Disk("1Gi", "/b")}
    made = chart(DISKS, {"one": same, "two": dict(same)}, {"type": "object"})
    assert made.values["one"] == {"disks": {"b": {"size": "1Gi"}}}
    assert made.templates["loop.yaml.j2"] == HEAD + "  b: /b\n  b.size: {{ .Values.disks.b.size | quote }}\n"


def test_where_regions_differ_the_entries_are_values_with_the_fields_that_are_read() -> None:
    made = chart(DISKS, {"one": {"b": Disk("1Gi", "/b")}, "two": {}}, {"type": "object"})
    assert made.values == {"one": {"entries": {"b": {"size": "1Gi", "mountPath": "/b"}}}, "two": {"entries": {}}}
    assert "{{ $entry.mountPath | quote }}" in made.templates["loop.yaml.j2"]


def test_a_chart_walks_no_mapping_by_one_name() -> None:
    compiled = Engine().compile(
        "loop.yaml.j2", HEAD + '  [% for name in tune("entries", entries) %]\n  [[ name ]]: x\n  [% endfor %]\n'
    )
    with pytest.raises(TemplateError, match="a list by one name, or a mapping by two"):
        chart(compiled, {"one": {"b": "2"}}, {"type": "string"})
