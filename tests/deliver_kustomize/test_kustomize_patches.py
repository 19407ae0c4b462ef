"""What a person reads in an overlay: patches that say only what differs, in the way in which they would write them."""

import copy
from typing import Any

import pytest
import yaml
from kustomized import Tree, component, document

from generator.deliver.kustomize.pointer import json_patch
from generator.deliver.kustomize.render import render_component

CONTAINER: Tree = {
    "name": "web",
    "image": "registry.example/web:1.0",
    "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
    "resources": {"requests": {"cpu": "1", "memory": "1Gi"}},
}
DEPLOYMENT: Tree = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "shop", "labels": {"app.kubernetes.io/name": "web"}},
    "spec": {
        "replicas": 3,
        "template": {
            "metadata": {"annotations": {"checksum/config": "0a"}},
            "spec": {"containers": [CONTAINER, {"name": "proxy", "image": "registry.example/proxy:7"}]},
        },
    },
}
HEADER = "# Written by gen: change the spec in environments/ and render again.\n"


def custom(spec: Tree, **metadata: Any) -> Tree:
    return {
        "apiVersion": "example.com/v1",
        "kind": "Widget",
        "metadata": {"name": "web", "namespace": "shop", **metadata},
        "spec": spec,
    }


def deployment(**changes: Any) -> Tree:
    """Return the Deployment with other values at dotted paths, in which a number is an index."""
    tree = copy.deepcopy(DEPLOYMENT)
    for path, value in changes.items():
        *steps, last = path.split("__")
        holder: Any = tree["spec"]
        for step in steps:
            holder = holder[int(step) if step.isdigit() else step]
        holder[int(last) if last.isdigit() else last] = value
    return tree


def west(base: Tree, target: Tree) -> dict[str, str]:
    """Return the files of the second region's overlay."""
    files = component({"east": [base], "west": [target]})
    return {
        path.removeprefix("overlays/west/"): text for path, text in files.items() if path.startswith("overlays/west")
    }


def kustomization(files: dict[str, str]) -> Tree:
    said = yaml.safe_load(files["kustomization.yaml"])
    assert isinstance(said, dict)
    return said


def test_a_base_lists_its_objects_and_an_overlay_adds_nothing_where_nothing_differs() -> None:
    files = component({"east": [DEPLOYMENT], "west": [DEPLOYMENT]})
    assert files["base/kustomization.yaml"] == (
        "# web: what all regions have, as east has it; the overlays change what differs\n"
        f"{HEADER}"
        "apiVersion: kustomize.config.k8s.io/v1beta1\n"
        "kind: Kustomization\n"
        "resources:\n"
        "  - deployment.yaml\n"
    )
    assert files["overlays/west/kustomization.yaml"] == (
        f"# web in west\n{HEADER}"
        "apiVersion: kustomize.config.k8s.io/v1beta1\n"
        "kind: Kustomization\n"
        "resources:\n"
        "  - ../../base\n"
    )
    assert sorted(files) == [
        "base/deployment.yaml",
        "base/kustomization.yaml",
        "overlays/east/kustomization.yaml",
        "overlays/west/kustomization.yaml",
    ]


def test_a_patch_names_the_object_and_the_fields_that_differ_and_no_other() -> None:
    target = deployment(template__spec__containers__0__resources={"requests": {"cpu": "2", "memory": "1Gi"}})
    files = west(DEPLOYMENT, target)
    assert files["patch-deployment.yaml"] == (
        f"# What west changes in base/deployment.yaml\n{HEADER}"
        "apiVersion: apps/v1\n"
        "kind: Deployment\n"
        "metadata:\n"
        "  name: web\n"
        "  namespace: shop\n"
        "spec:\n"
        "  template:\n"
        "    spec:\n"
        "      containers:\n"
        "        - name: web\n"
        "          resources:\n"
        "            requests:\n"
        '              cpu: "2"\n'
    )
    assert kustomization(files)["patches"] == [
        {
            "path": "patch-deployment.yaml",
            "target": {"group": "apps", "version": "v1", "kind": "Deployment", "name": "web", "namespace": "shop"},
        }
    ]


def test_another_image_is_an_entry_of_images_and_no_patch() -> None:
    files = west(DEPLOYMENT, deployment(template__spec__containers__0__image="eu.example/web:1.0"))
    assert list(files) == ["kustomization.yaml"]
    assert kustomization(files)["images"] == [{"name": "registry.example/web", "newName": "eu.example/web"}]


def test_another_number_of_replicas_is_an_entry_of_replicas_and_no_patch() -> None:
    files = west(DEPLOYMENT, deployment(replicas=5))
    assert list(files) == ["kustomization.yaml"]
    assert kustomization(files)["replicas"] == [{"name": "web", "count": 5}]


def test_replicas_that_two_objects_of_one_name_differ_in_are_patched() -> None:
    base, other = DEPLOYMENT, {**DEPLOYMENT, "kind": "StatefulSet"}
    files = component({"east": [base, other], "west": [deployment(replicas=5), other]})
    assert "replicas:" not in files["overlays/west/kustomization.yaml"]
    assert "replicas: 5" in files["overlays/west/patch-deployment.yaml"]


