"""A unit's input hash changes when something that its documents rest on changes, and only then."""

import shutil
from pathlib import Path

import pytest
from rendering import CHECKOUT, copied, edit, render, units

from generator.components.catalogue import read_catalogue
from generator.documents.schema import Schemas
from generator.plan.units import canonical, plan
from generator.spec.load import load
from generator.spec.workspace import open_workspace

ATLAS = CHECKOUT / "tests" / "golden" / "atlas"
PLATFORM = "environments/atlas/platform.yaml"
LIVE = "environments/atlas/live.yaml"
Key = tuple[str, str]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return copied(ATLAS, tmp_path / "workspace")


def hashes(workspace: Path) -> dict[Key, str]:
    return {key: unit.input_hash for key, unit in units(workspace, "atlas", "live").items()}


def changed_by(workspace: Path, path: str, old: str, new: str) -> set[Key]:
    before = hashes(workspace)
    edit(workspace / path, old, new)
    after = hashes(workspace)
    assert before.keys() == after.keys()
    return {key for key in before if before[key] != after[key]}


def both(*names: str) -> set[Key]:
    return {(region, name) for region in ("us-east-1", "north") for name in names}


def test_every_unit_has_a_hash_of_its_own(workspace: Path) -> None:
    found = hashes(workspace)
    assert len(set(found.values())) == len(found) == 17


def test_planning_twice_gives_the_same_hashes(workspace: Path) -> None:
    assert hashes(workspace) == hashes(workspace)


def test_the_image_of_a_service_changes_that_service_and_neither_its_callers_nor_its_callees(workspace: Path) -> None:
    assert changed_by(
        workspace, LIVE, 'tiles: {image: {tag: "20261120"}}', 'tiles: {image: {tag: "20261121"}}'
    ) == both("tiles")


def test_a_policy_of_a_call_changes_the_callee_whose_route_it_is(workspace: Path) -> None:
    changed = changed_by(workspace, PLATFORM, "tiles: {timeout: 3s, retries: 0}", "tiles: {timeout: 4s, retries: 0}")
    assert changed == both("tiles")


def test_a_call_less_changes_both_sides(workspace: Path) -> None:
    changed = changed_by(workspace, PLATFORM, "    calls: {tiles: {}, geocoder: {timeout: 4s}}\n", "")
    # The mesh's route to geocoder stays: its other caller has the same policy.
    assert changed == {("us-east-1", name) for name in ("search", "tiles")}


def test_the_port_of_a_service_changes_its_callers_network_policies(workspace: Path) -> None:
    changed = changed_by(
        workspace,
        PLATFORM,
        "ports: {http: 8080, metrics: null, service: 8080}",
        "ports: {http: 8181, metrics: null, service: 8080}",
    )
    assert changed == {("us-east-1", "search"), ("us-east-1", "web")}


def test_more_replicas_change_the_quota_of_the_namespace_too(workspace: Path) -> None:
    changed = changed_by(workspace, PLATFORM, "scale: {min: 4, max: 4}", "scale: {min: 40, max: 40}")
    assert ("us-east-1", "search") in changed
    assert ("us-east-1", "namespaces") in changed
    assert not {name for _, name in changed} & {"web", "tiles", "usage"}


def test_a_layer_of_one_region_changes_nothing_in_the_other(workspace: Path) -> None:
    assert changed_by(workspace, LIVE, "GREETING: hej", "GREETING: hallo") == {("north", "web")}


def test_the_registry_of_a_region_changes_everything_there_and_nothing_elsewhere(workspace: Path) -> None:
    changed = changed_by(workspace, PLATFORM, "registry: atlas.example.net/atlas", "registry: atlas.example.net/maps")
    assert changed == {key for key in hashes(workspace) if key[0] == "north"}


def test_a_parameter_of_a_component_changes_that_component(workspace: Path) -> None:
    assert changed_by(workspace, PLATFORM, "atlas/usage:1.3.0", "atlas/usage:1.4.0") == both("usage")


def test_a_patch_changes_the_service_that_it_is_for(workspace: Path) -> None:
    changed = changed_by(workspace, PLATFORM, "/spec/minReadySeconds, value: 30", "/spec/minReadySeconds, value: 31")
    assert changed == {("us-east-1", "search")}


def test_a_template_changes_the_units_of_its_component(workspace: Path) -> None:
    template = "templates/batch/report/manifests/cronjob.yaml.j2"
    assert changed_by(workspace, template, "Forbid", "Replace") == both("usage")


def test_a_comment_in_the_spec_changes_nothing(workspace: Path) -> None:
    assert changed_by(workspace, PLATFORM, "name: atlas\n", "# A comment.\nname: atlas\n") == set()


def test_where_a_patch_stands_changes_nothing(workspace: Path) -> None:
    assert changed_by(workspace, PLATFORM, "services:\n  web:", "services:\n\n\n  web:") == set()


def test_the_address_of_the_repository_changes_argo_cds_documents_only(workspace: Path) -> None:
    assert changed_by(workspace, PLATFORM, "path: platform/gitops", "path: gitops") == set()


def test_files_change_only_where_a_hash_does(workspace: Path) -> None:
    before = render(workspace, "atlas", "live").files
    changed = changed_by(workspace, PLATFORM, 'GREETING: "yes"', 'GREETING: "on"')
    after = render(workspace, "atlas", "live").files
    folders = {f"clusters/{region}/{name}/" for region, name in changed}
    different = {path for path in after if before[path] != after[path]} - {"inventory.json"}
    assert different
    assert all(any(path.startswith(folder) for folder in folders) for path in different)


def test_a_narrowed_plan_holds_the_same_units(workspace: Path) -> None:
    opened = open_workspace(workspace)
    platform = load(opened, "atlas", "live")
    whole = {(unit.region, unit.name): unit.input_hash for unit in plan(platform, opened.catalogue)}
    narrowed = plan(platform, opened.catalogue, regions={"north"}, components={"web", "istio", "usage"})
    found = {(unit.region, unit.name): unit.input_hash for unit in narrowed}
    assert found == {key: whole[key] for key in (("north", "istio"), ("north", "usage"), ("north", "web"))}


def test_units_come_by_region_and_name(workspace: Path) -> None:
    keys = list(units(workspace, "atlas", "live"))
    assert [name for region, name in keys if region == "north"] == sorted(n for r, n in keys if r == "north")
    assert [region for region, _ in keys] == ["us-east-1"] * 9 + ["north"] * 8


def test_a_service_that_a_region_removes_has_no_unit_there(workspace: Path) -> None:
    found = units(workspace, "atlas", "live")
    assert ("us-east-1", "search") in found
    assert ("north", "search") not in found


def test_the_canonical_text_does_not_depend_on_the_order_of_keys() -> None:
    assert canonical({"b": 1, "a": [True, None, "é"]}) == canonical({"a": [True, None, "é"], "b": 1})
    assert canonical({"a": "1"}) != canonical({"a": 1})


def test_a_component_is_the_same_wherever_its_folder_stands(workspace: Path, tmp_path: Path) -> None:
    shutil.copytree(workspace / "templates", tmp_path / "elsewhere" / "templates")
    schemas = Schemas(CHECKOUT / "schemas")
    digests = [
        read_catalogue([root / "templates"], schemas).components["batch/report"].digest
        for root in (workspace, tmp_path / "elsewhere")
    ]
    assert digests[0] == digests[1]
