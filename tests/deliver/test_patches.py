"""JSON Patches of a spec: they reach any field of a rendered object, and say where they stand when they can't."""

from pathlib import Path

import pytest
import yaml
from rendering import SHOP, copied, render

from generator.base.errors import ProblemsError

SPEC = "environments/shop/platform.yaml"


def patched(tmp_path: Path, patches: str) -> dict[str, bytes]:
    """Render the shop with patches (a YAML flow list) on its catalog."""
    workspace = copied(SHOP, tmp_path)
    with (workspace / SPEC).open("a", encoding="utf-8") as spec:
        spec.write(f"    patches: {patches}\n")
    return dict(render(workspace, "shop", "production").files)


def message(tmp_path: Path, patches: str) -> str:
    with pytest.raises(ProblemsError) as caught:
        patched(tmp_path, patches)
    return str(caught.value)


def test_a_patch_changes_its_object_and_leaves_the_header(tmp_path: Path) -> None:
    text = patched(
        tmp_path,
        "[{kind: Deployment, operations: [{op: add, path: /spec/minReadySeconds, value: 30},"
        ' {op: add, path: /spec/template/metadata/annotations/example.com~1on, value: "on"}]}]',
    )["clusters/eu-central-1/catalog/deployment.yaml"].decode()
    assert text.splitlines()[0] == (
        "# catalog in eu-central-1, from templates/workload/service/manifests/workload.yaml.j2"
    )
    spec = yaml.safe_load(text)["spec"]
    assert spec["minReadySeconds"] == 30
    assert spec["template"]["metadata"]["annotations"]["example.com/on"] == "on"


def test_a_patch_touches_no_other_file(tmp_path: Path) -> None:
    files = patched(tmp_path, "[{kind: Service, operations: [{op: add, path: /spec/type, value: NodePort}]}]")
    plain = render(SHOP, "shop", "production").files
    changed = {path for path in files if files[path] != plain[path]}
    assert changed == {"clusters/eu-central-1/catalog/service.yaml", "inventory.json"}


def test_patches_apply_in_their_order(tmp_path: Path) -> None:
    files = patched(
        tmp_path,
        "[{kind: Service, operations: [{op: add, path: /spec/type, value: NodePort}]},"
        " {kind: Service, operations: [{op: replace, path: /spec/type, value: LoadBalancer}]}]",
    )
    assert yaml.safe_load(files["clusters/eu-central-1/catalog/service.yaml"])["spec"]["type"] == "LoadBalancer"


def test_a_patch_of_an_object_that_is_not_there_lists_those_that_are(tmp_path: Path) -> None:
    text = message(tmp_path, "[{kind: Secret, operations: [{op: remove, path: /data}]}]")
    assert text.startswith(f"{SPEC}:")
    assert "$.services.catalog.patches[0]: there is no Secret 'catalog'. There are: " in text
    assert "Deployment catalog" in text


@pytest.mark.parametrize(
    "operation",
    [
        "{op: remove, path: /spec/nowhere}",
        "{op: replace, path: /spec/selector/nowhere/deeper, value: 1}",
        "{op: add, path: /spec/ports/nine, value: 1}",
        "{op: add, path: /spec/ports/99, value: 1}",
        "{op: add, path: /kind/deeper, value: 1}",
    ],
)
def test_a_patch_that_does_not_apply_says_where_it_stands(operation: str, tmp_path: Path) -> None:
    text = message(tmp_path, f"[{{kind: Service, operations: [{operation}]}}]")
    assert text.startswith(f"{SPEC}:")
    assert "$.services.catalog.patches[0]: the patch does not apply (in eu-central-1, Service shop/catalog): " in text
    assert "Compare its paths with the rendered file." in text


@pytest.mark.parametrize("path", ["/kind", "/apiVersion", "/metadata/name", "/metadata/namespace"])
def test_a_patch_cannot_make_an_object_another_one(path: str, tmp_path: Path) -> None:
    text = message(tmp_path, f"[{{kind: Service, operations: [{{op: replace, path: {path}, value: other}}]}}]")
    assert "cannot be patched" in text


def test_a_patch_cannot_take_the_metadata_away(tmp_path: Path) -> None:
    text = message(tmp_path, "[{kind: Service, operations: [{op: replace, path: /metadata, value: []}]}]")
    assert "cannot be patched" in text


def test_all_patches_that_fail_are_told_together(tmp_path: Path) -> None:
    text = message(
        tmp_path,
        "[{kind: Service, operations: [{op: remove, path: /a}]}, {kind: Secret, operations: [{op: remove, path: /b}]}]",
    )
    assert len(text.splitlines()) == 2
