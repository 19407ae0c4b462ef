"""The typed words of a spec: what a printer writes its parser reads back, and Kubernetes' own spelling comes out."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.base.scalars import (
    bytes_text,
    cpu_text,
    decimal_text,
    duration_text,
    millicores,
    milliseconds,
    seconds,
    share,
    size_bytes,
)


@given(st.integers(1, 10**12))
def test_a_duration_comes_back_from_its_text(length: int) -> None:
    assert milliseconds(duration_text(length)) == length


@given(st.integers(1, 10**9))
def test_a_cpu_quantity_comes_back_from_its_text(number: int) -> None:
    assert millicores(cpu_text(number)) == number


@given(st.integers(1, 10**9))
def test_an_amount_of_memory_comes_back_from_its_text(kibibytes: int) -> None:
    assert size_bytes(bytes_text(kibibytes * 1024)) == kibibytes * 1024


@given(st.integers(0, 10**6).map(lambda number: Decimal(number).scaleb(-4)))
def test_a_percentage_comes_back_from_its_share(percent: Decimal) -> None:
    assert Decimal(decimal_text(share(f"{percent}%"))) * 100 == percent


@given(st.integers(1, 10**9), st.sampled_from(["ms", "s", "m", "h", "d"]))
def test_seconds_never_cut_a_wait_short_and_add_less_than_one(number: int, unit: str) -> None:
    exact = milliseconds(f"{number}{unit}")
    assert 0 <= seconds(f"{number}{unit}") * 1000 - exact < 1000


@pytest.mark.parametrize(
    ("length", "text"), [(500, "500ms"), (90_000, "90s"), (60_000, "1m"), (3_600_000, "1h"), (3333, "3333ms")]
)
def test_a_duration_is_written_in_the_largest_unit_that_divides_it(length: int, text: str) -> None:
    assert duration_text(length) == text


@pytest.mark.parametrize(
    ("cpu", "number"), [("500m", 500), ("2", 2000), ("1.5", 1500), ("0.001", 1), ("9999.999", 9999999)]
)
def test_cpu_is_counted_in_thousandths_of_a_core(cpu: str, number: int) -> None:
    assert millicores(cpu) == number


@pytest.mark.parametrize(
    ("number", "text"), [(1536 * 2**20, "1536Mi"), (2 * 2**30, "2Gi"), (2**50, "1Pi"), (1000, "1000")]
)
def test_bytes_are_written_in_the_largest_binary_unit_that_needs_no_fraction(number: int, text: str) -> None:
    assert bytes_text(number) == text


@pytest.mark.parametrize(
    ("number", "text"), [("0.010", "0.01"), ("0", "0"), ("-0", "0"), ("1E+2", "100"), ("1E-7", "0.0000001")]
)
def test_a_decimal_has_neither_exponent_nor_superfluous_zeros(number: str, text: str) -> None:
    assert decimal_text(Decimal(number)) == text
