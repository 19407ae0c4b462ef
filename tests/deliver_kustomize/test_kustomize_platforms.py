"""Whole platforms in the Kustomize form: what the real kustomize builds is what the manifests say, region by region."""

import functools
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from kustomized import Tree, build, build_all, differences, write
from rendering import CHECKOUT, SHOP
from yamllint import linter
from yamllint.config import YamlLintConfig

from generator.base.errors import ProblemsError
from generator.deliver.document import Document, File
from generator.deliver.kustomize.render import render_component, render_region
from generator.deliver.render import Renderer
from generator.plan.units import plan
from generator.spec.load import load
from generator.spec.workspace import open_workspace
from generator.tree.files import check_paths

GOLDEN = CHECKOUT / "tests" / "golden"
PLATFORMS = {
    "talai-production": (CHECKOUT, "talai", "production"),
    "shop": (SHOP, "shop", "production"),
    "atlas": (GOLDEN / "atlas", "atlas", "live"),
    "forge": (GOLDEN / "forge", "forge", "lab"),
}
Components = Mapping[str, Mapping[str, tuple[Document, ...]]]


@functools.cache
def components(platform: str) -> Components:
    """Return the documents of a platform by component and region."""
    workspace, name, environment = PLATFORMS[platform]
    opened = open_workspace(workspace)
    renderer = Renderer()
    found: dict[str, dict[str, tuple[Document, ...]]] = {}
    for unit in plan(load(opened, name, environment), opened.catalogue):
        found.setdefault(unit.name, {})[unit.region] = tuple(renderer.documents(unit))
    return found


@functools.cache
def files(platform: str) -> tuple[File, ...]:
    """Return the Kustomize form of a platform."""
    made = [file for name, found in components(platform).items() for file in render_component(name, found, "hash")]
    for region in regions(components(platform)):
        inside = [name for name, found in components(platform).items() if region in found]
        made.append(render_region(region, inside, "hash"))
    return tuple(made)


def regions(found: Components) -> list[str]:
    return sorted({region for documents in found.values() for region in documents})


def trees(documents: tuple[Document, ...]) -> list[Tree]:
    return [yaml.load(each.content, yaml.CSafeLoader) for each in documents]


# The other tiers of TalAI are built by tests/forms.
@pytest.mark.parametrize("platform", sorted(PLATFORMS))
def test_every_overlay_builds_to_the_manifests_of_its_region(platform: str, tmp_path: Path) -> None:
    write(tmp_path, files(platform))
    cases = [(name, region, docs) for name, found in components(platform).items() for region, docs in found.items()]
    built = build_all([tmp_path / "kustomize" / name / "overlays" / region for name, region, _ in cases])
    for (name, region, documents), objects in zip(cases, built, strict=True):
        assert differences(trees(documents), objects) == [], f"{name} in {region}"


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_root_of_a_region_builds_to_all_of_its_manifests(platform: str, tmp_path: Path) -> None:
    write(tmp_path, files(platform))
    names = regions(components(platform))
    built = build_all([tmp_path / "kustomize" / "regions" / region for region in names])
    for region, objects in zip(names, built, strict=True):
        expected = [tree for found in components(platform).values() for tree in trees(found.get(region, ()))]
        assert differences(expected, objects) == [], region


def test_a_patch_that_was_removed_is_noticed(tmp_path: Path) -> None:
    write(tmp_path, files("talai-production"))
    overlay = tmp_path / "kustomize" / "orchex" / "overlays" / "eu-west-1"
    kustomization = overlay / "kustomization.yaml"
    said = yaml.safe_load(kustomization.read_text("utf-8"))
    said["patches"] = [patch for patch in said["patches"] if patch["path"] != "patch-configmap.yaml"]
    kustomization.write_text(yaml.safe_dump(said), "utf-8")
    found = differences(trees(components("talai-production")["orchex"]["eu-west-1"]), build(overlay))
    assert [line.splitlines()[0] for line in found] == ["different: ConfigMap talai/orchex"]


def test_an_image_that_was_changed_by_hand_is_noticed(tmp_path: Path) -> None:
    write(tmp_path, files("talai-production"))
    overlay = tmp_path / "kustomize" / "orchex" / "overlays" / "eu-west-1"
    kustomization = overlay / "kustomization.yaml"
    text = kustomization.read_text("utf-8")
    assert "newName: europe-west1" in text
    kustomization.write_text(text.replace("newName: europe-west1", "newName: europe-west9"), "utf-8")
    found = differences(trees(components("talai-production")["orchex"]["eu-west-1"]), build(overlay))
    assert [line.splitlines()[0] for line in found] == ["different: Rollout talai/orchex"]


@pytest.mark.parametrize("platform", PLATFORMS)
def test_yamllint_has_no_remark_on_any_file(platform: str) -> None:
    texts = {file.path: file.content.decode() for file in files(platform)}
    generated = generated_from(texts)
    assert remarks({path: text for path, text in texts.items() if path not in generated}) == []


def remarks(texts: Mapping[str, str]) -> list[str]:
    """Return what yamllint has to say of files that must be YAML, as `gen verify` asks it."""
    config = YamlLintConfig((CHECKOUT / "generator" / "verify" / "yamllint.yaml").read_text("utf-8"))
    assert [path for path in texts if not path.endswith(".yaml")] == []
    return [f"{path}: {remark}" for path, text in texts.items() for remark in linter.run(text, config)]


