"""What a chart's template says where ours has marks, and what it refuses."""

from collections import namedtuple
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from charted import NAME, body, chart, helm, refused, template, through_helm

from generator.templating.emit import dump
from generator.templating.engine import TemplateError


@dataclass(frozen=True, slots=True)
class Peer:
    name: str
    port: int


@dataclass(frozen=True, slots=True)
class Flow:
    peer_list: tuple[Peer, ...]
    note: str = "unread"


Pair = namedtuple("Pair", "left right")


Contexts = dict[str, dict[str, object]]


def both(**values: object) -> Contexts:
    """Return the same context in two regions."""
    return {"eu": values, "us": values}


def test_a_tuned_value_is_a_reference_of_its_type() -> None:
    text = (
        'a: [[ tune("name", a) ]]\nb: [[ tune("replicaCount", b) ]]\nc: [[ tune("enabled", c) ]]\n'
        'd: [[ tune("resources", d) ]]\ne: [[ tune("mixed", e) ]]\n'
    )
    contexts = {
        "eu": {"a": "x", "b": 3, "c": True, "d": {"cpu": "1"}, "e": 1},
        "us": {"a": "y", "b": 3, "c": True, "d": {"cpu": "2"}, "e": "s"},
    }
    schema = {"properties": {"replicaCount": {"type": "integer", "minimum": 0, "maximum": 1000}}}
    assert body(text, contexts, schema) == (
        "a: {{ .Values.name | quote }}\nb: {{ .Values.replicaCount }}\nc: {{ .Values.enabled }}\n"
        "d:\n  {{- toYaml .Values.resources | nindent 2 }}\ne: {{ toJson .Values.mixed }}\n"
    )


def test_numbers_that_go_prints_with_an_exponent_pass_through_int64(tmp_path: Path) -> None:
    text = 'a: [[ tune("a", a) ]]\nb: [[ "n" ~ tune("a", a) ]]\nc: [[ tune("c", c) ]]\n'
    contexts = both(a=1_000_000, c={"n": 123_456_789_012})
    assert body(text, contexts).startswith('a: {{ int64 .Values.a }}\nb: "n{{ int64 .Values.a }}"\n')
    for plain, helmed in through_helm(text, contexts, tmp_path / "chart").values():
        assert plain == helmed


def test_an_integer_that_loses_digits_is_refused() -> None:
    (problem,) = refused('a: [[ tune("a", a) ]]\n', both(a=2**53 + 1))
    assert (problem.rule, problem.line, problem.column) == ("render/large-integer", 5, 4)


def test_a_joined_string_reads_as_helm_users_write_it() -> None:
    text = 'a: [[ tune("image.repository", repository) ~ ":" ~ tune("image.tag", tag) ]]\n'
    assert (
        body(text, both(repository="r/x", tag="1.2")) == 'a: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"\n'
    )
    hostile = body(text, both(repository='r"x', tag="1.2"))
    assert hostile == 'a: {{ printf "%s:%s" .Values.image.repository .Values.image.tag | quote }}\n'


def test_what_regions_agree_on_is_no_value_where_it_is_only_regional() -> None:
    text = 'a: [[ regional("port", port) ]]\n'
    assert body(text, both(port=80)) == "a: 80\n"
    assert chart(text, both(port=80)).values == {"eu": {}, "us": {}}
    differing = {"eu": {"port": 80}, "us": {"port": 81}}
    assert body(text, differing) == "a: {{ int64 .Values.port }}\n"
    assert chart(text, differing).values == {"eu": {"port": 80}, "us": {"port": 81}}


def test_a_condition_on_a_value_keeps_both_branches() -> None:
    replicas = 'replicas: [[ tune("replicaCount", n) ]]'
    text = f'[% if tune("autoscaling.enabled", auto) %]\na: 1\n[% else %]\n{replicas}\n[% endif %]\n'
    made = chart(text, both(auto=True, n=3))
    assert made.templates[NAME].endswith(
        "{{- if .Values.autoscaling.enabled }}\na: 1\n{{- else }}\n"
        "replicas: {{ int64 .Values.replicaCount }}\n{{- end }}\n"
    )
    assert made.values["eu"] == {"autoscaling": {"enabled": True}, "replicaCount": 3}


def test_a_branch_that_means_nothing_in_any_region_fails_when_helm_takes_it(tmp_path: Path) -> None:
    text = '[% if tune("enabled", on) %]\na: [[ thing.name ]]\n[% endif %]\n'
    contexts = both(on=False, thing=None)
    assert "{{- fail " in body(text, contexts)
    assert chart(text, contexts).values["eu"] == {"enabled": False}
    through_helm(text, contexts, tmp_path / "chart")
    (tmp_path / "on.yaml").write_text("enabled: true\n", "utf-8")
    said = helm(tmp_path / "chart", tmp_path / "on.yaml")
    assert said.returncode != 0
    assert "the spec has nothing for this" in said.stderr


