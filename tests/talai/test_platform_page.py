"""docs/platforms/talai.md walks through a region and what is beside it: every file of it is there, and no other."""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "platforms" / "talai.md"
TREE = ROOT / "output" / "talai" / "production"
REGION = TREE / "clusters" / "us-west-2"
STORES = "## One region's data tier, object by object\n"
TRAFFIC = "## From the browser to the pager, object by object\n"
BESIDE = ("edge", "plan", "runbooks")  # folders of the tree that are of no region


def walk(text: str, heading: str) -> Mapping[str, tuple[str, ...]]:
    """Return the patterns of files that the tables of a walk name in their first column, by component."""
    section = text.partition(heading)[2].partition("\n## ")[0]
    found = {}
    for part in section.split("\n### ")[1:]:
        name, _, body = part.partition("\n")
        cells = [line.split("|")[1] for line in body.splitlines() if line.startswith("| `")]
        found[name] = tuple(pattern for cell in cells for pattern in re.findall(r"`([^`]+)`", cell))
    return found


def differences(patterns: tuple[str, ...], files: list[str]) -> list[str]:
    unnamed = [name for name in files if not any(fnmatchcase(name, pattern) for pattern in patterns)]
    gone = [pattern for pattern in patterns if not any(fnmatchcase(name, pattern) for name in files)]
    return [*unnamed, *gone]


WALKS = {heading: walk(PAGE.read_text(encoding="utf-8"), heading) for heading in (STORES, TRAFFIC)}
PARTS = [(heading, name) for heading, parts in WALKS.items() for name in parts]


@pytest.mark.parametrize(("heading", "name"), PARTS, ids=[name for _, name in PARTS])
def test_the_walk_names_every_file_of_a_part_and_no_other(heading: str, name: str) -> None:
    folder = (TREE if name in BESIDE else REGION) / name
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert differences(WALKS[heading][name], files) == []


def test_the_walk_leaves_out_none_of_the_parts_that_it_is_about() -> None:
    assert set(WALKS[STORES]) == {"elasticsearch", "kafka", "postgres", "redis", "schema-registry"}
    assert {*BESIDE, "gateway", "istio", "certificates", "orchex", "prometheus", "alertmanager"} <= set(WALKS[TRAFFIC])
    observed = (
        "dashboards",
        "grafana",
        "objectives",
        "otel-collector",
        "jaeger",
        "logs",
        "logstash",
        "kibana",
        "filebeat",
    )
    assert set(observed) <= set(WALKS[TRAFFIC])


def test_a_file_that_the_walk_leaves_out_or_that_is_gone_is_noticed() -> None:
    page = f"{STORES}\n### store\n\n| file | what |\n| --- | --- |\n| `a.yaml`, `b-*.yaml` | x |\n\n## Other\n"
    assert walk(page, STORES) == {"store": ("a.yaml", "b-*.yaml")}
    assert walk(page, TRAFFIC) == {}
    assert differences(walk(page, STORES)["store"], ["a.yaml", "b-1.yaml"]) == []
    assert differences(walk(page, STORES)["store"], ["a.yaml", "c.yaml"]) == ["c.yaml", "b-*.yaml"]
