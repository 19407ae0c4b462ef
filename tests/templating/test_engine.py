"""Compiling once, rendering many times, and the errors of rendering with their place."""

import pytest

from generator.base.errors import GenError
from generator.templating.emit import dump
from generator.templating.engine import Engine, TemplateError, identity, split
from generator.templating.source import scan
from generator.templating.variants import variants

HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"


def problem(source: str, **values: object) -> str:
    with pytest.raises(TemplateError) as raised:
        Engine().compile("t.yaml.j2", HEAD + source).render(values)
    return str(raised.value)


def test_a_name_that_is_not_defined_is_named_with_its_line_and_column() -> None:
    assert problem("data:\n  a: b\n  c: [[ nmae ]]\n", name="x") == (
        "t.yaml.j2:7:6: 'nmae' is not defined. Did you mean 'name'? Pass it from Python, or mend the name."
    )


def test_a_name_that_is_not_defined_does_no_harm_in_a_branch_that_is_not_taken() -> None:
    source = f"{HEAD}[% if wanted %]\ndata: [[ missing ]]\n[% endif %]\n"
    assert Engine().compile("t.yaml.j2", source).render({"wanted": False}) == HEAD


def test_of_two_expressions_on_a_line_the_right_one_is_named() -> None:
    assert problem("data:\n  [[ a ]]: [[ b.c ]]\n", a="x", b={}).startswith("t.yaml.j2:6:12: 'c' is not defined")
    assert problem("data:\n  [[ a ]]: [[ b.c ]]\n", a=1, b={"c": 1}).startswith("t.yaml.j2:6:3: a key of type int")


def test_a_test_that_fails_is_named_with_its_line() -> None:
    assert problem("[% if a > b %]\ndata: {}\n[% endif %]\n", a="x", b=1).startswith(
        "t.yaml.j2:5:7: the values do not fit"
    )
    assert problem("[% for a, b in c %]\n[[ a ]]: 1\n[% endfor %]\n", c=[[1]]).startswith(
        "t.yaml.j2:5:16: the values do"
    )


def test_a_value_deep_within_another_is_named_by_the_line_of_the_template() -> None:
    assert problem("data: [[ a ]]\n", a={"b": [{"c": {1}}]}) == (
        "t.yaml.j2:5:7: a value of type set cannot be written as YAML. "
        "Let Python pass text, a number, a boolean, null, a mapping or a sequence."
    )


@pytest.mark.parametrize("value", [True, None, 1.5, [1], {"a": 1}])
def test_only_strings_and_integers_are_joined(value: object) -> None:
    assert "'~' cannot join" in problem('data: [[ "a" ~ value ]]\n', value=value)


def test_strings_and_integers_are_joined_to_one_value() -> None:
    template = Engine().compile("t.yaml.j2", f'{HEAD}a: [[ "b: " ~ n ~ s ]]\n')
    assert template.render({"n": 1, "s": " #c"}) == f'{HEAD}a: "b: 1 #c"\n'


def test_a_key_that_is_in_its_mapping_already_is_refused() -> None:
    assert "t.yaml.j2:7:3: the key b is in this mapping already" in problem("data:\n  b: 1\n  [[ a ]]: 2\n", a="b")
    loop = "data:\n[% for a in b %]\n  [[ a ]]: 2\n[% endfor %]\n"
    assert "t.yaml.j2:7:3: the key c is in this mapping already" in problem(loop, b=["c", "d", "c"])


def test_the_same_key_may_come_in_the_mapping_of_each_item() -> None:
    source = f"{HEAD}items:\n[% for a in b %]\n  - [[ a ]]: 1\n    [[ a ~ 1 ]]:\n      [[ a ]]: 2\n[% endfor %]\n"
    text = Engine().compile("t.yaml.j2", source).render({"b": ["c", "c"]})
    assert text == f"{HEAD}items:\n" + "  - c: 1\n    c1:\n      c: 2\n" * 2


def test_a_bug_in_what_a_template_calls_is_not_taken_for_a_problem_of_the_template() -> None:
    class Broken(dict[str, object]):
        def items(self):  # type: ignore[no-untyped-def]
            raise KeyError("bug")

    template = Engine().compile("t.yaml.j2", f"{HEAD}data: [[ a ]]\n")
    with pytest.raises(KeyError, match="bug"):
        template.render({"a": Broken(b=1)})


def test_a_loop_variable_ends_with_its_loop() -> None:
    loop = "items:\n[% for a in b %]\n  - [[ a ]]\n[% endfor %]\nlast: [[ a ]]\n"
    assert Engine().compile("t.yaml.j2", HEAD + loop).render({"a": 1, "b": [2, 3]}).endswith("- 2\n  - 3\nlast: 1\n")
    assert "'a' is not defined" in problem(loop, b=[2])