def test_a_branch_that_one_region_takes_is_written_as_that_region_has_it(tmp_path: Path) -> None:
    text = (
        '[% if tune("cloud", cloud) == "aws" %]\narn: [[ arn.name ]]\n[% elif tune("cloud", cloud) == "gcp" %]\n'
        "project: [[ project.name ]]\n[% else %]\nother: true\n[% endif %]\n"
    )
    contexts = {
        "us": {"cloud": "aws", "arn": {"name": "a"}, "project": None},
        "eu": {"cloud": "gcp", "arn": None, "project": {"name": "p"}},
    }
    assert body(text, contexts) == (
        '{{- if eq .Values.cloud "aws" }}\narn: a\n{{- else if eq .Values.cloud "gcp" }}\nproject: p\n'
        "{{- else }}\nother: true\n{{- end }}\n"
    )
    for plain, helmed in through_helm(text, contexts, tmp_path / "chart").values():
        assert plain == helmed


def test_what_differs_elsewhere_is_a_value_in_a_branch_of_one_region_too() -> None:
    port = 'regional("port", port)'
    text = (
        f'[% if tune("open", gate) %]\ngate: [[ gate.name ]]\nport: [[ {port} ]]\n[% endif %]\n'
        f'a: [[ {port} ]]\nb: [[ regional("same", 1) ]]\n'
    )
    contexts: Contexts = {"eu": {"gate": {"name": "g"}, "port": 8080}, "us": {"gate": None, "port": 8000}}
    assert body(text, contexts) == (
        "{{- if .Values.open }}\ngate: g\nport: {{ int64 .Values.port }}\n{{- end }}\n"
        "a: {{ int64 .Values.port }}\nb: 1\n"
    )
    same: Contexts = {**contexts, "us": {"gate": None, "port": 8080}}
    assert "port: 8080\n" in body(text, same)


def test_conditions_joined_by_one_word_stand_side_by_side() -> None:
    text = (
        '[% if tune("a", 1) or tune("b", 1) or (tune("c", 1) and tune("d", 1) and tune("e", 1)) %]\nf: 1\n[% endif %]\n'
    )
    assert body(text, both()).startswith("{{- if or .Values.a .Values.b (and .Values.c .Values.d .Values.e) }}\n")


def test_integers_of_values_compare_with_integers(tmp_path: Path) -> None:
    text = '[% if tune("port", port) != 80 %]\nport: [[ tune("port", port) ]]\n[% endif %]\nb: true\n'
    contexts = {"eu": {"port": 80}, "us": {"port": 8080}}
    assert "{{- if ne (int64 .Values.port) 80 }}" in body(text, contexts)
    for plain, helmed in through_helm(text, contexts, tmp_path / "chart").values():
        assert plain == helmed


def test_a_loop_over_what_all_regions_have_is_written_out() -> None:
    text = "list:\n  [% for name in names %]\n  - [[ name ]]\n  [% endfor %]\n"
    assert body(text, both(names=("a", "b"))) == "list:\n  - a\n  - b\n"


def test_a_loop_over_a_value_is_a_range_over_records(tmp_path: Path) -> None:
    text = (
        'ingress:\n  [% for flow in regional("networkPolicy.ingress", flows) %]\n  - from:\n'
        '      [% for peer in flow.peer_list %]\n      - name: [[ peer.name ~ "-" ~ peer.port ]]\n'
        '        tag: [[ tune("tag", tag) ]]\n      [% endfor %]\n  [% endfor %]\n'
    )
    contexts = {
        "eu": {"flows": (Flow((Peer("a", 1),)), Flow((Peer("b", 2), Peer("c", 3)))), "tag": "v1"},
        "us": {"flows": (Flow((Peer("d", 4),)),), "tag": "v1"},
    }
    assert body(text, contexts) == (
        "ingress:\n  {{- range $flow := .Values.networkPolicy.ingress }}\n  - from:\n"
        '      {{- range $peer := $flow.peerList }}\n      - name: "{{ $peer.name }}-{{ int64 $peer.port }}"\n'
        "        tag: {{ $.Values.tag | quote }}\n      {{- end }}\n  {{- end }}\n"
    )
    values = chart(text, contexts).values["us"]
    assert values == {"networkPolicy": {"ingress": [{"peerList": [{"name": "d", "port": 4}]}]}, "tag": "v1"}
    for plain, helmed in through_helm(text, contexts, tmp_path / "chart").values():
        assert plain == helmed


