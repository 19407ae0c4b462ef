"""Walks the project's JSON Schemas: every property of every document, named by where it is declared."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "schemas"
DOCUMENTS: Mapping[str, dict[str, Any]] = {
    path.name.removesuffix(".schema.json"): json.loads(path.read_text("utf-8"))
    for path in sorted(FOLDER.glob("*.schema.json"))
}
COMMON = DOCUMENTS["common"]["$defs"]


def resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a schema says with what it refers to; its own words win."""
    result: dict[str, Any] = dict(schema)
    while "$ref" in result:
        name = result.pop("$ref").rpartition("/")[2]
        result = {**COMMON[name], **result}
    return result


def inner(schema: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the schemas that stand inside one, references not followed: "" for alternatives, "*" for entries."""
    for one in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield "", one
    for keyword in ("additionalProperties", "items"):
        if isinstance(schema.get(keyword), dict):
            yield "*", schema[keyword]


def properties(schema: Mapping[str, Any], name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield (dotted name, schema) of all properties that are declared inside a schema, whatever the depth."""
    for key, value in schema.get("properties", {}).items():
        yield f"{name}.{key}", value
        yield from properties(value, f"{name}.{key}")
    for step, one in inner(schema):
        yield from properties(one, f"{name}.{step}" if step else name)


def all_properties() -> dict[str, Mapping[str, Any]]:
    """Return every property by name: those of a definition under its name, those of a document under the document's."""
    found: dict[str, Mapping[str, Any]] = {}
    for name, schema in (*COMMON.items(), *((n, s) for n, s in DOCUMENTS.items() if n != "common")):
        # One name may stand for a definition and a document: the component of a spec, and component.yaml.
        found.update(properties(schema, name if name not in COMMON or schema is COMMON[name] else f"{name}.yaml"))
    return found


def holds_properties(schema: Mapping[str, Any]) -> bool:
    """Say whether properties are declared inside what a property means: then these are what is read."""
    whole = resolved(schema)
    return bool(whole.get("properties")) or any(holds_properties(one) for _, one in inner(whole))
