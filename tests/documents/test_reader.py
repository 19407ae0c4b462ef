"""The reader takes YAML 1.2 as every reader would, and refuses everything else with a place and a remedy."""

import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from generator.base.errors import ProblemsError
from generator.documents.composer import DEPTH_LIMIT, NODE_LIMIT
from generator.documents.reader import SIZE_LIMIT, Source, locate, parse, read_source
from generator.documents.scalars import Ambiguous, resolve


def texts(yaml_text: str) -> list[str]:
    return [problem.text() for problem in parse(Source("s.yaml", yaml_text))[1]]


def value(yaml_text: str) -> Any:
    document, problems = parse(Source("s.yaml", yaml_text))
    assert problems == ()
    return document


def test_values_have_the_types_of_the_core_schema() -> None:
    assert value(
        "{a: true, b: ~, c: , d: 3, e: -1.50, f: 0x1F, g: 70%, h: '1', i: 500m, j: .5, k: FALSE, l: 1.5e+3}"
    ) == {
        "a": True,
        "b": None,
        "c": None,
        "d": 3,
        "e": -1.5,
        "f": 31,
        "g": "70%",
        "h": "1",
        "i": "500m",
        "j": 0.5,
        "k": False,
        "l": 1500.0,
    }


def test_blocks_lists_and_block_scalars_are_read() -> None:
    assert value("a:\n- x\n- b: |\n    no\n    1e3\n") == {"a": ["x", {"b": "no\n1e3\n"}]}


def test_an_alias_stands_for_the_value_of_its_anchor() -> None:
    assert value("a: &x {b: 1}\nc: *x\nd: &n 3\ne: *n\n") == {"a": {"b": 1}, "c": {"b": 1}, "d": 3, "e": 3}


@pytest.mark.parametrize(
    ("scalar", "message"),
    [
        ("no", "'no' is a boolean to some YAML readers and a string to others. Quote it."),
        ("Y", "'Y' is a boolean to some YAML readers and a string to others. Quote it."),
        ("OFF", "'OFF' is a boolean to some YAML readers and a string to others. Quote it."),
        (
            "012",
            "'012' is an octal number to some YAML readers and a decimal number to others. "
            "Quote it, or write it without the leading zero.",
        ),
        (
            "1_000",
            "'1_000' is a number to some YAML readers and a string to others. "
            "Quote it, or write it out: digits with at most one point.",
        ),
        (
            "1e3",
            "'1e3' is a number to some YAML readers and a string to others. "
            "Quote it, or write it out: digits with at most one point.",
        ),
        ("0b1", "'0b1' is an integer to some YAML readers and a string to others. Quote it, or write it in decimal."),
        ("0o17", "'0o17' is an integer to some YAML readers and a string to others. Quote it, or write it in decimal."),
        ("12:30:45", "'12:30:45' is a number of base 60 to some YAML readers and a string to others. Quote it."),
        ("2026-11-20", "'2026-11-20' is a date to some YAML readers and a string to others. Quote it."),
        ("=", "'=' is a special value to some YAML readers and a string to others. Quote it."),
        ("<<", "'<<' merges a mapping for some YAML readers and is a key to others. Write the keys out."),
        ("9223372036854775808", "'9223372036854775808' is beyond 64 bits. Quote it if it is a string."),
        (".inf", "'.inf' is no number that JSON can hold. Quote it if it is a string."),
        ("1.0e+999", "'1.0e+999' is too large for a number. Quote it if it is a string."),
    ],
)
def test_a_plain_scalar_that_readers_disagree_over_is_refused(scalar: str, message: str) -> None:
    assert texts(f"a:\n  b: {scalar}\n") == [f"s.yaml:2:6  $.a.b: {message}"]
    assert value(f"a:\n  b: '{scalar}'\n") == {"a": {"b": scalar}}


@pytest.mark.parametrize(
    "scalar", ["1.5e3", "+.5", "-0x1F", "0X1F", "08", "00", "1__0", "0_1", "1_000.5", "2026-1-2 10:00:00", "1:30.5"]
)
def test_rarer_disagreements_are_refused_too(scalar: str) -> None:
    assert isinstance(resolve(scalar), Ambiguous)


@pytest.mark.parametrize(
    "scalar", ["yEs", "8080:80", "1.2.3", "2026-11", "10.0.0.0/8", "v1", "-", "1h", "0.1.0", "--x", "...x"]
)
def test_what_is_a_string_to_all_readers_stays_one(scalar: str) -> None:
    assert resolve(scalar) == scalar