def test_a_template_is_compiled_once() -> None:
    engine = Engine({"t.yaml.j2": HEAD})
    assert engine.template("t.yaml.j2") is engine.compile("t.yaml.j2", HEAD)
    assert engine.compile("t.yaml.j2", f"{HEAD}data: {{}}\n") is not engine.template("t.yaml.j2")


def test_the_sources_can_be_looked_up_by_a_function() -> None:
    assert Engine(lambda name: HEAD.replace("name: a", f"name: {name}")).template("x").render({}).endswith("name: x\n")


def test_nothing_is_rendered_from_blanks() -> None:
    template = Engine().compile("t.yaml.j2", f"\n[% if a %]\n{HEAD}[% endif %]\n\n")
    assert template.render({"a": False}) == ""
    assert Engine().compile("t.yaml.j2", "").render({}) == ""


def test_a_template_tells_whether_it_can_give_many_documents() -> None:
    one = Engine().compile("t.yaml.j2", f"{HEAD}data:\n  text: |\n    ---\n")
    assert not one.documents_may_be_many
    assert Engine().compile("t.yaml.j2", f"{HEAD}---\n{HEAD}").documents_may_be_many


def test_a_text_is_cut_at_separators_and_documents_without_content_are_left_out() -> None:
    assert split(f"# made by\n---\n{HEAD}---\n\n---\n# b\n{HEAD}") == [HEAD, f"# b\n{HEAD}"]
    assert split("") == []


@pytest.mark.parametrize("name", ["a", "012", "yes", "a: b", 'a"b: c', 'it\'s: "so"', "tab\t", "\u00a0"])
def test_the_identity_is_read_as_it_was_written(name: str) -> None:
    text = dump({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"labels": {"name": "x"}, "name": name}})
    assert identity(text) == ("apps/v1", "Deployment", "", name)


def test_the_identity_is_that_of_the_object_and_not_of_what_it_holds() -> None:
    inner = "apiVersion: v2\nkind: Inner\nmetadata:\n  name: inner\n  namespace: inner\n"
    text = dump(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"annotations": {"a": inner, "name": "x"}, "name": "outer"},
            "data": {"text": inner, "namespace": "x"},
        }
    )
    assert identity(f"# a comment\n# kind: X\n{text}") == ("v1", "ConfigMap", "", "outer")


@pytest.mark.parametrize("text", ["", "kind: A\n", "apiVersion: v1\nkind: A\nmetadata:\n  labels: {}\nname: a\n"])
def test_a_document_without_identity_is_refused(text: str) -> None:
    with pytest.raises(GenError, match="metadata"):
        identity(text)


def test_a_name_of_several_lines_is_no_identity() -> None:
    with pytest.raises(GenError, match="several lines"):
        identity(dump({"apiVersion": "v1", "kind": "A", "metadata": {"name": "a\nb"}}))


def test_every_branch_is_in_some_variant_and_loops_are_repeated() -> None:
    text = (
        "[% if a %]\n1\n[% if b %]\n2\n[% endif %]\n[% elif c %]\n3\n[% endif %]\n[% for x in y %]\n4\n[% endfor %]\n"
    )
    found = [[line.text for line in lines] for lines in variants(scan("t", text).body)]
    assert found == [["1", "2", "4", "4"], ["1"], ["3", "4", "4"], []]


def test_a_problem_of_each_kind_is_collected_from_the_whole_template() -> None:
    with pytest.raises(TemplateError) as raised:
        Engine().compile("t.yaml.j2", f"{HEAD}a: x[[ b ]]\nc: '[[ d ]]'\ne: [[ f | g ]]\n")
    assert [each.line for each in raised.value.problems] == [5, 6, 7]
    assert {each.rule for each in raised.value.problems} == {"template/place", "template/expression"}


def test_loops_within_loops_end() -> None:
    nested = "".join(f"{'  '}[% for v{n} in values %]\n" for n in range(5))
    source = f"items:\n{nested}  - 1\n{'  [% endfor %]' + chr(10)}" + "  [% endfor %]\n" * 4
    assert problem(source, values=["x"] * 100).endswith(
        "the loops of this template walk more than 200,000 values. Let Python pass what is to be written, in one list."
    )
    assert Engine().compile("t.yaml.j2", HEAD + source).render({"values": ["x"] * 2}).count("- 1") == 32


def test_a_text_that_grows_with_every_turn_of_a_loop_ends() -> None:
    source = "items:\n  [% for value in values %]\n  - [[ text ]]\n  [% endfor %]\n"
    assert "the text has more than 33,554,432 characters." in problem(source, values=["x"] * 1000, text="y" * 100_000)