@pytest.mark.parametrize(
    ("base", "target", "patch"),
    [
        pytest.param({"a": {"b": 1, "c": 2}}, {"a": {"b": 1}}, {"a": {"c": None}}, id="a-key-that-goes"),
        pytest.param({"a": {"b": 1}}, {"a": {"b": 1, "c": {}}}, {"a": {"c": {}}}, id="an-empty-mapping-that-comes"),
        pytest.param({"hosts": ["a", "b"]}, {"hosts": ["c"]}, {"hosts": ["c"]}, id="a-list-of-words"),
        pytest.param(
            {"provider": {"aws": {"region": "x"}}},
            {"provider": {"gcpsm": {"projectID": "y"}}},
            {"provider": {"aws": None, "gcpsm": {"projectID": "y"}}},
            id="another-block",
        ),
    ],
)
def test_a_custom_resource_is_changed_by_a_merge_patch(base: Tree, target: Tree, patch: Tree) -> None:
    said = yaml.safe_load(west(custom(base), custom(target))["patch-widget.yaml"])
    assert said == custom(patch)


@pytest.mark.parametrize(
    ("base", "target", "operations"),
    [
        pytest.param(
            {"servers": [{"port": 80, "hosts": ["a"]}, {"port": 443, "hosts": ["a"]}]},
            {"servers": [{"port": 80, "hosts": ["b"]}, {"port": 443, "hosts": ["a"]}]},
            [{"op": "replace", "path": "/spec/servers/0/hosts", "value": ["b"]}],
            id="a-part-of-an-element",
        ),
        pytest.param(
            {"to": [{"a": 1}, {"z": 1}]},
            {"to": [{"a": 1}, {"b": 1}, {"z": 1}]},
            [{"op": "add", "path": "/spec/to/1", "value": {"b": 1}}],
            id="an-element-between-others",
        ),
        pytest.param(
            {"to": [{"a": 1}]},
            {"to": [{"a": 1}, {"b": 1}, {"c": 1}]},
            [
                {"op": "add", "path": "/spec/to/-", "value": {"b": 1}},
                {"op": "add", "path": "/spec/to/-", "value": {"c": 1}},
            ],
            id="elements-at-the-end",
        ),
        pytest.param(
            {"to": [{"a": 1}, {"b": 1}, {"c": 1}, {"d": 1}]},
            {"to": [{"a": 1}, {"d": 1}]},
            [{"op": "remove", "path": "/spec/to/2"}, {"op": "remove", "path": "/spec/to/1"}],
            id="elements-that-go",
        ),
        pytest.param(
            {"a/b~c": 1}, {"a/b~c": None}, [{"op": "replace", "path": "/spec/a~1b~0c", "value": None}], id="null"
        ),
        pytest.param(
            {"a": None, "b": 1},
            {"a": 1, "b": None},
            [{"op": "add", "path": "/spec/a", "value": 1}, {"op": "replace", "path": "/spec/b", "value": None}],
            id="what-was-null",
        ),
        pytest.param(
            {"a": "y"}, {"a": 1}, [{"op": "replace", "path": "/spec/a", "value": 1}], id="text-that-becomes-1"
        ),
        pytest.param({"a": []}, {"a": {}}, [{"op": "replace", "path": "/spec/a", "value": {}}], id="another-type"),
        pytest.param(
            {"a": {}},
            {"a": {"$patch": "x"}},
            [{"op": "replace", "path": "/spec/a", "value": {"$patch": "x"}}],
            id="an-order",
        ),
    ],
)
def test_what_no_merge_can_say_shortly_is_a_json_patch(base: Tree, target: Tree, operations: list[Tree]) -> None:
    assert yaml.safe_load(west(custom(base), custom(target))["patch-widget.yaml"]) == operations


def containers_of(files: dict[str, str]) -> list[Tree]:
    said = yaml.safe_load(files["patch-deployment.yaml"])
    found: list[Tree] = said["spec"]["template"]["spec"]["containers"]
    return found


def test_elements_before_a_changed_one_are_named_so_that_the_order_stays() -> None:
    files = west(DEPLOYMENT, deployment(template__spec__containers__1__args=["-v"]))
    assert containers_of(files) == [{"name": "web"}, {"name": "proxy", "args": ["-v"]}]


def test_an_element_that_goes_is_deleted_by_its_name() -> None:
    files = west(DEPLOYMENT, deployment(template__spec__containers__0__env=[{"name": "B", "value": "2"}]))
    assert containers_of(files) == [{"name": "web", "env": [{"$patch": "delete", "name": "A"}]}]


def test_an_element_that_comes_first_is_all_that_a_patch_names() -> None:
    env = [{"name": "C", "value": "3"}, *CONTAINER["env"]]
    files = west(DEPLOYMENT, deployment(template__spec__containers__0__env=env))
    assert containers_of(files) == [{"name": "web", "env": [{"name": "C", "value": "3"}]}]


