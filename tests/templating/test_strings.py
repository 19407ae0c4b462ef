"""Any string comes back from any YAML reader as it was given, wherever it stood, and nothing else comes with it."""

import io
import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
import ruamel.yaml
import yaml
from go_reader import GoReader, running
from hostile import FRAGMENTS, strings
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from ruamel.yaml.error import YAMLError, YAMLWarning

from generator.templating.emit import scalar
from generator.templating.engine import Engine, identity, split
from generator.templating.language import environment

TEMPLATE = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: strings
data:
  keys:
[% for text in texts %]
    [[ text ]]: [[ text ]]
[% endfor %]
  items:
[% for text in texts %]
    - [[ text ]]
    - - key: [[ text ]]
[% endfor %]
  nested: [[ nested ]]
"""
NAMED = """\
[% for text in texts %]
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: [[ text ]]
  namespace: [[ text ]]
data:
  text: [[ text ]]
[% endfor %]
"""

ENGINE = Engine()
Render = Callable[[Sequence[str]], str]
# Gives for each document of a text what a reader made of it, or the reader's error.
Read = Callable[[str], list[object]]


def nested(texts: Sequence[str]) -> object:
    return [{text: [[text, {"a": {"b": text}}]]} for text in texts]


def expected(texts: Sequence[str]) -> object:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "strings"},
        "data": {
            "keys": {text: text for text in texts},
            "items": [item for text in texts for item in (text, [{"key": text}])],
            "nested": nested(texts),
        },
    }


def context(texts: Sequence[str]) -> dict[str, object]:
    return {"texts": texts, "nested": nested(texts)}


def by_engine(texts: Sequence[str]) -> str:
    return ENGINE.compile("strings.yaml.j2", TEMPLATE).render(context(texts))


def by_bare_jinja(texts: Sequence[str]) -> str:
    return environment().from_string(TEMPLATE).render(context(texts))


def by_json(texts: Sequence[str]) -> str:
    return json.dumps(expected(texts), ensure_ascii=False)


def pyyaml(text: str) -> list[object]:
    return list(yaml.safe_load_all(text))


def libyaml(text: str) -> list[object]:
    return list(yaml.load_all(text, Loader=yaml.CSafeLoader))


def ruamel_safe(text: str) -> list[object]:
    return list(ruamel.yaml.YAML(typ="safe", pure=True).load_all(io.StringIO(text)))


def ruamel_round_trip(text: str) -> list[object]:
    return list(ruamel.yaml.YAML(typ="rt").load_all(io.StringIO(text)))


@pytest.fixture(scope="module")
def go() -> Iterator[GoReader]:
    with running() as reader:
        yield reader


def kubernetes(go: GoReader) -> Read:
    def read(text: str) -> list[object]:
        readings = [reading["kubernetes"] for reading in go.read(split(text))]
        return [document for each in readings for document in (each["documents"] or [each["error"]])]

    return read


def go_v3(go: GoReader) -> Read:
    def read(text: str) -> list[object]:
        (reading,) = go.read([text])
        documents: list[object] = reading["v3"]["documents"] or [reading["v3"]["error"]]
        return documents

    return read


def reader(name: str, go: GoReader) -> Read:
    readers: dict[str, Read] = {
        "PyYAML": pyyaml,
        "libyaml": libyaml,
        "ruamel safe": ruamel_safe,
        "ruamel round trip": ruamel_round_trip,
        "Kubernetes": kubernetes(go),
        "Go yaml v3": go_v3(go),
    }
    return readers[name]


READERS = ("PyYAML", "libyaml", "ruamel safe", "ruamel round trip", "Kubernetes", "Go yaml v3")


def differences(texts: Sequence[str], render: Render, read: Read) -> list[str]:
    """Return the strings that do not come back, or that bring anything with them."""
    if come_back(texts, render, read):
        return []
    return [text for text in texts if not come_back([text], render, read)] or list(texts)


def come_back(texts: Sequence[str], render: Render, read: Read) -> bool:
    try:
        return read(render(texts)) == [expected(texts)]
    except (yaml.YAMLError, YAMLError, YAMLWarning, ValueError, TypeError, LookupError):
        return False


DIGITS = "-+._,:0189eExobBaFT~<="
TEN_THOUSAND = settings(  # 500 times 20 strings, always the same
    max_examples=500,
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),  # differences() finds the string faster than shrinking does
    suppress_health_check=list(HealthCheck),
)
TWENTY = st.lists(strings, min_size=20, max_size=20, unique=True)


@pytest.mark.parametrize("name", READERS)
def test_strings_known_to_be_hostile_come_back(name: str, go: GoReader) -> None:
    assert differences(FRAGMENTS, by_engine, reader(name, go)) == []


@pytest.mark.parametrize("name", READERS)
@TEN_THOUSAND
@given(texts=TWENTY)
def test_ten_thousand_generated_strings_come_back(name: str, go: GoReader, texts: list[str]) -> None:
    assert differences(texts, by_engine, reader(name, go)) == []


@TEN_THOUSAND
@given(texts=TWENTY)
def test_a_text_is_cut_into_its_documents_and_each_tells_its_name(texts: list[str]) -> None:
    template = ENGINE.compile("named.yaml.j2", NAMED)
    assert len(split(template.render({"texts": texts}))) == len(texts)
    one_line = [text for text in texts if "\n" not in text]
    documents = split(template.render({"texts": one_line}))
    assert [identity(document) for document in documents] == [("v1", "ConfigMap", text, text) for text in one_line]


@pytest.mark.parametrize("name", READERS)
def test_bare_jinja_fails_the_same_check(name: str, go: GoReader) -> None:
    assert differences(FRAGMENTS, by_bare_jinja, reader(name, go)) != []


@pytest.mark.parametrize("name", ["PyYAML", "Kubernetes", "Go yaml v3"])
def test_json_fails_the_same_check(name: str, go: GoReader) -> None:
    assert differences(FRAGMENTS, by_json, reader(name, go)) != []


def short_plain_strings() -> list[str]:
    """Return all short strings of the characters of numbers and dates, if the engine leaves them plain."""
    alphabets = {1: DIGITS, 2: DIGITS, 3: DIGITS, 4: DIGITS, 5: "-+_.:01exb"}
    every = (each for length, alphabet in alphabets.items() for each in itertools.product(alphabet, repeat=length))
    return [text for text in map("".join, every) if scalar(text) == text]


def test_every_short_string_that_stays_plain_is_a_string_to_the_resolvers_of_python_and_to_go(go: GoReader) -> None:
    texts = short_plain_strings()
    assert len(texts) > 50_000
    one_one: Any = yaml.SafeLoader("")
    one_two: Any = ruamel.yaml.YAML(typ="safe", pure=True).resolver
    kind = "tag:yaml.org,2002:str"
    assert [text for text in texts if one_one.resolve(yaml.ScalarNode, text, (True, False)) != kind] == []
    assert [text for text in texts if str(one_two.resolve(ruamel.yaml.ScalarNode, text, (True, False))) != kind] == []
    (reading,) = go.read(["".join(f"- {text}\n" for text in texts)])
    assert reading["kubernetes"]["documents"] == [texts]
    assert reading["v3"]["documents"] == [texts]


def test_a_short_string_that_is_quoted_is_no_string_to_some_resolver() -> None:
    one_two: Any = ruamel.yaml.YAML(typ="safe", pure=True).resolver
    assert str(one_two.resolve(ruamel.yaml.ScalarNode, "-_", (True, False))) == "tag:yaml.org,2002:int"
    assert scalar("-_") == '"-_"'
