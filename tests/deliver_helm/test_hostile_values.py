"""Whatever the values of regions are, templates get the same from the real helm, alone and below an umbrella."""

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from handmade import EUROPE, READ_BACK, WEST, read_back, service, template, without_nulls, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generator.base.characters import forbidden

SCHEMA = {"properties": {"free": {"description": "Anything.", "type": "object"}}}

TEXT = st.one_of(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12),
    st.text(st.sampled_from("{}$\"'`\\|>%&*!#:-? \t\n.,[]~=<\u00a0\u2028\ufeffaé"), max_size=16),
    st.sampled_from(
        [
            "{{ $labels.x }}",
            "{{{ a }}}",
            "${HOME}",
            "null",
            "~",
            "on",
            "0x1F",
            "1e3",
            "012",
            "1_000",
            "2001-01-01",
            "<<",
        ]
    ),
).filter(lambda text: forbidden(text) is None)
NUMBERS = st.one_of(
    st.integers(-(2**53), 2**53),
    st.sampled_from([1_000_000, 2**31, 2**53, -(2**53), 12_345_678]),
    st.floats(allow_nan=False, allow_infinity=False),
)
LEAVES = st.one_of(TEXT, NUMBERS, st.booleans(), st.none())
LISTS = st.recursive(
    LEAVES, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXT, inner, max_size=2)), max_leaves=5
)
LEAF_OR_LIST = st.one_of(LEAVES, st.lists(LISTS, max_size=3))


def in_two_regions(inner: st.SearchStrategy[tuple[Any, Any]]) -> st.SearchStrategy[tuple[Any, Any]]:
    """Return mappings in two regions, some of whose keys only one of them has."""
    member = st.tuples(inner, st.sampled_from(["both", "both", "first", "second"]))
    return st.dictionaries(TEXT, member, max_size=4).map(
        lambda members: (
            {name: pair[0] for name, (pair, where) in members.items() if where != "second"},
            {name: pair[1] for name, (pair, where) in members.items() if where != "first"},
        )
    )


TREES = in_two_regions(st.recursive(st.tuples(LEAF_OR_LIST, LEAF_OR_LIST), in_two_regions, max_leaves=12))


def loose(value: Any) -> Any:
    """Return values as JSON has them: 1.0 is written as 1."""
    if isinstance(value, Mapping):
        return {name: loose(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [loose(entry) for entry in value]
    return ("number", float(value)) if isinstance(value, int | float) and not isinstance(value, bool) else value


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(TREES)
def test_values_come_back_from_helm_as_they_were(pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
    values = {WEST: {"free": pair[0]}, EUROPE: {"free": pair[1]}}
    chart = replace(
        service(),
        regions=(WEST, EUROPE),
        values=values,
        schema=SCHEMA,
        used=frozenset({("free",)}),
        templates={"values.yaml": READ_BACK},
    )
    with tempfile.TemporaryDirectory() as folder:
        umbrella = write(Path(folder), chart)
        for place, region in ((umbrella / "charts" / "orchex", EUROPE), (umbrella, WEST), (umbrella, EUROPE)):
            seen = read_back(template(place, "-f", str(place / f"values-{region}.yaml")))
            assert loose(seen["orchex"]) == loose(without_nulls(values[region]))