@given(st.text(alphabet="0123456789eExobXOB_.:+-TZ aAfFnNyY<=~", max_size=12).filter(lambda text: text == text.strip()))
def test_a_plain_scalar_has_one_meaning_to_every_reader_or_is_refused(text: str) -> None:
    try:
        by_1_1 = yaml.safe_load(f"[{text}]") if text else [None]
        by_1_2 = YAML(typ="safe", pure=True).load(f"[{text}]") if text else [None]
    except (yaml.YAMLError, YAMLError, ValueError, OverflowError):
        return
    document, problems = parse(Source("s.yaml", f"[{text}]"))
    if problems or text == "":
        return
    assert repr(document) == repr(by_1_1) == repr(by_1_2)


def test_a_scalar_is_refused_as_a_key_too() -> None:
    assert texts("on: 1\n") == [
        "s.yaml:1:1  $.on: 'on' is a boolean to some YAML readers and a string to others. Quote it."
    ]


def test_keys_are_strings() -> None:
    assert texts("1: x\ntrue: z\n") == [
        "s.yaml:1:1  $['1']: keys are strings: '1' is none. Quote it.",
        "s.yaml:2:1  $.true: keys are strings: 'true' is none. Quote it.",
    ]


def test_a_template_expression_is_told_to_be_quoted() -> None:
    assert texts("a: {{ x }}\n") == [
        "s.yaml:1:5  $.a: a mapping or a sequence is no key. Quote the value if it is a text in braces or brackets."
    ]


def test_a_duplicate_key_names_the_line_of_the_first() -> None:
    assert texts("a:\n  b: 1\n  c: 2\n  b: 3\n  'b': 4\n") == [
        "s.yaml:4:3  $.a.b: duplicate key; the first one is on line 2. Remove one of them.",
        "s.yaml:5:3  $.a.b: duplicate key; the first one is on line 2. Remove one of them.",
    ]


@pytest.mark.parametrize(
    ("yaml_text", "expected"),
    [
        (
            "a: !!python/object:os.system x",
            "s.yaml:1:4  $.a: the tag '!!python/object:os.system' is not read. Remove it: a spec has plain values.",
        ),
        ("a: !foo {b: 1}", "s.yaml:1:4  $.a: the tag '!foo' is not read. Remove it: a spec has plain values."),
        ("a: ! x", "s.yaml:1:4  $.a: the tag '!' is not read. Remove it: a spec has plain values."),
        ("a: 1\n---\nb: 1\n", "s.yaml:2:1  $: a second document starts here. Keep one document a file."),
        (
            "%YAML 1.1\n---\na: 1\n",
            "s.yaml:1:1  $: YAML directives are not read. Remove the lines that start with '%'.",
        ),
        ("# nothing\n", "s.yaml:2:1  $: the file is empty. Write the spec, or remove the file."),
        ("---\n", "s.yaml:2:1  $: the document is empty. Write the spec, or remove the file."),
        ("a: *x\n", "s.yaml:1:4  $.a: no '&x' stands above this alias. Write the value out."),
        ("a: &x [*x]\n", "s.yaml:1:8  $.a[0]: '*x' stands inside its own anchor. Write the value out."),
        ("a: &x b\n*x : 1\n", "s.yaml:2:1  $: an alias is no key. Write the key out."),
        ('a: "x\\u0085"\n', "s.yaml:1:4  $.a: the character U+0085 is not allowed. Remove it."),
        ("a:\n  b: x\x07y\n", "s.yaml:2:7: the character U+0007 is not allowed here. Remove it."),
        (
            "a: x\u2028b: 1\n",
            's.yaml:1:5: the character U+2028 is not allowed here. Write "\\u2028" in double quotes, or remove it.',
        ),
        (
            "a: b: c\n",
            "s.yaml:1:5: a second ':' in this value, or a line indented too far. "
            "Quote a value with ': ' in it, or mend the indentation.",
        ),
        (
            "a: [1, 2\nb: 3\n",
            "s.yaml:2:2: the '[' is not closed (it is part of what starts on line 1). Add the missing ',' or ']'.",
        ),
        ("a:\n\tb: 1\n", "s.yaml:2:1: a tab cannot indent YAML. Use spaces."),
        ("a: @x\n", "s.yaml:1:4: a value cannot start with '@'. Quote it."),
        ("a: 'x\n", "s.yaml:2:1: a quote is not closed (it is part of what starts on line 1). Close the quote."),
        (
            "a\nb: 1\n",
            "s.yaml:2:2: a second ':' in this value, or a line indented too far. "
            "Quote a value with ': ' in it, or mend the indentation.",
        ),
    ],
)
def test_what_no_spec_needs_is_refused_with_its_place_and_a_remedy(yaml_text: str, expected: str) -> None:
    assert texts(yaml_text) == [expected]


def test_an_escaped_line_separator_in_quotes_is_a_value() -> None:
    assert value('a: "x\\u2028y"') == {"a": "x\u2028y"}