def test_a_path_may_name_what_a_loop_walks(tmp_path: Path) -> None:
    text = '[% for name in names %]\n[[ name ]]: [[ tune("quotas." ~ name ~ ".cpu", cpu) ]]\n[% endfor %]\n'
    contexts = {"eu": {"names": ("a", "data-pipeline"), "cpu": 1}, "us": {"names": ("a", "data-pipeline"), "cpu": 2}}
    assert body(text, contexts) == (
        'a: {{ int64 .Values.quotas.a.cpu }}\ndata-pipeline: {{ int64 (index .Values.quotas "data-pipeline" "cpu") }}\n'
    )
    for plain, helmed in through_helm(text, contexts, tmp_path / "chart").values():
        assert plain == helmed


def test_a_checksum_is_the_same_in_every_form(tmp_path: Path) -> None:
    text = 'a: [[ checksum(tune("config", config)) ]]\nb: [[ checksum(other) ]]\n'
    config = {"B": "<&>\u2028é\u00a0😀", "A": 'two\nlines\t"x"\\', "1e3": "yes"}
    contexts: Contexts = {"eu": {"config": config, "other": {"n": 1}}, "us": {"config": {}, "other": {"n": 1}}}
    for plain, helmed in through_helm(text, contexts, tmp_path / "chart").values():
        assert plain == helmed


def test_braces_that_are_no_actions_survive(tmp_path: Path) -> None:
    text = '# {{ in a comment }}\na: "{{ $labels.pod }} {{{ }}} {{- `x` -}}"\nb: [[ b ]]\nc: [[ tune("c", b) ]]\n'
    contexts = both(b="{{ $value | humanize }} {{`x`}} {{")
    assert "{{`{{ $labels.pod }}`}}" in body(text, contexts)
    for plain, helmed in through_helm(text, contexts, tmp_path / "chart").values():
        assert plain == helmed


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("a: [[ a ]]\n", "the value differs between regions ('x' in eu, 'y' in us)", 5, 4),
        ("[% if b %]\na: 1\n[% endif %]\n", "the condition differs between regions (True in eu, False in us)", 5, 7),
        (
            "a:\n  [% for c in cs %]\n  - [[ c ]]\n  [% endfor %]\n",
            "the list of the loop differs between regions",
            6,
            15,
        ),
        ('a: [[ a ~ tune("n", n) ]]\n', "a part of the string differs between regions", 5, 4),
        ('a: [[ tune("x." ~ a, n) ]]\n', "a part of the value's path differs between regions", 5, 4),
    ],
)
def test_what_differs_without_a_mark_is_refused_with_its_place(text: str, message: str, line: int, column: int) -> None:
    contexts = {
        "eu": {"a": "x", "b": True, "cs": ("p",), "n": "n"},
        "us": {"a": "y", "b": False, "cs": ("p", "q"), "n": "n"},
    }
    (problem,) = refused(text, contexts)
    assert message in problem.message
    assert (problem.rule, problem.file, problem.line, problem.column) == ("render/differs", NAME, line, column)
    assert "regional(" in problem.hint
    assert "manifests or kustomize" in problem.hint


def test_all_that_differs_is_said_at_once() -> None:
    contexts = {"eu": {"a": 1, "b": 1}, "us": {"a": 2, "b": 2}}
    assert [problem.line for problem in refused("a: [[ a ]]\nb: [[ b ]]\n", contexts)] == [5, 6]


def test_true_and_1_are_different() -> None:
    assert refused("a: [[ a ]]\n", {"eu": {"a": True}, "us": {"a": 1}})


def test_a_path_has_one_value_in_a_region() -> None:
    (problem,) = refused('a: [[ tune("x", a) ]]\nb: [[ tune("x", b) ]]\n', both(a=1, b=2))
    assert problem.rule == "render/values"
    (problem,) = refused('a: [[ tune("x", a) ]]\nb: [[ tune("x.y", b) ]]\n', both(a={"z": 1}, b=2))
    assert "a group of values too" in problem.message


def test_the_right_side_of_and_is_read_only_where_the_left_one_holds() -> None:
    timeout = 'regional("timeout", mesh.timeout)'
    text = f"[% if mesh and {timeout} %]\na: [[ {timeout} ]]\n[% endif %]\nb: 1\n"
    assert body(text, both(mesh=None)) == "b: 1\n"
    mesh = {"eu": {"mesh": {"timeout": "1s"}}, "us": {"mesh": {"timeout": ""}}}
    assert body(text, mesh) == "{{- if .Values.timeout }}\na: {{ .Values.timeout | quote }}\n{{- end }}\nb: 1\n"


