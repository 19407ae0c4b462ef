import json

import pytest
import yaml

from generator.base.characters import forbidden

C0 = [chr(code) for code in range(0x20) if chr(code) not in "\t\n"]
FORBIDDEN = [*C0, *map(chr, range(0x7F, 0xA0)), "\ufffe", "\uffff", "\ud800", "\udbff", "\udc00", "\udfff"]


@pytest.mark.parametrize("character", FORBIDDEN, ids=lambda character: f"U+{ord(character):04X}")
def test_a_forbidden_character_is_named(character: str) -> None:
    assert forbidden(f"a{character}b") == f"U+{ord(character):04X}"


def test_the_first_of_several_is_named() -> None:
    assert forbidden("a\u0085b\x00") == "U+0085"


def test_all_other_characters_are_let_through() -> None:
    every = "".join(map(chr, range(0x110000)))
    assert (
        forbidden(
            "".join(character for character in every if character not in FORBIDDEN and not is_surrogate(character))
        )
        is None
    )


def is_surrogate(character: str) -> bool:
    return 0xD800 <= ord(character) <= 0xDFFF


def test_a_forbidden_character_does_change_on_its_way_through_yaml() -> None:
    assert yaml.safe_load(json.dumps("a\u0085b", ensure_ascii=False)) == "a b"
