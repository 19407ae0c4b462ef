"""How values look as YAML: as a person would write them, and typed as they were given."""

import dataclasses
import enum
import json
from collections import OrderedDict
from collections.abc import Iterator
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest
import yaml
from go_reader import GoReader, running
from hostile import strings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.templating.emit import block, dump, item, key, scalar, value
from generator.templating.quoting import ValueProblem

PLAIN = [
    *("500m", "1Gi", "registry.example/a:1.2", "10.0.0.0/8", "a b c", "/health/ready", "app.kubernetes.io/name", "25%"),
    *(
        "200ms",
        "v1",
        "1.2.3",
        "10.0.0.1",
        "--port=80",
        "-c",
        "$(POD_NAME)",
        "it's",
        'say "hello"',
        "a, b",
        "a#b",
        "a:b",
    ),
    *(
        "RollingUpdate",
        "api.talai.io",
        "*.talai.io"[2:],
        "5xx,reset",
        "99.95%",
        "1e3m",
        "2026-11-20-backup",
        "yesterday",
    ),
    *(
        "é",
        "日本語",
        "😀",
        "sum(rate(x[5m])) > 0.5",
        "a  b",
        "http://a/b?c=d&e",
        "C:\\dir",
        "~/bin",
        "<a>",
        "(a)",
        "_",
        "E",
    ),
]
QUOTED = {
    "": '""',
    "yes": '"yes"',
    "No": '"No"',
    "ON": '"ON"',
    "y": '"y"',
    "true": '"true"',
    "~": '"~"',
    "null": '"null"',
    "1": '"1"',
    "1.20": '"1.20"',
    "1e3": '"1e3"',
    "012": '"012"',
    "0x1F": '"0x1F"',
    "1_000": '"1_000"',
    "12:30:45": '"12:30:45"',
    "2026-11-20": '"2026-11-20"',
    ".inf": '".inf"',
    "<<": '"<<"',
    "=": '"="',
    "*": '"*"',
    "a: b": '"a: b"',
    "a #b": '"a #b"',
    "a:": '"a:"',
    " a": '" a"',
    "a ": '"a "',
    "- a": '"- a"',
    "---": '"---"',
    "[a]": '"[a]"',
    "{{ a }}": '"{{ a }}"',
    '{"a": 1}': "'{\"a\": 1}'",
    "\\d: a": "'\\d: a'",
    "'a': \"b\"": '"\'a\': \\"b\\""',
    "a\tb": '"a\\tb"',
    "a\n": '"a\\n"',
    "\u00a0": '"\\u00A0"',
    "\u2028": '"\\u2028"',
    "\ufeffa": '"\\uFEFFa"',
}
# As they follow a key whose block is indented by two.
LINES = {
    "a\nb": " |-\n  a\n  b",
    "a\nb\n": " |\n  a\n  b",
    "a\n\n  b\n": " |\n  a\n\n    b",
    "a\n\tb": " |-\n  a\n  \tb",
    "# a\nb: c\n": " |\n  # a\n  b: c",
    "a\n---\nb": " |-\n  a\n  ---\n  b",
    " a\nb": ' " a\\nb"',
    "\na": ' "\\na"',
    "a\n\n": ' "a\\n\\n"',
    "a \nb": ' "a \\nb"',
    "\n": ' "\\n"',
    "a\u2028b\nc": ' "a\\u2028b\\nc"',
}


class Colour(enum.StrEnum):
    RED = "red"
    YES = "yes"


class Text(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "lies: yes"


class Level(enum.IntEnum):
    HIGH = 3


@dataclasses.dataclass
class Data:
    name: str = "a"


@pytest.mark.parametrize("text", PLAIN)
def test_a_string_stays_plain_where_a_person_would_write_it_plain(text: str) -> None:
    assert scalar(text) == text


@pytest.mark.parametrize(("text", "written"), QUOTED.items())
def test_a_string_that_a_reader_could_mistake_is_quoted(text: str, written: str) -> None:
    assert scalar(text) == written


@pytest.mark.parametrize(("text", "written"), LINES.items())
def test_lines_become_a_literal_block_when_every_reader_gives_them_back(text: str, written: str) -> None:
    assert value(text, 2) == written


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0, "0"),
        (-7, "-7"),
        (10**30, "1" + "0" * 30),
        (Level.HIGH, "3"),
        (True, "true"),
        (False, "false"),
        (None, "null"),
        (0.5, "0.5"),
        (1.0, "1.0"),
        (1e21, "1000000000000000000000.0"),
        (1e-7, "0.0000001"),
        (-2.5, "-2.5"),
        (Decimal("99.950"), "99.950"),
        (Decimal("1E+3"), "1000.0"),
        (Decimal(5), "5.0"),
        (Colour.RED, "red"),
        (Colour.YES, '"yes"'),
        (Text("a"), "a"),
        (Text("no"), '"no"'),
    ],
)
def test_a_scalar_is_written_as_its_type(number: object, written: str) -> None:
    assert scalar(number) == written


