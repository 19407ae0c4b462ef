"""No expression reaches a private attribute, a function, a filter, or work without a bound."""

import dataclasses
from collections.abc import Mapping
from typing import NamedTuple

import pytest

from generator.templating.engine import Engine, TemplateError
from generator.templating.language import environment

HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n"


class Secret:
    word = "secret"

    def method(self) -> str:
        return "called"


@dataclasses.dataclass(frozen=True)
class Holder:
    public: str = "public"
    _private: str = "secret"
    function: object = len
    held: object = dataclasses.field(default_factory=Secret)

    def method(self) -> str:
        return "called"

    @classmethod
    def make(cls) -> "Holder":
        return cls()

    @property
    def derived(self) -> str:
        return f"{self.public}!"


class Pair(NamedTuple):
    first: str
    second: str


VALUES: Mapping[str, object] = {
    "o": Holder(),
    "d": {"items": "the key", "a": 1, "__class__": "a key"},
    "l": ["a", "b"],
    "p": Pair("a", "b"),
    "s": "text",
    "n": 5,
    "f": len,
    "secret": Secret(),
}


def render(line: str) -> str:
    return Engine().compile("t.yaml.j2", f"{HEAD}{line}\n").render(VALUES)


# Refused when the template is compiled, whatever the values.
CLOSED = [
    *("o.__class__", 'o["__class__"]', "o._private", 'o["_private"]', "s.__class__.__mro__", 'd["__class__"]'),
    *('o | attr("__class__")', 'l | map(attribute="__class__")', 'o | attr("_private")', "l | first", "s | safe"),
    *(
        'l | map("upper")',
        'l | join(",")',
        "s | length",
        's | replace("t", "x")',
        "d | items",
        "d | tojson",
        "l | list",
    ),
    *("o.method()", "f(l)", "d.items()", "s.upper()", 's.format("x")', "s.format_map(d)", '"{0.__class__}".format(o)'),
    *("range(1000000000)", "dict()", "lipsum()", "cycler(1)", "joiner()", "namespace()", "tune()", 'tune("a", o)()'),
    *("self", "self.__init__", "loop", "super()", "self._TemplateReference__context", "tune.__class__", "loop.cycle"),
    *('"x" * 50000000', "n * 50000000", "9 ** 9 ** 9", "n + n", "n - 1", "n / 1", "n // 1", "n % 2", "-n", "+n"),
    *("l[0:1]", "s[::-1]", "l[n]", "d[s]", 'd[s ~ "__"]', "l[-1]", "l[true]", "d[none]", "l[1.0]", "d[o.public]"),
    *(
        "[o]",
        "(o, o)",
        "{1: o}",
        "[] is sameas []",
        "o is defined",
        "o is callable",
        "s is string",
        "n is divisibleby 2",
    ),
    *("s if s", "1.5", "s; import os", "lambda: 1", "(s for s in l)", "[s for s in l]", "s := 1", "await f"),
    *('f"{o}"', "`o`", "o!r", "not", "", "s s", "s]] [[ s", "caller()", "_", "__import__", "__builtins__"),
]


@pytest.mark.parametrize("expression", CLOSED)
def test_an_expression_outside_of_the_language_is_refused_when_compiled(expression: str) -> None:
    with pytest.raises(TemplateError) as raised:
        Engine().compile("t.yaml.j2", f"{HEAD}value: [[ {expression} ]]\n")
    assert raised.value.problems[0].line == 5


@pytest.mark.parametrize("tag", ["if o.__class__", "if o.method()", "for a in o.__dict__", 'for a in l | map("upper")'])
def test_the_expressions_of_tags_are_closed_as_well(tag: str) -> None:
    with pytest.raises(TemplateError, match=r"t\.yaml\.j2:5:"):
        Engine().compile("t.yaml.j2", f"{HEAD}[% {tag} %]\nvalue: 1\n[% end{tag[:3].strip()} %]\n")


# Compiled, because only the value shows it, and refused when rendered.
OPEN = [
    *(
        "value: [[ o.method ]]",
        "value: [[ o.make ]]",
        "value: [[ o.function ]]",
        "value: [[ o.held ]]",
        "value: [[ f ]]",
    ),
    *("value: [[ o ]]", "value: [[ secret ]]", "value: [[ secret.word ]]", "value: [[ secret.method ]]"),
    *(
        "value: [[ s.upper ]]",
        "value: [[ l.append ]]",
        "value: [[ p.count ]]",
        "value: [[ p.index ]]",
        "value: [[ n.real ]]",
    ),
    *(
        "value: [[ d.keys ]]",
        "value: [[ d.get ]]",
        'value: [[ o["public"] ]]',
        'value: [[ s["upper"] ]]',
        "value: [[ s[0] ]]",
    ),
    *(
        "value: [[ f.func_globals ]]",
        "value: [[ range ]]",
        "value: [[ dict ]]",
        "value: [[ context ]]",
        "value: [[ write ]]",
    ),
    *("value: [[ value ]]", "value: [[ item ]]", "value: [[ attribute ]]", "value: [[ keys ]]", "value: [[ varargs ]]"),
    *(
        "value: [[ l[2] ]]",
        "value: [[ o.held.word ]]",
        "value: [[ o.fields ]]",
        "value: [[ o ~ s ]]",
        "value: [[ f ~ s ]]",
    ),
    *("[[ n ]]: a", "[[ o ]]: a", "[[ l ]]: a", "value: [[ s < n ]]", "value: [[ s in n ]]", "value: [[ o < o ]]"),
]


@pytest.mark.parametrize("line", OPEN)
def test_what_is_no_public_data_is_refused_when_rendered_with_its_line(line: str) -> None:
    with pytest.raises(TemplateError) as raised:
        render(line)
    assert [(problem.file, problem.line) for problem in raised.value.problems] == [("t.yaml.j2", 5)]


@pytest.mark.parametrize("values", ["s", "n", "f", "o"])
def test_only_sequences_and_mappings_are_walked(values: str) -> None:
    with pytest.raises(TemplateError, match="'for' cannot walk"):
        render(f"items:\n[% for a in {values} %]\n  - [[ a ]]\n[% endfor %]")


@pytest.mark.parametrize(
    ("expression", "value"),
    [("o.public", "public"), ("o.derived", "public!"), ("d.items", "the key"), ("p.second", "b"), ("l[1]", "b")],
)
def test_public_data_is_reached(expression: str, value: str) -> None:
    assert render(f"value: [[ {expression} ]]") == f"{HEAD}value: {value}\n"


def test_the_parser_has_none_of_jinjas_filters_tests_and_globals() -> None:
    jinja = environment()
    assert (jinja.filters, jinja.tests, jinja.globals) == ({}, {}, {})


@pytest.mark.parametrize("expression", ["o.__class__", 'o["__class__"]', "o.method()", "l[n - 4]"])
def test_the_same_expressions_do_reach_it_in_bare_jinja(expression: str) -> None:
    assert environment().from_string(f"[[ {expression} ]]").render(VALUES) != ""
