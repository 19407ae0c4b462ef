"""What counts as a difference between two objects, and how it is shown."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.verify.forms.difference import ABSENT, Difference, differences, equal, shown

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
)


@pytest.mark.parametrize(
    ("one", "other"),
    [(1, "1"), (1, True), (0, False), (None, ""), ({}, []), ({}, None), ([1, 2], [2, 1]), ({"a": None}, {}), (1, 1.5)],
)
def test_values_of_other_meaning_are_not_equal(one: Any, other: Any) -> None:
    assert not equal(one, other)
    assert not equal(other, one)
    assert not equal({"a": [one]}, {"a": [other]})


@pytest.mark.parametrize(("one", "other"), [({"a": 1, "b": 2}, {"b": 2, "a": 1}), (1, 1.0), (10**18, 1e18)])
def test_what_the_api_server_gets_alike_is_equal(one: Any, other: Any) -> None:
    assert equal(one, other)
    assert list(differences(one, other)) == []


def test_an_integer_beyond_the_digits_of_a_float_is_not_rounded() -> None:
    assert not equal(2**53 + 1, float(2**53))


@given(VALUES, VALUES)
def test_two_values_are_equal_exactly_when_they_have_no_difference(one: Any, other: Any) -> None:
    assert equal(one, other) == (not list(differences(one, other)))
    assert equal(one, one)


def test_differences_are_the_smallest_places() -> None:
    expected = {"spec": {"ports": [{"port": 80}, {"port": 81}], "x": 1}}
    found = {"spec": {"ports": [{"port": 80}, {"port": 82}, {"port": 83}], "y": 1}}
    assert list(differences(expected, found)) == [
        Difference(("spec", "ports", 1, "port"), 81, 82),
        Difference(("spec", "ports", 2), ABSENT, {"port": 83}),
        Difference(("spec", "x"), 1, ABSENT),
        Difference(("spec", "y"), ABSENT, 1),
    ]


def test_long_texts_are_shown_around_the_first_character_that_differs() -> None:
    expected, found = shown(Difference((), f"{'a' * 500}b{'c' * 500}", f"{'a' * 500}X{'c' * 500}"))
    assert "aaab" in expected
    assert "aaaX" in found
    assert max(len(expected), len(found)) < 80


def test_nothing_is_shown_as_nothing_beside_a_long_text() -> None:
    assert shown(Difference((), "a" * 500, ABSENT))[1] == "nothing"
