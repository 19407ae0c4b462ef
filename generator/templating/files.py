"""Files beside a component's templates, which these include whole: dashboards, scripts. @word@ is a place to fill."""

import json
import re
from collections.abc import Iterator, Mapping

from generator.templating.quoting import ValueProblem

PLACE = re.compile("@([a-z][a-z0-9_]*)@")
"""A place in a file that a keyword of file() fills."""


def filled(name: str, text: str, values: Mapping[str, object]) -> str:
    """Return a file's text with the strings put into its places; into a .json file as JSON escapes them."""
    texts = {word: _text(name, word, value) for word, value in values.items()}
    return PLACE.sub(lambda found: texts.get(found[1], found[0]), text)


def misfits(name: str, text: str, words: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong, with the remedy, where a file's places and the words that fill them are not the same."""
    places = dict.fromkeys(PLACE.findall(text))
    for word in words:
        if word not in places:
            yield f"{name} has no @{word}@ to fill.", "Write it there, or leave the keyword out."
    for place in places:
        if place not in words:
            yield f"nothing fills @{place}@ in {name}.", f'Write file("{name}", {place}=value).'


def _text(name: str, word: str, value: object) -> str:
    if not isinstance(value, str):
        raise ValueProblem(
            "template/type",
            f"a value of type {type(value).__name__} cannot stand for @{word}@ in {name}.",
            "Pass a string; `~` joins strings and integers.",
        )
    return json.dumps(value, ensure_ascii=False)[1:-1] if name.endswith(".json") else str.__str__(value)