def test_all_problems_are_collected_in_the_order_of_their_lines() -> None:
    assert [text.split(":")[1] for text in texts("a: no\nb: 012\na: 1\nc: [yes, !t x]\nd: [\n")] == [
        "1",
        "2",
        "3",
        "4",
        "4",
        "6",
    ]


def test_nesting_up_to_the_limit_is_read_and_beyond_it_refused() -> None:
    value("[" * DEPTH_LIMIT + "]" * DEPTH_LIMIT)
    assert "more than 40 levels deep" in texts("[" * (DEPTH_LIMIT + 1) + "]" * (DEPTH_LIMIT + 1))[0]
    assert "more than 40 levels deep" in texts("[" * 200_000)[0]
    assert "more than 40 levels deep" in texts("".join(f"{' ' * level}a:\n" for level in range(200)))[0]


def test_aliases_count_towards_the_depth() -> None:
    chain = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [[*a{n - 1}]]\n" for n in range(1, 30))
    assert "more than 40 levels deep" in texts(chain)[0]
    assert texts("a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [[*a{n - 1}]]\n" for n in range(1, 18))) == []


def test_an_alias_bomb_is_refused_without_being_expanded() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 30)
    )
    found = texts(bomb)
    assert len(found) == 1
    assert "more than 200,000 values, aliases written out." in found[0]


def test_a_quadratic_alias_bomb_and_a_huge_sequence_are_refused() -> None:
    quadratic = f"a: &a [{'x, ' * 1000}]\nb: [{'*a, ' * 1000}]\n"
    assert "more than 200,000 values" in texts(quadratic)[0]
    assert "more than 200,000 values" in texts(f"[{'a,' * (NODE_LIMIT + 1)}]")[0]
    assert len(value(f"[{'a,' * NODE_LIMIT}]")) == NODE_LIMIT


def test_a_number_of_a_million_digits_is_refused() -> None:
    assert texts(f"a: {'9' * 1_000_000}") == [
        f"s.yaml:1:4  $.a: '{'9' * 37}...' is beyond 64 bits. Quote it if it is a string."
    ]


def test_the_number_of_problems_is_bounded() -> None:
    assert len(texts("a: [" + "no, " * 50_000 + "]")) == 1_000


def test_a_value_a_key_and_the_nearest_ancestor_are_located() -> None:
    source = Source("s.yaml", "a:\n  b: [1, {c: x}]\n  d: &d\n    e: 1\nf: *d\n")
    assert locate(source, ("a", "b", 1, "c")) == (2, 14)
    assert locate(source, ("a", "b", 1, "c"), key=True) == (2, 11)
    assert locate(source, ("a", "b", 7, "x")) == (2, 6)
    assert locate(source, ("a", "x")) == (2, 3)
    assert locate(source, ()) == (1, 1)
    assert locate(source, ("f",)) == (5, 4)
    assert locate(source, ("f", "e")) == (4, 8)


def test_a_place_before_a_syntax_error_is_still_located() -> None:
    assert locate(Source("s.yaml", "a: 1\nb: 2\nc: [\n"), ("b",)) == (2, 4)


def test_columns_count_characters() -> None:
    assert texts("é😀: {x: no}\n") == [
        "s.yaml:1:9  $['é😀'].x: 'no' is a boolean to some YAML readers and a string to others. Quote it."
    ]


def test_a_file_is_read_with_or_without_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    source = read_source(path, "env/s.yaml")
    assert parse(source) == ({"a": 1, "b": 2}, ())
    assert locate(source, ("a",)) == (1, 4)


def refusal(path: Path) -> str:
    with pytest.raises(ProblemsError) as caught:
        read_source(path, "s.yaml")
    return str(caught.value)


def test_a_file_is_refused_when_it_is_too_large_and_read_at_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_bytes(b"#" * SIZE_LIMIT)
    assert len(read_source(path, "s.yaml").text) == SIZE_LIMIT
    path.write_bytes(b"#" * (SIZE_LIMIT + 1))
    assert refusal(path) == "s.yaml: larger than 2 MiB. Split the platform, or remove what is no spec from the file."


def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", tmp_path, Path(os.devnull)):
        assert refusal(path) == "s.yaml: not a regular file. A spec is a plain text file of YAML."


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    assert (
        refusal(tmp_path / "x")
        == "s.yaml: cannot be read: No such file or directory. Correct the name or the permissions."
    )


def test_a_byte_that_is_not_utf_8_has_a_place(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_bytes("a: 1\né: \xe9\n".encode("latin-1"))
    assert refusal(path) == "s.yaml:2:1: byte 0xe9 is not UTF-8. Save the file as UTF-8."
