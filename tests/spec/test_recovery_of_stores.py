"""What stores say of recovery, against what the platform asks for; the messages are in examples/invalid/recovery-*."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from specs import loaded, problems, write

from generator.spec.model import Recovery

OBJECTIVES = {"point": "1m", "time": "5m"}
COMPONENT: dict[str, Any] = {
    "description": "A store",
    "scope": "instance",
    "wave": 20,
    "kinds": ["ConfigMap"],
    "recovery": {"point": ["interval", "schedule"]},
}
SCHEMA = {
    "additionalProperties": False,
    "properties": {
        "interval": {"type": "string"},
        "schedule": {"type": "string"},
        "recovery": {"$ref": "common.schema.json#/$defs/recovery"},
    },
}


def workspace(root: Path, objectives: object, **parameters: object) -> Path:
    folder = root / "templates" / "data" / "store"
    (folder / "manifests").mkdir(parents=True)
    (folder / "component.yaml").write_text(yaml.safe_dump(COMPONENT), "utf-8")
    (folder / "schema.json").write_text(json.dumps(SCHEMA), "utf-8")
    manifest = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: [[ instance.name ]]\n"
    (folder / "manifests" / "configmap.yaml.j2").write_text(manifest, "utf-8")
    store = {"use": "data/store", "namespace": "shop", **parameters}
    platform: dict[str, Any] = {"components": {"ledger": store}}
    if objectives is not None:
        platform["recovery"] = objectives
    return write(root, platform)


def test_objectives_are_read_in_milliseconds_and_are_none_where_nothing_is_asked(tmp_path: Path) -> None:
    asked = loaded(workspace(tmp_path / "asked", OBJECTIVES, recovery=OBJECTIVES))
    assert asked.recovery == Recovery(point=60_000, time=300_000)
    assert loaded(workspace(tmp_path / "not", None)).recovery is None


def test_an_environment_may_lower_one_objective_and_take_all_of_them_away(tmp_path: Path) -> None:
    root = workspace(tmp_path, OBJECTIVES, recovery=OBJECTIVES)
    write(root, {"recovery": OBJECTIVES, **platform_of(root)}, {"recovery": {"time": "10m"}})
    assert loaded(root).recovery == Recovery(point=60_000, time=600_000)
    write(root, platform_of(root), {"recovery": None})
    assert loaded(root).recovery is None


def platform_of(root: Path) -> dict[str, Any]:
    tree: dict[str, Any] = yaml.safe_load((root / "environments/shop/platform.yaml").read_text("utf-8"))
    return tree


@pytest.mark.parametrize("objectives", [None, OBJECTIVES])
def test_a_store_has_to_speak_of_recovery_only_where_the_platform_does(tmp_path: Path, objectives: object) -> None:
    found = problems(workspace(tmp_path, objectives))
    assert [line for line in found if "'recovery' is missing" in line] == found
    assert len(found) == (1 if objectives else 0)


@pytest.mark.parametrize(
    ("parameters", "refused"),
    [
        ({"interval": "60s"}, False),
        ({"interval": "61s"}, True),
        ({"interval": "1d"}, True),
        ({"schedule": "* * * * *"}, False),
        ({"schedule": "*/2 * * * *"}, True),
        ({"schedule": "0 2 * * *"}, True),
        ({"schedule": "0 2 1-7 * 1"}, False),  # on no plain rhythm: nothing is said of it
        ({"interval": "often"}, False),
        ({"interval": "30s", "schedule": "0 * * * *"}, True),  # the longest counts
    ],
)
def test_a_parameter_that_loses_more_than_the_stated_point_is_refused(
    tmp_path: Path, parameters: dict[str, str], refused: bool
) -> None:
    found = problems(workspace(tmp_path, None, recovery=OBJECTIVES, **parameters))
    assert ["loses more than the recovery point of 1m" in line for line in found] == ([True] if refused else [])


@pytest.mark.parametrize(
    ("stated", "refused"),
    [
        ({"point": "60s", "time": "300s"}, []),
        ({"point": "2m", "time": "5m"}, ["point"]),
        ({"point": "1m", "time": "6m"}, ["time"]),
        ({"point": "2m", "time": "6m"}, ["point", "time"]),
        ({"point": "2m", "time": "6m", "because": "It is built again from the ledger."}, []),
    ],
)
def test_a_store_that_keeps_less_than_the_platform_asks_for_has_to_say_why(
    tmp_path: Path, stated: dict[str, str], refused: list[str]
) -> None:
    found = problems(workspace(tmp_path, OBJECTIVES, recovery=stated))
    assert [line.partition("$.components.ledger.recovery.")[2].partition(":")[0] for line in found] == refused


def test_a_statement_that_is_no_mapping_is_left_to_its_schema(tmp_path: Path) -> None:
    (line,) = problems(workspace(tmp_path, OBJECTIVES, recovery="soon"))
    assert "expected an object" in line or "expected a mapping" in line
