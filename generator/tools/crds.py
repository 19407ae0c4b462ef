"""Converts CustomResourceDefinitions to closed JSON Schemas: what the API server would prune, the schema refuses.

CEL rules (`x-kubernetes-validations`) have no counterpart in JSON Schema and are left to the API server.
Source of the rules: Kubernetes, "Extend the Kubernetes API with CustomResourceDefinitions": structural schemas
and pruning.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]
Definition: TypeAlias = Mapping[str, Any]

# An OpenAPI 3.0 schema spells exclusiveMinimum as draft 4 does (a boolean), and there `format` is asserted.
_DRAFT = "http://json-schema.org/draft-04/schema#"
_JUNCTORS = ("allOf", "anyOf", "oneOf")
_DROPPED = frozenset({"description", "title", "example", "externalDocs", "default", "nullable"})
_NESTED = frozenset({"properties", "items", "additionalProperties", "not", *_JUNCTORS})
_SCALAR = {"type": "string"}
_META = "#/definitions/ObjectMeta"


def object_meta() -> Schema:
    """Return the closed schema of the metadata that every object has (meta/v1 ObjectMeta)."""
    loaded: Schema = json.loads(Path(__file__).with_name("object_meta.json").read_text(encoding="utf-8"))
    return loaded


def convert_crd(crd: Definition) -> Iterator[tuple[str, Schema]]:
    """Yield ("{group}/{kind}_{version}.json", schema) for each version of a definition that has a schema."""
    spec = crd["spec"]
    for version in spec["versions"]:
        structural = version.get("schema", {}).get("openAPIV3Schema")
        if structural is not None:
            yield f"{spec['group']}/{spec['names']['kind'].lower()}_{version['name']}.json", _root(structural)


def write_tree_schemas(crds: Iterable[Definition], target: Path) -> int:
    """Write the schema of every version of the definitions below a folder and return how many there are.

    The layout is the one of `Toolbox.schema_locations`: "{group}/{kind}_{version}.json".
    """
    count = 0
    for crd in crds:
        for name, schema in convert_crd(crd):
            file = target / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(schema, sort_keys=True, separators=(",", ":")), encoding="utf-8")
            count += 1
    return count


def _root(structural: Mapping[str, Any]) -> Schema:
    schema = _object(structural, closed=True, resource=True)
    required = {*schema.get("required", ()), "apiVersion", "kind", "metadata"}
    return {**schema, "$schema": _DRAFT, "required": sorted(required), "definitions": {"ObjectMeta": object_meta()}}


def _object(node: Mapping[str, Any], *, closed: bool, resource: bool = False) -> Schema:
    """Return the schema of one node; nothing is closed below a junctor, which declares no fields of its own."""
    schema = _keywords(node)
    for key in _JUNCTORS:
        # int-or-string repeats itself in anyOf, without the null that `nullable` adds.
        if key in node and not (key == "anyOf" and node.get("x-kubernetes-int-or-string")):
            schema[key] = [_object(branch, closed=False) for branch in node[key]]
    if "not" in node:
        schema["not"] = _object(node["not"], closed=False)
    if "items" in node:
        # What a list preserves of unknown fields, the API server preserves in its items.
        open_items = {key: True for key in ("x-kubernetes-preserve-unknown-fields",) if node.get(key)}
        schema["items"] = _object({**node["items"], **open_items}, closed=closed)
    properties = {name: _object(sub, closed=closed) for name, sub in node.get("properties", {}).items()}
    if resource or node.get("x-kubernetes-embedded-resource"):
        properties = _resource_properties(properties)
    if properties:
        schema["properties"] = properties
    extra = node.get("additionalProperties")
    if extra is not None:
        schema["additionalProperties"] = _object(extra, closed=closed) if isinstance(extra, dict) else extra
    elif (
        closed
        and not node.get("x-kubernetes-preserve-unknown-fields")
        and schema.get("type") in ("object", ["object", "null"])
    ):
        schema["additionalProperties"] = False
    return schema


def _resource_properties(properties: Mapping[str, Schema]) -> dict[str, Schema]:
    """Return the properties of an object that is a resource: its metadata is closed, whatever the CRD says of it."""
    declared = {key: value for key, value in properties.get("metadata", {}).items() if key != "additionalProperties"}
    says_more = bool(declared.keys() - {"type"})
    metadata: Schema = {"allOf": [{"$ref": _META}, declared]} if says_more else {"$ref": _META}
    return {"apiVersion": _SCALAR, "kind": _SCALAR, **properties, "metadata": metadata}


def _keywords(node: Mapping[str, Any]) -> Schema:
    """Return the keywords that hold no schema, in JSON Schema's spelling."""
    schema = {
        key: value
        for key, value in node.items()
        if key not in _DROPPED and key not in _NESTED and not key.startswith("x-kubernetes-")
    }
    if node.get("x-kubernetes-int-or-string"):
        schema["type"] = ["integer", "string"]
    if node.get("nullable") and "type" in schema:
        kinds = schema["type"]
        schema["type"] = [*(kinds if isinstance(kinds, list) else [kinds]), "null"]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    if node.get("x-kubernetes-list-type") == "set":
        schema["uniqueItems"] = True
    if not schema.get("required", True):  # draft 4 knows no empty list here
        del schema["required"]
    return schema
