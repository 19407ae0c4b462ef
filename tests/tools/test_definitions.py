"""CRDs are read from every form in which people keep them, and several sources of a kind become one definition."""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from generator.base.errors import GenError
from generator.tools.crds import write_tree_schemas
from generator.tools.definitions import read_jar, read_paths, read_text
from generator.tools.library import read_library
from generator.tools.merging import load_definitions, merge, write_definitions, write_library
from generator.tools.sources import Jar, JarSource

TILL = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: tills.shop.example}
spec:
  group: shop.example
  scope: Namespaced
  names: {kind: Till, plural: tills}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object}}}}
status: {storedVersions: [v1]}
"""
OLD = TILL.replace("apiextensions.k8s.io/v1", "apiextensions.k8s.io/v1beta1")
OTHER = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"


def names(definitions: list[Mapping[str, Any]]) -> list[str]:
    return [definition["metadata"]["name"] for definition in definitions]


def till(*versions: str, **fields: Any) -> Mapping[str, Any]:
    (definition,) = read_text(TILL)
    first = definition["spec"]["versions"][0]
    written = [{**first, "name": name, "storage": not number, **fields} for number, name in enumerate(versions)]
    return {**definition, "spec": {**definition["spec"], "versions": written}}


def test_only_definitions_of_the_current_form_are_read_from_a_text() -> None:
    assert names(list(read_text(f"{OTHER}---\n{TILL}---\n{OLD}---\n"))) == ["tills.shop.example"]
    assert list(read_text(OTHER)) == []


@pytest.mark.parametrize("kind", ["List", "CustomResourceDefinitionList"])
def test_definitions_in_a_list_and_in_json_are_read(kind: str) -> None:
    text = json.dumps({"apiVersion": "v1", "kind": kind, "items": list(read_text(TILL))})
    assert names(list(read_text(text))) == ["tills.shop.example"]


def test_a_bare_equals_sign_is_a_string() -> None:
    ((definition),) = read_text(TILL.replace("{type: object}", "{type: string, enum: [=, '!=']}"))
    schema = definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    assert schema["properties"]["spec"]["enum"] == ["=", "!="]


def test_files_and_folders_are_read(tmp_path: Path) -> None:
    (tmp_path / "crds" / "deep").mkdir(parents=True)
    (tmp_path / "crds" / "deep" / "a.yml").write_text(TILL)
    (tmp_path / "crds" / "README.md").write_text("{{ not YAML")
    (tmp_path / "b.json").write_text(json.dumps(next(read_text(TILL.replace("tills", "drawers")))))
    found = list(read_paths([tmp_path / "crds", tmp_path / "b.json"]))
    assert names(found) == ["tills.shop.example", "drawers.shop.example"]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("{{ .Values.crds }}: [")
    with pytest.raises(GenError, match=r"a\.yaml: no CRDs can be read from it: .*leave it out"):
        list(read_paths([tmp_path]))
    with pytest.raises(GenError, match=r"nowhere\.yaml: no CRDs can be read from it: .*No such file"):
        list(read_paths([tmp_path / "nowhere.yaml"]))


def test_only_the_pinned_paths_of_a_jar_are_read_and_an_empty_one_is_an_error(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.jar", "w") as jar:
        jar.writestr("META-INF/a-v1.yml", TILL)
        jar.writestr("META-INF/b-v1.yml", TILL.replace("tills", "drawers"))
    source = JarSource("shop", "1", "MIT", Jar("example", "shop", "1", ""), ("META-INF/b-v1.yml",))
    assert names(list(read_jar(tmp_path / "a.jar", source))) == ["drawers.shop.example"]
    misplaced = JarSource("shop", "1", "MIT", source.jar, ("META-INF/c-v1.yml",))
    with pytest.raises(GenError, match=r"shop 1: no CRD at 'META-INF/c-v1\.yml'"):
        list(read_jar(tmp_path / "a.jar", misplaced))


def test_of_one_version_the_first_source_counts_and_a_version_that_it_lacks_is_added() -> None:
    merged = merge([till("v2"), till("v2", "v1", deprecated=True)])
    versions = merged["tills.shop.example"]["spec"]["versions"]
    assert [(version["name"], version["storage"], "deprecated" in version) for version in versions] == [
        ("v2", True, False),
        ("v1", False, True),
    ]


def test_a_definition_is_kept_as_it_was_written_but_for_its_status(tmp_path: Path) -> None:
    (definition,) = read_text(TILL)
    assert write_definitions([definition], tmp_path) == 1
    assert list(load_definitions(tmp_path)) == [{k: v for k, v in definition.items() if k != "status"}]
    assert [file.name for file in tmp_path.iterdir()] == ["tills.shop.example.json"]


def test_a_library_holds_definitions_schemas_and_an_index(tmp_path: Path) -> None:
    for name in ("one", "two", "all"):
        (tmp_path / name).mkdir()
    write_definitions([till("v2")], tmp_path / "one")
    write_definitions(
        [till("v2", "v1"), next(read_text(TILL.replace("Till", "Drawer").replace("tills", "drawers")))],
        tmp_path / "two",
    )
    assert write_library([tmp_path / "one", tmp_path / "two"], tmp_path / "all") == 3
    library = read_library(tmp_path / "all")
    assert sorted(file.name for file in library.schemas.glob("shop.example/*")) == [
        "drawer_v1.json",
        "till_v1.json",
        "till_v2.json",
    ]
    known = library.kinds["shop.example", "Till"]
    assert (known.versions, known.stored, known.scope, known.plural) == (("v2", "v1"), "v2", "Namespaced", "tills")
    assert known.definition.is_file()


def test_the_definitions_of_a_tree_give_a_schema_for_each_version(tmp_path: Path) -> None:
    assert write_tree_schemas([till("v2", "v1")], tmp_path) == 2
    assert sorted(file.name for file in tmp_path.rglob("*.json")) == ["till_v1.json", "till_v2.json"]
    assert write_tree_schemas([], tmp_path) == 0
