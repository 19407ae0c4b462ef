"""The native schemas are complete in themselves and kubeconform can use every one of them."""

import json
from pathlib import Path

import pytest
from asking import without_schema
from provisioned import real_toolbox

from generator.tools.native import standalone, version_folder
from generator.tools.pins import load_pins


def test_a_schema_takes_with_it_exactly_what_it_leads_to() -> None:
    definitions: dict[str, dict[str, object]] = {
        "Spec": {"properties": {"port": {"$ref": "/api/_definitions.json#/$defs/Port"}}, "description": "words"},
        "Port": {"type": "integer"},
        "Other": {"type": "string"},
    }
    schema = {
        "$id": "https://kubernetes.example/till",
        "properties": {"spec": {"$ref": "/api/_definitions.json#/$defs/Spec"}, "description": {"type": "string"}},
    }
    assert standalone(schema, definitions) == {
        "properties": {"spec": {"$ref": "#/$defs/Spec"}, "description": {"type": "string"}},
        "$defs": {"Spec": {"properties": {"port": {"$ref": "#/$defs/Port"}}}, "Port": {"type": "integer"}},
    }


@pytest.mark.parametrize("kubernetes", load_pins().native.kubernetes)
def test_no_schema_leads_out_of_its_file(kubernetes: str) -> None:
    for file in (real_toolbox().native / version_folder(kubernetes)).glob("*.json"):
        text = file.read_text()
        assert '"$id"' not in text
        assert text.count('"$ref":"') == text.count('"$ref":"#/$defs/')


@pytest.mark.parametrize("kubernetes", load_pins().native.kubernetes)
def test_kubeconform_can_use_every_native_schema(kubernetes: str, tmp_path: Path) -> None:
    kinds = []
    for file in sorted((real_toolbox().native / version_folder(kubernetes)).glob("*.json")):
        properties = json.loads(file.read_text())["properties"]
        kinds += [
            (version, kind)
            for version in properties["apiVersion"].get("enum", ())
            for kind in properties["kind"].get("enum", ())
        ]
    assert len(kinds) > 80
    assert ("apps/v1", "Deployment") in kinds
    assert without_schema(kinds, kubernetes, tmp_path) == []
