"""Makes the schemas of Kubernetes' own kinds, one file a kind. No `$ref` leads outside its file."""

import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, TypeAlias

from generator.base.errors import GenError
from generator.tools.pins import Native

Schema: TypeAlias = dict[str, Any]


def version_folder(kubernetes: str) -> str:
    """Return the folder name that kubeconform's default layout gives the strict schemas of a minor version."""
    return f"v{kubernetes}.0-standalone-strict"


def write_schemas(wheel: Path, native: Native, target: Path) -> int:
    """Write the schemas of every pinned Kubernetes version below `target` and return how many there are."""
    count = 0
    with zipfile.ZipFile(wheel) as archive:
        for minor in native.kubernetes:
            folder = target / version_folder(minor)
            folder.mkdir()
            for name, schema in _kinds(archive, native.folder.format(minor=minor)):
                text = json.dumps(schema, sort_keys=True, separators=(",", ":"))
                (folder / name).write_text(text, encoding="utf-8")
                count += 1
            if not any(folder.iterdir()):
                raise GenError(
                    f"{native.wheel.package}: no schemas of Kubernetes {minor}. Correct the list in pins.toml."
                )
    return count


def standalone(schema: Mapping[str, Any], definitions: Mapping[str, Schema]) -> Schema:
    """Return a schema together with exactly the definitions that it leads to, all references pointing into itself."""
    own = _local(schema)
    needed: dict[str, Schema] = {}
    todo = list(_references(own))
    while todo:
        name = todo.pop()
        if name not in needed:
            needed[name] = _local(definitions[name])
            todo.extend(_references(needed[name]))
    own.pop("$id", None)  # an address: references would be looked up on the network
    return {**own, "$defs": needed}


def _kinds(archive: zipfile.ZipFile, prefix: str) -> Iterator[tuple[str, Schema]]:
    """Yield the file name and schema of each kind that can be an object of its own."""
    try:
        definitions = json.loads(archive.read(f"{prefix}/_definitions.json"))["$defs"]
    except KeyError:
        return
    for member in archive.namelist():
        path = PurePosixPath(member)
        if str(path.parent) == prefix and path.stem not in {"_definitions", "all"}:
            schema = json.loads(archive.read(member))
            metadata = schema.get("properties", {}).get("metadata", {}).get("$ref", "")
            if metadata.endswith(".ObjectMeta"):
                for identity in schema.get("x-kubernetes-group-version-kind", ()):
                    yield _file_name(identity), standalone(schema, definitions)


def _file_name(identity: Mapping[str, str]) -> str:
    """Return the file in which kubeconform looks for a kind: of the group it takes the first word."""
    group = identity["group"].split(".")[0]
    words = [identity["kind"], *([group] if group else []), identity["version"]]
    return f"{'-'.join(words).lower()}.json"


def _local(node: Any) -> Any:
    """Return a copy without descriptions, whose references point into the file itself."""
    if isinstance(node, list):
        return [_local(item) for item in node]
    if not isinstance(node, dict):
        return node
    copy: Schema = {}
    for key, value in node.items():
        if key == "properties":  # its keys are field names, one of which may be "description"
            copy[key] = {name: _local(sub) for name, sub in value.items()}
        elif key == "$ref":
            copy[key] = f"#/$defs/{value.rsplit('/', 1)[1]}"
        elif key != "description":
            copy[key] = _local(value)
    return copy


def _references(node: Any) -> Iterator[str]:
    """Yield the names of the definitions that a node refers to."""
    if isinstance(node, list):
        for item in node:
            yield from _references(item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref" and isinstance(value, str):
                yield value.rsplit("/", 1)[1]
            else:
                yield from _references(value)
