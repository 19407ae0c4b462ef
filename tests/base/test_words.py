"""Words in messages: made visible, and compared with those that were meant."""

import pytest

from generator.base.characters import visible
from generator.base.nearest import did_you_mean

MANY = [f"service-{number}" for number in range(1000)]


@pytest.mark.parametrize(
    ("text", "shown"),
    [("plain é 漢", "plain é 漢"), ("\x1b[2J", r"\x1b[2J"), ("a\nb", r"a\nb"), ("\u2028\u202e", r"\u2028\u202e")],
)
def test_what_does_not_print_is_escaped(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize("word", ["servce-512", "seervice-512", "servide-512", "sevrice-512"])
def test_among_many_words_one_slip_of_the_finger_is_found(word: str) -> None:
    assert did_you_mean(word, MANY) == "Did you mean 'service-512'?"


def test_among_many_words_none_is_guessed_and_among_few_the_nearest_is() -> None:
    assert did_you_mean("srvc-512", MANY) == ""
    assert did_you_mean("srvc-512", MANY[510:514]) == "Did you mean 'service-512'?"
