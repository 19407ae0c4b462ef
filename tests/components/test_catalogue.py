"""Components are folders: found, checked, replaced by a workspace's own, and they do what they say of themselves."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from rendering import CHECKOUT, SHOP, Rendered, copied, edit, example_workspace, render, rendered_once

from generator.base.errors import GenError, ProblemsError
from generator.components.catalogue import Catalogue, read_catalogue
from generator.documents.schema import Schemas

ATLAS = CHECKOUT / "tests" / "golden" / "atlas"
SHIPPED = CHECKOUT / "templates"
GOOD = "description: A thing\nscope: instance\nwave: 40\nkinds: [ConfigMap]\n"
TEMPLATE = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: [[ instance.name ]]\n"


def component(root: Path, name: str = "app/thing", about: str = GOOD, template: str = TEMPLATE) -> Path:
    folder = root / "templates" / name
    (folder / "manifests").mkdir(parents=True)
    (folder / "component.yaml").write_text(about, "utf-8")
    (folder / "manifests" / "configmap.yaml.j2").write_text(template, "utf-8")
    return folder


def catalogue(*roots: Path) -> Catalogue:
    return read_catalogue(roots, Schemas(CHECKOUT / "schemas"))


def test_the_shipped_components_are_found_by_their_folders() -> None:
    folders = sorted(path.relative_to(SHIPPED).as_posix() for path in SHIPPED.glob("*/*") if path.is_dir())
    folders.remove("edge/cloudflare-worker")  # the source of the Worker that every edge has
    assert list(catalogue(SHIPPED).components) == folders
    # One of each scope, and one that is an upstream chart.
    assert {"workload/service", "platform/namespaces", "delivery/argo-cd", "data/redis", "operators/keda"} <= {*folders}


def test_a_workspaces_component_joins_them_without_any_python(tmp_path: Path) -> None:
    component(tmp_path)
    found = catalogue(SHIPPED, tmp_path / "templates").components["app/thing"]
    assert (found.scope, found.wave, found.kinds, found.folder) == (
        "instance",
        40,
        ("ConfigMap",),
        "templates/app/thing",
    )
    assert dict(found.templates) == {"templates/app/thing/manifests/configmap.yaml.j2": TEMPLATE}


def test_a_workspaces_component_replaces_the_shipped_one_of_its_name(tmp_path: Path) -> None:
    workspace = copied(SHOP, tmp_path)
    storage = component(
        workspace,
        "platform/storage",
        "description: None\nscope: region\nwave: 0\nneeds: [storage]\nkinds: [ConfigMap]\n",
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: of-our-own\n  namespace: shop\n",
    )
    files = render(workspace, "shop", "production").files
    assert [path for path in files if path.startswith("clusters/eu-central-1/storage/")] == [
        "clusters/eu-central-1/storage/configmap-shop-of-our-own.yaml"
    ]
    assert storage.is_dir()


def test_a_folder_without_component_yaml_is_none(tmp_path: Path) -> None:
    (component(tmp_path) / "component.yaml").unlink()
    assert "app/thing" not in catalogue(tmp_path / "templates").components


def test_a_workspace_without_templates_has_the_shipped_ones(tmp_path: Path) -> None:
    assert catalogue(SHIPPED, tmp_path / "templates") == catalogue(SHIPPED)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("scope: instance", "scope: instanc", "$.scope: "),
        ("wave: 40\n", "", "'wave' is missing"),
        ("kinds:", "kind:", "unknown key. Did you mean 'kinds'?"),
        ("wave: 40", "wave: -1", "$.wave: "),
    ],
)
def test_a_mistake_in_component_yaml_is_shown_where_it_is(old: str, new: str, message: str, tmp_path: Path) -> None:
    edit(component(tmp_path) / "component.yaml", old, new)
    with pytest.raises(ProblemsError) as caught:
        catalogue(tmp_path / "templates")
    assert str(caught.value).startswith("templates/app/thing/component.yaml:")
    assert message in str(caught.value)


def test_the_mistakes_of_all_components_are_shown_together(tmp_path: Path) -> None:
    for name in ("app/one", "app/two"):
        edit(component(tmp_path, name) / "component.yaml", "wave: 40", "wave: soon")
    with pytest.raises(ProblemsError) as caught:
        catalogue(tmp_path / "templates")
    assert [problem.file for problem in caught.value.problems] == [
        "templates/app/one/component.yaml",
        "templates/app/two/component.yaml",
    ]


@pytest.mark.parametrize(("text", "message"), [("{", "not JSON"), ("[]", "a JSON object")])
def test_a_schema_that_is_none_is_shown_with_its_file(text: str, message: str, tmp_path: Path) -> None:
    (component(tmp_path) / "schema.json").write_text(text, "utf-8")
    with pytest.raises(ProblemsError) as caught:
        catalogue(tmp_path / "templates")
    assert str(caught.value).startswith("templates/app/thing/schema.json:")
    assert message in str(caught.value)


def test_a_component_without_a_template_is_refused_with_the_remedy(tmp_path: Path) -> None:
    (component(tmp_path) / "manifests" / "configmap.yaml.j2").unlink()
    with pytest.raises(GenError, match=r"templates/app/thing has no template\. Add manifests/<name>\.yaml\.j2"):
        catalogue(tmp_path / "templates")


@pytest.mark.parametrize("part", ["component.yaml", "manifests/configmap.yaml.j2"])
def test_the_digest_covers_what_the_output_rests_on(part: str, tmp_path: Path) -> None:
    folder = component(tmp_path)
    before = catalogue(tmp_path / "templates").components["app/thing"].digest
    with (folder / part).open("a", encoding="utf-8") as file:
        file.write("# more\n")
    assert catalogue(tmp_path / "templates").components["app/thing"].digest != before


def test_the_digest_leaves_out_what_the_output_does_not_rest_on(tmp_path: Path) -> None:
    folder = component(tmp_path)
    before = catalogue(tmp_path / "templates").components["app/thing"].digest
    (folder / "README.md").write_text("About.\n", "utf-8")
    assert catalogue(tmp_path / "templates").components["app/thing"].digest == before


@pytest.fixture(scope="module")
def made() -> dict[str, set[str]]:
    """Return the kinds that each component makes in platforms that use every section."""
    trees = [
        rendered_once(CHECKOUT, "talai", "production"),
        rendered_once(ATLAS, "atlas", "live"),
        rendered_once(CHECKOUT / "tests/golden/forge", "forge", "lab"),
    ]
    found: dict[str, set[str]] = {}
    for tree in trees:
        for name, kind in kinds_made(tree):
            found.setdefault(name, set()).add(kind)
    return found


def kinds_made(tree: Rendered) -> Iterator[tuple[str, str]]:
    """Yield (component, group/Kind) of each object, the component as the first line of its file names it."""
    for path, manifest in tree.objects.items():
        template = tree.files[path].decode().partition("\n")[0].rpartition("from templates/")[2]
        group = manifest["apiVersion"].rpartition("/")[0]
        yield template.partition("/manifests/")[0], f"{group}/{manifest['kind']}" if group else manifest["kind"]


EVERY = catalogue(SHIPPED, ATLAS / "templates").components


@pytest.mark.parametrize("name", [name for name, each in EVERY.items() if each.chart is None])
def test_a_component_makes_the_kinds_that_it_lists_and_no_others(
    name: str, made: dict[str, set[str]], tmp_path: Path
) -> None:
    listed = {*EVERY[name].kinds, *EVERY[name].cluster_kinds}
    assert all_made(name, made.get(name, set()), listed, tmp_path) == listed


def all_made(name: str, in_platforms: set[str], listed: set[str], target: Path) -> set[str]:
    """Return the kinds that a component makes in platforms, and what these lack in its own examples."""
    found = set(in_platforms)
    for number, example in enumerate(sorted((SHIPPED / name).glob("examples/valid/*.yaml"))):
        if not listed <= found:
            tree = render(example_workspace(example, target / str(number)), "shop", "example")
            found |= {kind for component, kind in kinds_made(tree) if component == name}
    return found


def test_a_kind_more_or_less_is_noticed_also_of_what_only_examples_have(tmp_path: Path) -> None:
    listed = {"scheduling.k8s.io/PriorityClass"}
    assert all_made("compute/priorities", set(), listed, tmp_path / "unused") == listed
    assert all_made("compute/priorities", {"Pod"}, listed, tmp_path / "more") != listed
    assert all_made("compute/priorities", listed, {*listed, "Pod"}, tmp_path / "less") == listed


@pytest.mark.parametrize("name", [name for name, each in EVERY.items() if each.chart is not None])
def test_what_an_operator_is_made_of_comes_with_its_chart_and_is_not_in_the_tree(
    name: str, made: dict[str, set[str]]
) -> None:
    assert name not in made
    kinds = {*EVERY[name].kinds, *EVERY[name].cluster_kinds}
    workloads = {"apps/DaemonSet", "apps/Deployment", "apps/StatefulSet"}
    # A chart of definitions alone runs nothing.
    assert {*workloads, "apiextensions.k8s.io/CustomResourceDefinition"} & kinds


def test_every_scope_is_documented() -> None:
    text = (CHECKOUT / "docs" / "components.md").read_text("utf-8")
    assert all(f"| {found.scope} |" in text for found in catalogue(SHIPPED).components.values())
