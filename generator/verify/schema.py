"""Looks up in a kind's schema which fields may stand at a place."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any


def known_fields(file: Path, path: Sequence[str]) -> tuple[str, ...]:
    """Return the sorted names of the fields that the schema in a file knows at a path of keys and indexes."""
    root = json.loads(file.read_text(encoding="utf-8"))
    nodes = list(_resolve(root, root))
    for key in path:
        nodes = [found for node in nodes for child in _children(node, key) for found in _resolve(child, root)]
    return tuple(sorted({name for node in nodes for name in node.get("properties", ())}))


def _resolve(node: dict[str, Any], root: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a node, what it refers to, and what all of it must fit too."""
    yield node
    if "$ref" in node:
        target = root
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        yield from _resolve(target, root)
    for branch in node.get("allOf", ()):
        yield from _resolve(branch, root)


def _children(node: dict[str, Any], key: str) -> Iterator[dict[str, Any]]:
    if key in node.get("properties", ()):
        yield node["properties"][key]
    elif isinstance(node.get("additionalProperties"), dict):
        yield node["additionalProperties"]
    if key.isdecimal() and isinstance(node.get("items"), dict):
        yield node["items"]
