"""Converts CustomResourceDefinitions to closed JSON Schemas: what the API server would prune, the schema refuses.

CEL rules (`x-kubernetes-validations`) have no counterpart in JSON Schema and are left to the API server.
Source of the rules: Kubernetes, "Extend the Kubernetes API with CustomResourceDefinitions": structural schemas
and pruning.
"""

import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, TypeAlias

import yaml

from generator.base.errors import GenError
from generator.tools.pins import CrdSource

Schema: TypeAlias = dict[str, Any]

# An OpenAPI 3.0 schema spells exclusiveMinimum as draft 4 does (a boolean), and there `format` is asserted.
_DRAFT = "http://json-schema.org/draft-04/schema#"
_JUNCTORS = ("allOf", "anyOf", "oneOf")
_DROPPED = frozenset({"description", "title", "example", "externalDocs", "default", "nullable"})
_NESTED = frozenset({"properties", "items", "additionalProperties", "not", *_JUNCTORS})
_SCALAR = {"type": "string"}
_META = "#/definitions/ObjectMeta"


class _Loader(yaml.CSafeLoader):
    """Reads a bare `=` and a time stamp as the strings that they are in CRDs."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, shape) for tag, shape in pairs if tag.rsplit(":", 1)[1] not in {"value", "timestamp"}]
    for first, pairs in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def object_meta() -> Schema:
    """Return the closed schema of the metadata that every object has (meta/v1 ObjectMeta)."""
    loaded: Schema = json.loads(Path(__file__).with_name("object_meta.json").read_text(encoding="utf-8"))
    return loaded


def convert_crd(crd: Mapping[str, Any]) -> Iterator[tuple[str, Schema]]:
    """Yield ("{group}/{kind}_{version}.json", schema) for each version of a definition that has a schema."""
    spec = crd["spec"]
    for version in spec["versions"]:
        structural = version.get("schema", {}).get("openAPIV3Schema")
        if structural is not None:
            yield f"{spec['group']}/{spec['names']['kind'].lower()}_{version['name']}.json", _root(structural)


def write_schemas(module_zip: Path, source: CrdSource, target: Path) -> int:
    """Write the schema of every CRD of a module's zip below `target` and return how many there are."""
    count = 0
    with zipfile.ZipFile(module_zip) as archive:
        for crd in _definitions(archive, source):
            for name, schema in convert_crd(crd):
                file = target / name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(json.dumps(schema, sort_keys=True, separators=(",", ":")), encoding="utf-8")
                count += 1
    if not count:
        raise GenError(f"{source.module} {source.version}: no CRD at {source.path!r}. Correct the path in pins.toml.")
    return count


def _definitions(archive: zipfile.ZipFile, source: CrdSource) -> Iterator[Mapping[str, Any]]:
    wanted = PurePosixPath(f"{source.module}@{source.version}") / source.path
    for name in sorted(archive.namelist()):
        path = PurePosixPath(name)
        if path.suffix in {".yaml", ".yml"} and path.is_relative_to(wanted):
            for document in yaml.load_all(archive.read(name), _Loader):
                if isinstance(document, dict) and document.get("kind") == "CustomResourceDefinition":
                    yield document


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
        schema["items"] = _object(node["items"], closed=closed)
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
