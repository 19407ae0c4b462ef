"""The native schemas are complete in themselves and kubeconform can use every one of them, as it can the CRDs'."""

import json
from pathlib import Path

import pytest
from provisioned import real_toolbox

from generator.tools.native import standalone, version_folder
from generator.tools.pins import load_pins
from generator.verify.kubeconform import ask
from generator.verify.trees import Tree


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


def test_no_crd_schema_leads_out_of_its_file() -> None:
    for file in (file for folder in real_toolbox().crds for file in folder.glob("*/*.json")):
        text = file.read_text()
        assert text.count('"$ref":"') == text.count('"$ref":"#/definitions/ObjectMeta"') > 0


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


def test_kubeconform_can_use_every_crd_schema(tmp_path: Path) -> None:
    files = [file for folder in real_toolbox().crds for file in folder.glob("*/*.json")]
    kinds = [(f"{file.parent.name}/{file.stem.split('_')[1]}", file.stem.split("_")[0]) for file in files]
    assert len(kinds) > 50
    assert without_schema(kinds, "1.36", tmp_path) == []


def without_schema(kinds: list[tuple[str, str]], kubernetes: str, folder: Path) -> list[str]:
    """Return the kinds (apiVersion, kind) for which kubeconform finds no schema, or one that it cannot compile."""
    (folder / "clusters").mkdir()
    for number, (version, kind) in enumerate(kinds):
        text = f"apiVersion: {version}\nkind: {kind}\nmetadata:\n  name: a\n"
        (folder / "clusters" / f"{number}.yaml").write_text(text)
    verdicts = ask(Tree(folder, "tree", kubernetes), real_toolbox()).verdicts
    assert len(verdicts) == len(kinds)
    return [f"{verdict.api_version} {verdict.kind}" for verdict in verdicts if verdict.status == "statusError"]
