"""The definitions that we wrote have the fields that our components render: all of them, and no others."""

import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from rendering import CHECKOUT

from generator.deliver.tree import render_tree
from generator.spec.load import load
from generator.spec.workspace import open_workspace
from generator.tools.definitions import read_own
from generator.tools.pins import load_pins
from generator.tools.sources import OwnSource

EXAMPLES = sorted((CHECKOUT / "templates" / "compute").glob("*/examples/valid/*.yaml"))
DEFINITIONS = {
    (definition["spec"]["group"], definition["spec"]["names"]["kind"]): definition
    for source in load_pins().crds
    if isinstance(source, OwnSource)
    for definition in read_own(source)
}
Kind = tuple[str, str]


def declared(schema: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Yield the paths of the fields that a structural schema declares."""
    for name, below in schema.get("properties", {}).items():
        yield f"{path}.{name}"
        yield from declared(below, f"{path}.{name}")
    if "items" in schema:
        yield from declared(schema["items"], path)


def written(value: object, schema: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Yield the paths of the fields that a value has, without the keys of maps."""
    if isinstance(value, dict) and "additionalProperties" not in schema:
        for name, below in value.items():
            yield f"{path}.{name}"
            yield from written(below, schema.get("properties", {}).get(name, {}), f"{path}.{name}")
    if isinstance(value, list):
        for item in value:
            yield from written(item, schema.get("items", {}), path)


@cache
def rendered() -> Mapping[Kind, list[Any]]:
    found: dict[Kind, list[Any]] = defaultdict(list)
    for example in EXAMPLES:
        with TemporaryDirectory() as folder:
            target = Path(folder) / "environments" / "shop"
            target.mkdir(parents=True)
            shutil.copyfile(CHECKOUT / "examples" / "components" / "platform.yaml", target / "platform.yaml")
            shutil.copyfile(example, target / "example.yaml")
            opened = open_workspace(Path(folder))
            tree = render_tree(load(opened, "shop", "example"), opened.catalogue)
            for document in tree.manifests:
                manifest = yaml.safe_load(document.content)
                found[manifest["apiVersion"].partition("/")[0], manifest["kind"]].append(manifest)
    return found


def spec_of(kind: Kind) -> Mapping[str, Any]:
    (version,) = DEFINITIONS[kind]["spec"]["versions"]
    spec: Mapping[str, Any] = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
    return spec


@pytest.mark.parametrize("kind", sorted(DEFINITIONS), ids=lambda kind: kind[1])
def test_a_definition_of_ours_has_exactly_the_fields_that_are_rendered(kind: Kind) -> None:
    schema = spec_of(kind)
    fields = {path for manifest in rendered()[kind] for path in written(manifest["spec"], schema)}
    assert fields == set(declared(schema))


def test_a_field_of_a_list_and_the_keys_of_a_map_are_told_apart() -> None:
    schema: Mapping[str, Any] = {
        "properties": {"rules": {"items": {"properties": {"tags": {"additionalProperties": {}}}}}}
    }
    assert set(declared(schema)) == {".rules", ".rules.tags"}
    assert set(written({"rules": [{"tags": {"a": "b"}}]}, schema)) == {".rules", ".rules.tags"}
    assert set(written({"rules": [{"tag": {"a": "b"}}]}, schema)) == {".rules", ".rules.tag", ".rules.tag.a"}