def test_both_sides_of_and_stay_where_no_region_takes_them() -> None:
    text = '[% if tune("a", a) and tune("b", b) %]\nc: 1\n[% endif %]\nd: 1\n'
    assert body(text, both(a=False, b=False)) == "{{- if and .Values.a .Values.b }}\nc: 1\n{{- end }}\nd: 1\n"
    assert chart(text, both(a=False, b=True)).values["eu"] == {"a": False, "b": True}
    nothing = '[% if tune("a", a) and thing.name %]\nc: [[ thing.name ]]\n[% endif %]\nd: 1\n'
    assert body(nothing, both(a=False, thing=None)).startswith("{{- if .Values.a }}\n{{- fail ")


def test_a_record_with_names_is_a_mapping_of_the_values(tmp_path: Path) -> None:
    text = 'a:\n  [% for pair in regional("pairs", pairs) %]\n  - [[ pair ]]\n  [% endfor %]\n'
    contexts: Contexts = {"eu": {"pairs": ({"left": 1},)}, "us": {"pairs": ({"left": 2}, {"left": 3})}}
    for plain, helmed in through_helm(text, contexts, tmp_path / "chart").values():
        assert plain == helmed


def test_values_of_a_template_are_what_its_manifests_have() -> None:
    text = 'a: [[ tune("pair", pair) ]]\n'
    pair = Pair(1, 2)
    assert chart(text, both(pair=pair)).values["eu"] == {"pair": {"left": 1, "right": 2}}
    with pytest.raises(TemplateError):
        template(text).render({"pair": object()})


def test_a_list_that_is_empty_everywhere_may_be_filled_where_the_schema_says_with_what(tmp_path: Path) -> None:
    text = 'a:\n  [% for labels in tune("sources", sources) %]\n  - b: [[ labels ]]\n  [% endfor %]\n'
    items = {"type": "object", "additionalProperties": {"type": "string"}}
    schema = {"properties": {"sources": {"type": "array", "items": items}}}
    through_helm(text, both(sources=()), tmp_path / "chart", schema=schema)
    (tmp_path / "more.yaml").write_text("sources: [{c: d}]\n", "utf-8")
    said = helm(tmp_path / "chart", tmp_path / "more.yaml")
    assert yaml.safe_load(said.stdout)["a"] == [{"b": {"c": "d"}}]
    records = {"properties": {"sources": {"type": "array", "items": {**items, "properties": {"c": {}}}}}}
    assert "{{- fail " in body(text, both(sources=()), records)


@pytest.mark.parametrize(
    "text",
    ["2026-11-20 1:2:3x", "2026-23-20", "2026-11-20Tx", "1e07476", "9010E8891", "._6", ".5_", ".1e2_", "<<", "="],
)
def test_what_go_writes_bare_though_readers_disagree_is_quoted_in_a_map(text: str) -> None:
    tuned = 'a: [[ tune("data", data) ]]\n'
    assert body(tuned, both(data={"k": text})) == "a: {{ toJson .Values.data }}\n"


@pytest.mark.parametrize("text", ["", "yes", "1e3", "012", "0x1F", "12:30", "2026-11-20", "1_000", "-0b1", "1.2.3"])
def test_what_go_quotes_itself_is_a_block_in_a_map(text: str, tmp_path: Path) -> None:
    tuned = 'a: [[ tune("data", data) ]]\n'
    contexts = both(data={"k": text})
    assert body(tuned, contexts) == "a:\n  {{- toYaml .Values.data | nindent 2 }}\n"
    for plain, helmed in through_helm(tuned, contexts, tmp_path / "chart").values():
        assert plain == helmed


def test_hostile_values_of_maps_come_back(tmp_path: Path) -> None:
    strings = [
        "\nx",
        "x\n",
        " x",
        "x ",
        "a\u00a0b",
        "\u2028",
        "yes",
        "1e3",
        "0o7",
        "=",
        "<<",
        "{{ x }}",
        "- a",
        "a: b",
        "#",
        "",
    ]
    data = {f"k{number}": text for number, text in enumerate(strings)}
    text = 'a: [[ tune("data", data) ]]\nb:\n  - [[ tune("data", data) ]]\nc: [[ tune("k", k) ]]\n'
    contexts: Contexts = {"eu": {"data": data, "k": "\n{{"}, "us": {"data": {"a": "b"}, "k": "%s"}}
    for plain, helmed in through_helm(text, contexts, tmp_path / "chart").values():
        assert plain == helmed
    assert dump({"a": 1}) == "a: 1\n"