def generated_from(texts: Mapping[str, str]) -> set[str]:
    """Return the files whose text is a value of a ConfigMap (scripts, configuration): theirs is no manifest's style."""
    return {
        f"{path.removesuffix('/kustomization.yaml')}/{entry.rpartition('=')[2]}"
        for path, text in texts.items()
        if path.endswith("/kustomization.yaml")
        for generator in yaml.safe_load(text).get("configMapGenerator", ())
        for entry in generator["files"]
    }


def test_a_remark_of_yamllint_is_noticed_and_only_texts_of_config_maps_are_none_of_its_business() -> None:
    assert len(remarks({"kustomize/redis/base/service.yaml": "a:   1\n"})) == 1  # too many blanks
    texts = {file.path: file.content.decode() for file in files("talai-production")}
    left_out = generated_from(texts)
    assert "kustomize/redis/base/files/redis-scripts/live.sh" in left_out
    assert left_out == {path for path in texts if "/files/" in path}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_no_field_is_used_that_kustomize_has_deprecated(platform: str) -> None:
    allowed = {"apiVersion", "kind", "resources", "configMapGenerator", "images", "replicas", "patches"}
    kustomizations = [file for file in files(platform) if file.path.endswith("/kustomization.yaml")]
    assert kustomizations
    assert [file.path for file in kustomizations if not yaml.safe_load(file.content).keys() <= allowed] == []


def repeated(patch: object, base: object, path: str = "") -> list[str]:
    """Return the fields of a merge patch that the base has alike; elements of lists are found by their names."""
    if isinstance(patch, dict) and isinstance(base, dict):
        return [line for key, value in patch.items() for line in repeated(value, base.get(key, ...), f"{path}/{key}")]
    if isinstance(patch, list) and isinstance(base, list) and all(isinstance(each, dict) for each in patch):
        by_name = {each.get("name"): each for each in base}
        changes = [(each["name"], {k: v for k, v in each.items() if k != "name"}) for each in patch]
        return [line for name, each in changes for line in repeated(each, by_name.get(name), f"{path}/{name}")]
    return [path] if patch == base else []


@pytest.mark.parametrize("platform", ["talai-production", "atlas"])
def test_no_patch_repeats_a_field_that_does_not_differ(platform: str) -> None:
    content = {file.path: file.content for file in files(platform)}
    found = []
    for path, text in content.items():
        if "/patch-" in path:
            folder, _, name = path.rpartition("/patch-")
            base = yaml.safe_load(content[f"{folder.partition('/overlays/')[0]}/base/{name}"])
            patch = yaml.safe_load(text)
            if isinstance(patch, dict):
                identity = {"/apiVersion", "/kind", "/metadata/name", "/metadata/namespace"}
                found += [f"{path}: {field}" for field in repeated(patch, base) if field not in identity]
            else:
                found += [f"{path}: {op}" for op in patch if op["op"] == "replace" and pointed(base, op) == op["value"]]
    assert any("/patch-" in path for path in content)
    assert found == []


def pointed(base: Tree, operation: Tree) -> object:
    """Return what the base has where an operation points to."""
    value: Any = base
    for step in operation["path"].split("/")[1:]:
        value = value[int(step) if isinstance(value, list) else step.replace("~1", "/").replace("~0", "~")]
    return value


def test_a_field_that_is_repeated_would_be_noticed() -> None:
    assert repeated({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 3}}) == ["/a/b"]
    assert repeated([{"name": "x", "v": 1}], [{"name": "y"}, {"name": "x", "v": 1}]) == ["/x/v"]
    assert pointed({"a/b": [1, 2]}, {"path": "/a~1b/1"}) == 2


def test_files_are_portable_and_each_belongs_to_its_component() -> None:
    found = files("atlas")
    check_paths(file.path for file in found)
    assert {file.owner for file in found if "/web/" in file.path} == {"kustomize/web"}
    assert {file.owner for file in found if "/regions/" in file.path} == {
        "kustomize/regions/north",
        "kustomize/regions/us-east-1",
    }
    assert {file.input_hash for file in found} == {"hash"}


def test_the_same_documents_give_the_same_bytes() -> None:
    for name, found in components("atlas").items():
        backwards = {region: tuple(reversed(documents)) for region, documents in found.items()}
        assert render_component(name, found, "") == render_component(name, backwards, "")


def test_a_base_has_the_bytes_of_the_first_region_but_for_the_region_in_the_header() -> None:
    content = {file.path: file.content.decode() for file in files("atlas")}
    manifest = next(d for d in components("atlas")["web"]["us-east-1"] if d.path.endswith("/rollout.yaml"))
    text = manifest.content.decode()
    assert content["kustomize/web/base/rollout.yaml"] == text.replace("# web in us-east-1, from", "# web, from")


def test_a_component_cannot_be_called_like_the_folder_of_the_roots() -> None:
    with pytest.raises(ProblemsError, match="Rename it"):
        render_component("regions", {}, "")


def test_a_form_builds_wherever_it_lies(tmp_path: Path) -> None:
    write(tmp_path / "one", files("forge"))
    shutil.move(tmp_path / "one" / "kustomize", tmp_path / "elsewhere")
    assert build(tmp_path / "elsewhere" / "regions" / "basement")
