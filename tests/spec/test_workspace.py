"""Workspaces: where one is found, what of it is chosen, and components that it brings itself."""

import json
from pathlib import Path

import pytest
from specs import problems, write

from generator.base.errors import GenError, ProblemsError
from generator.deliver.tree import render_tree
from generator.spec.load import load
from generator.spec.workspace import Workspace, find_root, open_workspace


def add(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def two_environments(root: Path) -> Workspace:
    write(root)
    add(root, "environments/shop/staging.yaml", "regions: [north]\n")
    return open_workspace(root)


def refusal(root: Path) -> list[str]:
    with pytest.raises(ProblemsError) as raised:
        open_workspace(root)
    return [problem.text() for problem in raised.value.problems]


def test_the_nearest_folder_upwards_that_holds_environments_is_the_workspace(tmp_path: Path) -> None:
    write(tmp_path)
    inner = tmp_path / "other" / "deep"
    inner.mkdir(parents=True)
    assert find_root(inner) == tmp_path
    assert find_root(tmp_path / "environments" / "shop") == tmp_path
    (tmp_path / "other" / "environments").mkdir()
    assert find_root(inner) == tmp_path / "other"


def test_without_a_workspace_the_message_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(GenError, match=r"holds environments/.*--workspace") as raised:
        find_root(tmp_path)
    assert raised.value.exit_code == 2


def test_every_environment_is_chosen_unless_the_workspace_says_which_are_committed(tmp_path: Path) -> None:
    workspace = two_environments(tmp_path)
    assert workspace.chosen(None, None) == (("shop", "live"), ("shop", "staging"))
    add(tmp_path, "environments/workspace.yaml", "render: {shop: [live]}\n")
    workspace = open_workspace(tmp_path)
    assert workspace.chosen(None, None) == (("shop", "live"),)
    assert workspace.chosen(None, None, all_environments=True) == (("shop", "live"), ("shop", "staging"))
    assert workspace.chosen(None, "staging") == (("shop", "staging"),)
    assert workspace.output("shop", "staging") == tmp_path / "output" / "shop" / "staging"


def test_hidden_files_are_not_environments(tmp_path: Path) -> None:
    add(write(tmp_path), "environments/shop/.#live.yaml", "regions: [")
    assert open_workspace(tmp_path).environments == {"shop": ("live",)}


@pytest.mark.parametrize(
    ("platform", "environment", "message"),
    [
        ("shpo", None, "There is no platform 'shpo' below environments/. Did you mean 'shop'?"),
        ("bank", None, "There is no platform 'bank' below environments/. Known: shop."),
        (None, "stagin", "There is no environment 'stagin'. Did you mean 'staging'?"),
        ("shop", "growth", "There is no environment 'growth' of platform 'shop'. Known: live, staging."),
    ],
)
def test_a_choice_of_nothing_suggests_what_there_is(
    platform: str | None, environment: str | None, message: str, tmp_path: Path
) -> None:
    with pytest.raises(GenError) as raised:
        two_environments(tmp_path).chosen(platform, environment)
    assert (str(raised.value), raised.value.exit_code) == (message, 2)


def test_an_environment_of_another_platform_is_not_suggested(tmp_path: Path) -> None:
    workspace = two_environments(tmp_path)
    add(tmp_path, "environments/bank/platform.yaml", "name: bank\n")
    add(tmp_path, "environments/bank/production.yaml", "regions: [north]\n")
    workspace = open_workspace(tmp_path)
    with pytest.raises(GenError, match=r"^There is no environment 'production' of platform 'shop'. Known: live, stag"):
        workspace.chosen("shop", "production")


def test_a_workspace_that_commits_nothing_says_so(tmp_path: Path) -> None:
    two_environments(tmp_path)
    add(tmp_path, "environments/workspace.yaml", "render: {}\n")
    with pytest.raises(GenError) as raised:
        open_workspace(tmp_path).chosen(None, None)
    assert str(raised.value) == (
        "environments/workspace.yaml lists no environment. Add one, or name it with --env: live, staging."
    )


def test_a_platform_without_environments_asks_for_one(tmp_path: Path) -> None:
    add(tmp_path, "environments/shop/platform.yaml", "name: shop\n")
    with pytest.raises(GenError, match=r"holds no environment of platform 'shop'. Write environments/shop/"):
        open_workspace(tmp_path).chosen("shop", None)


def test_an_empty_workspace_asks_for_a_platform(tmp_path: Path) -> None:
    (tmp_path / "environments").mkdir()
    with pytest.raises(GenError, match=r"holds no environment. Write environments/<platform>/platform.yaml"):
        open_workspace(tmp_path).chosen(None, None)


CACHE = "description: A cache\nscope: instance\nwave: 20\nkinds: [ConfigMap]\ndefaults: {memory: 64Mi}\n"
SCHEMA = {"additionalProperties": False, "properties": {"memory": {"$ref": "common.schema.json#/$defs/bytes"}}}
MANIFEST = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: [[ instance.name ]]
  namespace: [[ instance.namespace ]]
data:
  memory: [[ instance.parameters.memory ]]
"""


def with_cache(root: Path, **parameters: object) -> Path:
    write(root, {"components": {"sessions": {"use": "data/cache", "namespace": "shop", **parameters}}})
    add(root, "templates/data/cache/component.yaml", CACHE)
    add(root, "templates/data/cache/schema.json", json.dumps(SCHEMA))
    add(root, "templates/data/cache/manifests/configmap.yaml.j2", MANIFEST)
    return root


def rendered(root: Path) -> dict[str, str]:
    workspace = open_workspace(root)
    tree = render_tree(load(workspace, "shop", "live"), workspace.catalogue)
    return {document.path: document.content.decode() for document in tree.documents}


@pytest.mark.parametrize(("parameters", "memory"), [({}, "64Mi"), ({"memory": "1Gi"}, "1Gi")])
def test_an_instance_of_a_workspaces_own_component_renders_with_its_parameters(
    parameters: dict[str, object], memory: str, tmp_path: Path
) -> None:
    files = rendered(with_cache(tmp_path, **parameters))
    for region in ("north", "south"):
        assert f"  memory: {memory}\n" in files[f"clusters/{region}/sessions/configmap.yaml"]


def test_parameters_are_checked_by_the_components_own_schema(tmp_path: Path) -> None:
    assert problems(with_cache(tmp_path, memory="1GB", size="big")) == [
        "environments/shop/platform.yaml:26:13  $.components.sessions.memory: '1GB' is not an amount of memory or "
        "storage. Write a whole number with a binary unit: 512Mi, 4Gi, 1Ti.",
        "environments/shop/platform.yaml:27:5  $.components.sessions.size: unknown key. "
        "Known keys: calls, delivery, memory, namespace, patches, use.",
    ]


def test_a_component_without_a_schema_takes_no_parameters(tmp_path: Path) -> None:
    with_cache(tmp_path, memory="1Gi")
    (tmp_path / "templates/data/cache/schema.json").unlink()
    (tmp_path / "templates/data/cache/component.yaml").write_text(CACHE.replace("defaults: {memory: 64Mi}\n", ""))
    assert problems(tmp_path) == [
        "environments/shop/platform.yaml:26:5  $.components.sessions.memory: unknown key. "
        "Known keys: calls, delivery, namespace, patches, use."
    ]


def test_a_workspaces_component_overrides_the_shipped_one_of_the_same_name(tmp_path: Path) -> None:
    write(tmp_path)
    component = "description: Ours\nscope: region\nwave: 0\nneeds: [namespaces]\nkinds: [ConfigMap]\n"
    add(tmp_path, "templates/platform/namespaces/component.yaml", component)
    manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ours\n  namespace: shop\n"
    add(tmp_path, "templates/platform/namespaces/manifests/ours.yaml.j2", manifest)
    files = [path for path in rendered(tmp_path) if path.startswith("clusters/north/namespaces/")]
    assert files == ["clusters/north/namespaces/configmap-shop-ours.yaml"]


def test_an_overriding_service_component_has_to_settle_what_every_service_rests_on(tmp_path: Path) -> None:
    write(tmp_path)
    shipped = Path(__file__).parents[2] / "templates" / "workload" / "service"
    text = (shipped / "component.yaml").read_text("utf-8")
    add(tmp_path, "templates/workload/service/component.yaml", text)
    add(tmp_path, "templates/workload/service/manifests/x.yaml.j2", "apiVersion: v1\nkind: X\nmetadata:\n  name: x\n")
    open_workspace(tmp_path)
    add(tmp_path, "templates/workload/service/component.yaml", text[: text.index("  shutdown:")])
    assert refusal(tmp_path) == [
        "templates/workload/service/component.yaml  $.defaults: 'shutdown' is missing. "
        "Add it: every service rests on it."
    ]
