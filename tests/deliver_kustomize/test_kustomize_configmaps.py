"""ConfigMaps of files: the files themselves in the tree, and a generator without a suffix on the name."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from kustomized import Tree, build, component, differences, document, write

from generator.base.errors import ProblemsError
from generator.deliver.kustomize.render import render_component

SCRIPT = "#!/bin/sh\necho \"${A}\" '{{ .Values.b }}'\t\n\n"


def config(data: dict[str, str], **metadata: Any) -> Tree:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "web-files", "namespace": "shop", **metadata},
        "data": data,
    }


def generators(files: dict[str, str], folder: str) -> list[Tree]:
    said = yaml.safe_load(files[f"{folder}/kustomization.yaml"])
    found: list[Tree] = said.get("configMapGenerator", [])
    return found


def built_right(tmp_path: Path, **regions: list[Tree]) -> bool:
    documents = {region: [document(tree, region) for tree in trees] for region, trees in regions.items()}
    write(tmp_path, render_component("web", documents, ""))
    overlays = tmp_path / "kustomize" / "web" / "overlays"
    return all(differences(trees, build(overlays / region)) == [] for region, trees in regions.items())


def test_texts_of_several_lines_are_files_and_a_generator_names_them(tmp_path: Path) -> None:
    tree = config({"run.sh": SCRIPT, "empty": ""}, labels={"a": "on"}, annotations={"b/c": "1"})
    files = component({"east": [tree]})
    assert files["base/files/web-files/run.sh"] == SCRIPT
    assert files["base/files/web-files/empty"] == ""
    assert generators(files, "base") == [
        {
            "name": "web-files",
            "namespace": "shop",
            "files": ["files/web-files/empty", "files/web-files/run.sh"],
            "options": {"disableNameSuffixHash": True, "labels": {"a": "on"}, "annotations": {"b/c": "1"}},
        }
    ]
    assert built_right(tmp_path, east=[tree])


def test_a_region_merges_the_files_that_it_has_otherwise(tmp_path: Path) -> None:
    east = config({"a": "1\n", "b": "2\n"}, labels={"x": "1"})
    west = config({"a": "1\n", "b": "3\n", "c": "4"}, labels={"x": "1"}, annotations={"new": "y"})
    files = component({"east": [east], "west": [west]})
    assert generators(files, "overlays/west") == [
        {
            "name": "web-files",
            "namespace": "shop",
            "behavior": "merge",
            "files": ["files/web-files/b", "files/web-files/c"],
            "options": {"disableNameSuffixHash": True, "annotations": {"new": "y"}},
        }
    ]
    assert "overlays/west/files/web-files/a" not in files
    assert built_right(tmp_path, east=[east], west=[west])


def test_a_region_without_one_of_the_files_replaces_them_all(tmp_path: Path) -> None:
    east, west = config({"a": "1\n", "b": "2\n"}), config({"b": "2\n"})
    files = component({"east": [east], "west": [west]})
    (generator,) = generators(files, "overlays/west")
    assert (generator["behavior"], generator["files"]) == ("replace", ["files/web-files/b"])
    assert built_right(tmp_path, east=[east], west=[west])


def test_a_label_that_goes_gives_every_region_its_own_generator(tmp_path: Path) -> None:
    east, west = config({"a": "1\n"}, labels={"x": "1", "y": "2"}), config({"a": "1\n"}, labels={"x": "1"})
    files = component({"east": [east], "west": [west]})
    assert generators(files, "base") == []
    assert "behavior" not in generators(files, "overlays/west")[0]
    assert built_right(tmp_path, east=[east], west=[west])


def test_an_immutable_configmap_stays_immutable_in_every_region(tmp_path: Path) -> None:
    east, west = ({**config({"a": text}), "immutable": True} for text in ("1\n", "2\n"))
    assert generators(component({"east": [east]}), "base")[0]["options"]["immutable"] is True
    assert built_right(tmp_path, east=[east], west=[west])


@pytest.mark.parametrize(
    "tree",
    [
        pytest.param(config({"CLOUD": "aws", "REGION": "x"}), id="of-variables"),
        pytest.param(config({"a": "1\n", "A": "2\n"}), id="with-keys-that-are-one-file-where-case-is-ignored"),
        pytest.param({**config({"a": "1\n"}), "binaryData": {"b": "AA=="}}, id="with-binary-data"),
        pytest.param(config({"a": "1\n", "..": "x"}), id="with-a-key-that-is-a-folder"),
        pytest.param(config({"a": "1\n"}, finalizers=["x"]), id="with-metadata-that-no-generator-writes"),
    ],
)
def test_another_configmap_is_a_resource(tree: Tree) -> None:
    files = component({"east": [tree]})
    assert generators(files, "base") == []
    assert yaml.safe_load(files["base/configmap-web-files.yaml"]) == tree


@pytest.mark.parametrize("key", ["NULL", "TRUE", "false", "1.5", "0x1F", "1e3", "2026-11-20", ".inf"])
def test_a_text_under_a_key_that_reads_as_no_string_is_in_a_resource(key: str, tmp_path: Path) -> None:
    east, west = config({key: "1\n", "b": "2\n"}), config({key: "3\n", "b": "2\n"})
    assert generators(component({"east": [east], "west": [west]}), "base") == []
    assert built_right(tmp_path, east=[east], west=[west])


def test_a_label_that_reads_as_no_string_is_in_a_resource(tmp_path: Path) -> None:
    tree = config({"a": "1\n"}, labels={"true": "x"})
    assert generators(component({"east": [tree]}), "base") == []
    assert built_right(tmp_path, east=[tree])


def test_variables_that_differ_are_patched_by_their_keys() -> None:
    files = component({"east": [config({"A": "1", "B": "2"})], "west": [config({"A": "1", "B": "3"})]})
    assert yaml.safe_load(files["overlays/west/patch-configmap-web-files.yaml"])["data"] == {"B": "3"}


def test_configmaps_of_one_name_in_two_namespaces_have_folders_of_their_own(tmp_path: Path) -> None:
    trees = [config({"a": "1\n"}), config({"a": "2\n"}, namespace="other")]
    documents = [document(tree, file=f"configmap-{number}.yaml") for number, tree in enumerate(trees)]
    write(tmp_path, render_component("web", {"here": documents}, ""))
    files = tmp_path / "kustomize" / "web" / "base" / "files"
    assert (files / "shop" / "web-files" / "a").read_text("utf-8") == "1\n"
    assert (files / "other" / "web-files" / "a").read_text("utf-8") == "2\n"
    assert differences(trees, build(tmp_path / "kustomize" / "web" / "overlays" / "here")) == []


@pytest.mark.parametrize(
    ("tree", "what"),
    [
        pytest.param(config({"a": "b"}, annotations={"k": "\ta\nb"}), "the annotation 'k'", id="lines-after-a-tab"),
        pytest.param({**config({"a": "b"}), "data": {"<<": "x"}}, "the key '<<'", id="the-key-of-a-merge"),
    ],
)
def test_what_kustomize_cannot_carry_is_refused_with_its_template(tree: Tree, what: str) -> None:
    with pytest.raises(ProblemsError) as refused:
        component({"east": [tree]})
    (problem,) = refused.value.problems
    assert what in problem.message
    assert problem.file == "templates/x.yaml.j2"
    assert problem.hint
