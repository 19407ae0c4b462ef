"""Comments that show what to write where a value is empty."""

from dataclasses import replace
from typing import Any

import pytest
import yaml
from handmade import REGIONS, chart_files, service


def values_text(values: dict[str, object], properties: dict[str, Any]) -> str:
    """Return values.yaml below its header."""
    chart = replace(
        service(),
        schema={
            "properties": properties,
            "$defs": {"labels": {"type": "object", "examples": [{"of": "the definition"}]}},
        },
        values=dict.fromkeys(REGIONS, values),
        used=frozenset((name,) for name in values),
    )
    return chart_files(chart)["values.yaml"].partition("again.\n\n")[2]


@pytest.mark.parametrize(
    ("empty", "example", "shown"),
    [
        ({}, {"arch": "arm64"}, "#   a:\n#     arch: arm64\na: {}\n"),
        ([], [{"key": "gpu", "value": "on"}], '#   a:\n#     - key: gpu\n#       value: "on"\na: []\n'),
        ("", "sha256:00", '#   a: sha256:00\na: ""\n'),
        (None, 70, "#   a: 70\na: null\n"),
    ],
)
def test_an_empty_value_comes_with_the_first_example(empty: object, example: object, shown: str) -> None:
    property_ = {"description": "What it is.", "examples": [example, "another"]}
    assert values_text({"a": empty}, {"a": property_}) == f"# What it is.\n#\n# For example:\n{shown}"


@pytest.mark.parametrize("value", [{"b": 1}, [1], "text", 0, False])
def test_a_value_that_shows_itself_needs_no_example(value: object) -> None:
    text = values_text({"a": value}, {"a": {"description": "What it is.", "examples": [{"c": 1}]}})
    assert "example" not in text


def test_an_empty_value_whose_schema_has_no_example_has_none() -> None:
    assert values_text({"a": {}}, {"a": {"description": "It.", "examples": []}}) == "# It.\na: {}\n"


def test_the_examples_of_a_definition_are_those_of_what_refers_to_it() -> None:
    reference = {"description": "It.", "$ref": "#/$defs/labels"}
    assert "#   a:\n#     of: the definition\na: {}\n" in values_text({"a": {}}, {"a": reference})
    own = values_text({"a": {}}, {"a": {**reference, "examples": [{"my": "own"}]}})
    assert "#   a:\n#     my: own\na: {}\n" in own


def test_of_entries_alike_the_first_that_is_empty_has_the_example() -> None:
    entry = {"properties": {"quota": {"description": "Bounds.", "examples": [{"pods": "5"}]}}}
    values: dict[str, object] = {"ns": {name: {"quota": {}} for name in ("one", "two")}}
    text = values_text(values, {"ns": {"description": "All.", "additionalProperties": entry}})
    assert text == (
        '# All.\nns:\n  one:\n    # Bounds.\n    #\n    # For example:\n    #   quota:\n    #     pods: "5"\n'
        "    quota: {}\n  two:\n    quota: {}\n"
    )


def test_an_example_in_an_item_of_a_list_stands_above_it() -> None:
    item = {"properties": {"to": {"description": "Where.", "examples": [["b"]]}, "port": {"description": "Port."}}}
    values: dict[str, object] = {"flows": [{"to": [], "port": 1}]}
    text = values_text(values, {"flows": {"description": "Flows.", "items": item}})
    assert (
        "flows:\n  # Where.\n  #\n  # For example:\n  #   to:\n  #     - b\n  - to: []\n    # Port.\n    port: 1\n"
        in text
    )


def test_nothing_in_an_example_leaves_its_comment() -> None:
    example = {"a": "one\ntwo: 2\n\n# three", "b\u2028c": "x\u2028y"}
    text = values_text({"a": {}}, {"a": {"description": "It.", "examples": [example]}})
    assert yaml.safe_load(text) == {"a": {}}
    shown = "\n".join(line.removeprefix("#   ") for line in text.split("For example:\n")[1].splitlines()[:-1])
    assert all(line.startswith("#") for line in text.splitlines()[:-1])
    assert yaml.safe_load(shown.replace("\n#", "\n")) == {"a": example}