def test_an_index_replaces_a_long_list_of_names_without_a_change() -> None:
    env = [{"name": f"V{number}", "value": "1"} for number in range(9)]
    base = deployment(template__spec__containers__0__env=env)
    files = west(base, deployment(template__spec__containers__0__env=[*env[:-1], {"name": "V8", "value": "2"}]))
    assert files["patch-deployment.yaml"] == (
        f"# What west changes in base/deployment.yaml\n{HEADER}"
        "# containers[0]: web, env[8]: V8\n"
        "- op: replace\n"
        "  path: /spec/template/spec/containers/0/env/8/value\n"
        '  value: "2"\n'
    )


def test_an_element_that_gives_way_to_another_is_written_whole() -> None:
    def rules(*names: str) -> Tree:
        return {"groups": [{"name": "shop", "rules": [{"alert": name, "expr": f"{name} > 1"} for name in names]}]}

    replaced = {"op": "replace", "path": "/groups/0/rules/0", "value": {"alert": "C", "expr": "C > 1"}}
    assert json_patch(rules("A", "B"), rules("C", "B")) == [replaced]
    changed = rules("A", "B")
    changed["groups"][0]["rules"][0]["expr"] = "A > 2"
    (operation,) = json_patch(rules("A", "B"), changed)
    assert operation == {"op": "replace", "path": "/groups/0/rules/0/expr", "value": "A > 2"}


def test_an_annotation_that_goes_is_removed_by_a_json_patch() -> None:
    """Kustomize would make the text "null" of a null in a patch's annotations."""
    files = west(custom({}, annotations={"a/b": "x", "c": "y"}), custom({}, annotations={"c": "y"}))
    assert yaml.safe_load(files["patch-widget.yaml"]) == [{"op": "remove", "path": "/metadata/annotations/a~1b"}]


def test_a_text_that_begins_with_a_tab_does_not_take_over_the_block_of_another() -> None:
    base, target = custom({"a": "b\nc\n", "d": "e"}), custom({"a": "\tb", "d": "\te"})
    assert yaml.safe_load(west(base, target)["patch-widget.yaml"]) == [
        {"op": "replace", "path": "/spec/a", "value": "\tb"},
        {"op": "replace", "path": "/spec/d", "value": "\te"},
    ]
    one_line = custom({"a": "b", "d": "e"})
    assert yaml.safe_load(west(one_line, target)["patch-widget.yaml"])["spec"] == {"a": "\tb", "d": "\te"}


def test_an_object_of_some_regions_lies_in_their_overlays() -> None:
    files = component({"east": [DEPLOYMENT], "west": [DEPLOYMENT, custom({})]})
    assert "base/widget.yaml" not in files
    assert yaml.safe_load(files["overlays/west/kustomization.yaml"])["resources"] == ["../../base", "widget.yaml"]
    assert files["overlays/west/widget.yaml"].startswith("# web in west, from ")


@pytest.mark.parametrize(
    "target",
    [
        pytest.param({**custom({"a": 1}), "apiVersion": "example.com/v2"}, id="another-version"),
        pytest.param(custom({"a": "1", "n": 2**60 + 1}), id="numbers-that-a-json-patch-would-round"),
    ],
)
def test_an_object_that_no_patch_can_change_lies_in_every_overlay(target: Tree) -> None:
    files = component({"east": [custom({"a": 1, "n": 2**60 + 1})], "west": [target]})
    assert [path for path in files if "widget" in path] == ["overlays/east/widget.yaml", "overlays/west/widget.yaml"]


def test_an_object_whose_target_would_match_another_lies_in_every_overlay() -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"a": 1},
    }
    other = {**service, "apiVersion": "serving.knative.dev/v1", "spec": {}}
    regions = {
        region: [(service | {"spec": {"a": number}}, "service.yaml"), (other, "service-knative.yaml")]
        for number, region in enumerate(("east", "west"))
    }
    made = render_component(
        "web", {r: [document(tree, r, file=file) for tree, file in found] for r, found in regions.items()}, ""
    )
    assert [file.path for file in made if file.path.endswith("/service.yaml")] == [
        "kustomize/web/overlays/east/service.yaml",
        "kustomize/web/overlays/west/service.yaml",
    ]


def test_a_name_that_means_more_as_an_expression_is_escaped_in_the_target() -> None:
    def named(name: str, value: int) -> Tree:
        return custom({"a": value}, name=name)

    files = component({"east": [named("a.b", 1), named("a-b", 1)], "west": [named("a.b", 2), named("a-b", 1)]})
    (patch,) = yaml.safe_load(files["overlays/west/kustomization.yaml"])["patches"]
    assert patch["target"]["name"] == r"a\.b"


def test_an_object_does_not_take_the_place_of_the_kustomization() -> None:
    flux = {
        "apiVersion": "kustomize.toolkit.fluxcd.io/v1",
        "kind": "Kustomization",
        "metadata": {"name": "web", "namespace": "shop"},
    }
    files = component({"east": [flux]})
    assert yaml.safe_load(files["base/kustomization.yaml"])["resources"] == ["kustomization-web.yaml"]
    assert yaml.safe_load(files["base/kustomization-web.yaml"]) == flux
