"""Reads the places that the API server names: `spec.ports[0].name`, `.spec.containers[name="app"].image`."""

import json
import re
from collections.abc import Sequence

from generator.manifests.values import Path, Value

# A word, or what stands in brackets: a number, a map's key, or the keys of a list's item (merge keys).
_TOKEN = re.compile(r"\.?(?P<word>[^.\[\]]+)|\[(?P<bracket>(?:\"(?:[^\"\\]|\\.)*\"|[^\"\]])*)\]")
_METADATA = frozenset({"labels", "annotations"})
_MERGE_KEY = re.compile(r'(?P<key>[\w-]+)=(?P<value>"(?:[^"\\]|\\.)*"|[^,]+)')


def read_field(field: str, value: Value) -> Path:
    """Return the path of a field in an object's value; what the value does not hold is taken as it is written."""
    tokens = [(match["word"], match["bracket"]) for match in _TOKEN.finditer(field)]
    path: list[str | int] = []
    position = 0
    while position < len(tokens):
        word, bracket = tokens[position]
        if isinstance(value, dict) and word in _METADATA and word not in value and word in value.get("metadata", ()):
            path.append("metadata")  # validation of a template leaves it out: "spec.template.labels"
            value = value["metadata"]
        step, used = _word(tokens[position:], value) if word is not None else (_bracket(bracket, value), 1)
        position += used
        path.append(step)
        value = _below(value, step)
    return tuple(path)


def _word(tokens: Sequence[tuple[str | None, str | None]], value: Value) -> tuple[str, int]:
    """Return the key that the next words are, and how many: a map's key may have dots in it."""
    words = []
    for word, _ in tokens:
        if word is None:
            break
        words.append(word)
    if isinstance(value, dict):
        for count in range(1, len(words) + 1):
            if ".".join(words[:count]) in value:
                return ".".join(words[:count]), count
    return words[0], 1


def _bracket(inside: str, value: Value) -> str | int:
    if isinstance(value, list) and "=" in inside:
        wanted = [(match["key"], json.loads(match["value"])) for match in _MERGE_KEY.finditer(inside)]
        for index, item in enumerate(value):
            # A key that the item leaves out has its default (a port's protocol).
            if isinstance(item, dict) and wanted and all(item.get(key, want) == want for key, want in wanted):
                return index
    if inside.isdecimal() and not isinstance(value, dict):
        return int(inside)
    return inside.strip('"')


def _below(value: Value, step: str | int) -> Value:
    if isinstance(value, dict):
        return value.get(step)
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    return None
