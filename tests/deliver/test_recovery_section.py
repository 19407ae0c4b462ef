"""The section on recovery in a tree's README: what is asked, what each store keeps, and which schedules there are."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from rendering import CHECKOUT, SHOP, render, rendered_once

STORE: dict[str, Any] = {
    "description": "A store",
    "scope": "instance",
    "wave": 20,
    "kinds": ["ConfigMap"],
    "recovery": {"by": "A log | flushed", "point": []},
}
TOOL: dict[str, Any] = {key: value for key, value in STORE.items() if key != "recovery"}
PLATFORM: dict[str, Any] = {
    "name": "shop",
    "version": "1.4.0",
    "gitops": {"repository": "https://git.example.com/shop/platform.git"},
    "regions": {"north": {"cloud": "aws", "zones": ["north-a"], "registry": "registry.example.com/shop"}},
    "namespaces": {"shop": {}},
}


def section(root: Path, components: dict[str, Any], **more: Any) -> str:
    for name, component in (("store", STORE), ("tool", TOOL)):
        folder = root / "templates" / "data" / name
        (folder / "manifests").mkdir(parents=True)
        (folder / "component.yaml").write_text(yaml.safe_dump(component), "utf-8")
        (folder / "schema.json").write_text(json.dumps({"additionalProperties": True}), "utf-8")
        manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: [[ instance.name ]]\n"
        manifest += "  namespace: [[ instance.namespace ]]\n"
        (folder / "manifests" / "configmap.yaml.j2").write_text(manifest, "utf-8")
    folder = root / "environments" / "shop"
    folder.mkdir(parents=True)
    platform = {**PLATFORM, "components": components, **more}
    (folder / "platform.yaml").write_text(yaml.safe_dump(platform), "utf-8")
    (folder / "live.yaml").write_text("regions: [north]\n", "utf-8")
    text = render(root, "shop", "live").files["README.md"].decode()
    return text.partition("\n## Recovery\n")[2].partition("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line[1:-1].split(" | ")] for line in text.splitlines() if line.startswith("| ")]


def store(**parameters: Any) -> dict[str, Any]:
    return {"ledger": {"use": "data/store", "namespace": "shop", **parameters}}


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({}, ["not said", "not said", "", "none", "none", "none"]),
        (
            {
                "recovery": {"point": "1h", "time": "2h", "because": "It can be built again."},
                "backup": {"schedule": "0 2 * * *", "retain": "30d", "bucket": "backups"},
            },
            ["1h", "2h", "It can be built again.", "`0 2 * * *`", "30d", "backups"],
        ),
        ({"backup": {"every": "1h", "retain": "7d"}}, ["not said", "not said", "", "every 1h", "7d", "none"]),
    ],
)
def test_a_store_has_a_row_of_what_it_says(tmp_path: Path, parameters: dict[str, Any], told: list[str]) -> None:
    header, _, row = rows(section(tmp_path, store(**parameters)))
    assert row == ["ledger", "A log \\| flushed", *told]
    assert len(header) == len(row)


def test_what_the_platform_asks_for_stands_above_the_stores(tmp_path: Path) -> None:
    kept = {"recovery": {"point": "30s", "time": "5m"}}
    text = section(tmp_path, store(**kept), recovery={"point": "60s", "time": "300s"})
    assert "lose 1m of its newest writes at most, and to serve again within 5m." in text.partition("|")[0]


def test_schedules_of_an_instance_have_rows_of_their_own(tmp_path: Path) -> None:
    schedules = {
        "daily": {"schedule": "0 2 * * *", "retain": "30d", "namespaces": ["shop", "data"], "volumes": "snapshot"},
        "other": {"schedule": "0 3 * * *"},  # without retention: no backup
    }
    components = {"velero": {"use": "data/tool", "schedules": schedules, "backup": {"bucket": "backups"}}}
    components["velero"]["namespace"] = "shop"
    _, _, *found = rows(section(tmp_path, components))
    what = "namespaces shop, data; volumes: snapshot"
    assert found == [["velero: daily", "`0 2 * * *`", what, "30d", "backups"]]


def test_configuration_is_said_to_be_in_git_with_the_version_of_its_charts(tmp_path: Path) -> None:
    text = " ".join(section(tmp_path, store()).split())
    assert "spec and tree are in Git, and every change is a commit that can be reverted." in text
    assert "Charts carry the platform's version, 1.4.0." in text


def test_a_platform_without_stores_and_objectives_has_no_section(tmp_path: Path) -> None:
    assert section(tmp_path, {"tool": {"use": "data/tool", "namespace": "shop"}}) == ""
    assert "## Recovery" not in rendered_once(SHOP, "shop", "production").files["README.md"].decode()


def test_every_row_of_the_backup_table_of_talai_is_found_again() -> None:
    text = rendered_once(CHECKOUT, "talai", "production").files["README.md"].decode()
    found = {row[0]: row for row in rows(text.partition("\n## Recovery\n")[2].partition("\n## ")[0])}
    assert found["postgres"][-3:] == ["`0 2 * * *`", "30d", "backups"]
    assert found["elasticsearch"][5] == "every 1h"
    assert "the other regions" in found["kafka"][1]
    assert "appended to a log" in found["redis"][1]
    assert found["velero-schedules: daily"][1] == "`0 2 * * *`"
