"""docs/platforms/talai.md walks through the data tier of a region: every file of it is there, and no other."""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "platforms" / "talai.md"
REGION = ROOT / "output" / "talai" / "production" / "clusters" / "us-west-2"
HEADING = "## One region's data tier, object by object\n"


def walk(text: str) -> Mapping[str, tuple[str, ...]]:
    """Return the patterns of files that the tables of the walk name in their first column, by component."""
    section = text.partition(HEADING)[2].partition("\n## ")[0]
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


@pytest.mark.parametrize("component", ["elasticsearch", "kafka", "postgres", "redis", "schema-registry"])
def test_the_walk_names_every_file_of_a_store_and_no_other(component: str) -> None:
    patterns = walk(PAGE.read_text(encoding="utf-8"))[component]
    assert differences(patterns, sorted(path.name for path in (REGION / component).iterdir())) == []


def test_a_file_that_the_walk_leaves_out_or_that_is_gone_is_noticed() -> None:
    page = f"{HEADING}\n### store\n\n| file | what |\n| --- | --- |\n| `a.yaml`, `b-*.yaml` | x |\n\n## Other\n"
    assert walk(page) == {"store": ("a.yaml", "b-*.yaml")}
    assert differences(walk(page)["store"], ["a.yaml", "b-1.yaml"]) == []
    assert differences(walk(page)["store"], ["a.yaml", "c.yaml"]) == ["c.yaml", "b-*.yaml"]
