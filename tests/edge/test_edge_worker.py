"""The Worker in the real runtime (workerd by miniflare): the cases of tests/edge/runtime/cases, one test each."""

import functools
import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import edge_runtime
import pytest
import rendered_edge
import yaml

CASES = edge_runtime.RUNTIME / "cases"
GROUPS = sorted(path.stem for path in CASES.glob("*.mjs"))
_NAME = re.compile(r'^  "(.+)": async ', re.MULTILINE)
NAMES = [(group, name) for group in GROUPS for name in _NAME.findall((CASES / f"{group}.mjs").read_text("utf-8"))]
# What is broken in a copy of the source, and the case that has to notice.
BROKEN: Mapping[str, Mapping[str, str]] = yaml.safe_load(
    (Path(__file__).parent / "broken-workers.yaml").read_text("utf-8")
)


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    return {
        environment: str(rendered_edge.write(rendered_edge.platform(environment), tmp_path_factory.mktemp(environment)))
        for environment in ("live", "drained")
    }


def outcomes(jobs: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    done = edge_runtime.run(edge_runtime.RUNTIME / "run.mjs", stdin=json.dumps(jobs))
    assert done.returncode == 0, done.stderr
    found: dict[str, dict[str, str]] = json.loads(done.stdout)
    return found


@functools.cache
def of_group(group: str, folders: tuple[tuple[str, str], ...]) -> dict[str, str]:
    return outcomes({group: {"group": group, "folders": dict(folders)}})[group]


@pytest.mark.parametrize(("group", "name"), NAMES)
def test_the_worker_does_as_the_case_says(group: str, name: str, folders: Mapping[str, str]) -> None:
    assert of_group(group, tuple(folders.items()))[name] == ""


@pytest.mark.parametrize("group", GROUPS)
def test_every_case_of_a_file_is_a_test(group: str, folders: Mapping[str, str]) -> None:
    assert sorted(of_group(group, tuple(folders.items()))) == sorted(name for found, name in NAMES if found == group)


def broken(name: str, folders: Mapping[str, str], root: Path) -> dict[str, Any]:
    change = BROKEN[name]
    copies = {}
    for environment, folder in folders.items():
        copies[environment] = str(shutil.copytree(folder, root / name.replace(" ", "-") / environment))
        source = Path(copies[environment]) / "src" / change["file"]
        text = source.read_text("utf-8")
        assert text.count(change["before"]) == 1
        source.write_text(text.replace(change["before"], change["after"]), "utf-8")
    return {"group": change["group"], "only": change["noticed"], "folders": copies}


def test_each_worker_that_is_broken_is_noticed(folders: Mapping[str, str], tmp_path: Path) -> None:
    found = outcomes({name: broken(name, folders, tmp_path) for name in BROKEN})
    assert [name for name in BROKEN if found[name] == {BROKEN[name]["noticed"]: ""}] == []