@pytest.mark.parametrize(
    "refused",
    [
        *(float("nan"), float("inf"), Decimal("NaN"), Decimal("sNaN"), Decimal("-Infinity"), Decimal("1E+999999")),
        *(1 << 20000, b"a", {1}, frozenset(), object(), Data(), len, Data, range(3), iter([1]), 1j, ...),
        *(
            "a\x00",
            "a\r\n",
            "a\x85b",
            "\x7f",
            "\ud800",
            "\ufffe",
            "a\nb\x0b\n",
            ["a", {"b": "\x1b"}],
            [b"a"],
            {"a": {1}},
        ),
        *({1: "a"}, {None: "a"}, {True: "a"}, {("a",): "b"}, {"a" * 1025: "b"}, {"\x00": "a"}, {"é\n" * 400: "b"}),
    ],
    ids=lambda each: type(each).__name__,
)
@pytest.mark.parametrize("emit", [value, item, block])
def test_anything_else_is_refused(emit: Any, refused: object) -> None:
    with pytest.raises(ValueProblem):
        emit(refused, 2)


def test_a_value_that_contains_itself_is_refused() -> None:
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(ValueProblem, match="100 levels"):
        value(endless, 2)


def test_a_small_value_that_would_fill_the_memory_is_refused() -> None:
    bomb: object = "lol"
    for _ in range(60):
        bomb = [bomb, bomb]
    with pytest.raises(ValueProblem, match="parts"):
        value(bomb, 2)


def test_mappings_keep_their_order_and_tuples_are_sequences() -> None:
    document = MappingProxyType({"b": (1, ()), "a": OrderedDict(z=1, w={}), Colour.RED: [[], ["x", ["z"]]]})
    assert dump(document) == "b:\n  - 1\n  - []\na:\n  z: 1\n  w: {}\nred:\n  - []\n  - - x\n    - - z\n"


def test_a_block_begins_at_its_column() -> None:
    assert block({"a": [1, {"b": "c\nd"}]}, 4) == "    a:\n      - 1\n      - b: |-\n          c\n          d"


def test_a_key_of_several_lines_stays_on_one_line() -> None:
    assert key("a\nb") == '"a\\nb"'
    assert yaml.safe_load(dump({"a\nb": 1})) == {"a\nb": 1}


def test_a_string_that_equals_another_type_is_not_confused_with_it() -> None:
    assert [scalar(1), scalar("1"), scalar(True), scalar("true"), scalar(1.0)] == ["1", '"1"', "true", '"true"', "1.0"]
    assert dump({"1": 1, "true": True}) == '"1": 1\n"true": true\n'


SCALARS = st.one_of(
    strings, st.integers(-(2**53), 2**53), st.booleans(), st.none(), st.decimals(-1000, 1000, places=3).map(float)
)
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(strings, inner, max_size=4)),
    max_leaves=12,
)


@pytest.fixture(scope="module")
def go() -> Iterator[GoReader]:
    with running() as reader:
        yield reader


@settings(max_examples=500, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
@given(tree=TREES)
def test_any_tree_comes_back_typed_as_it_was(go: GoReader, tree: object) -> None:
    text = dump({"tree": tree, "list": [tree, [tree]], "last": "x"})
    expected = {"tree": tree, "list": [tree, [tree]], "last": "x"}
    (reading,) = go.read([text])
    # JSON tells 1 from true, and so does Python's repr.
    assert repr(yaml.safe_load(text)) == repr(expected)
    assert canonical(reading["kubernetes"]["documents"]) == canonical([expected])
    assert canonical(reading["v3"]["documents"]) == canonical([expected])


def canonical(tree: object) -> str:
    """Return JSON in which 1.0 is 1, as for Go, whose JSON has one kind of number."""
    text = json.dumps(tree, sort_keys=True)
    return json.dumps(
        json.loads(
            text,
            parse_float=lambda digits: f"number {float(digits)}",
            parse_int=lambda digits: f"number {float(digits)}",
        )
    )
