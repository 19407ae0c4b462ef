"""No manifest, however ill-typed, makes a rule raise: a schema judges types, and rules read what fits."""

import copy
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from generator.manifests.clusters import divide
from generator.manifests.load import Manifests, load_manifests
from generator.manifests.object import Object
from generator.rules.catalogue import all_rules

TESTS = Path(__file__).parents[1]
TREES = [
    TESTS / "golden" / "atlas" / "output" / "atlas" / "live",
    *sorted((TESTS / "defects" / "trees").iterdir()),
    TESTS / "tools" / "crd_samples" / "good",
]
JUNK: tuple[Any, ...] = (
    None, True, -1, 0, 2**63, 1.5, "", "x", "\0", "100%", "-5", "é" * 300, "{{ x }}", "1e400", "a/b/c", "::", "*",
    [], [None], ["x", 1], [[]], {}, {"": None}, {"x": {"y": []}}, [{"name": None}], [{"name": 3, "port": "http"}],
    {"matchLabels": 3}, {"matchLabels": {"a": None}}, {"name": ["x"]}, {"number": {}}, [{}, {}], "2024-01-01",
    "0 0 * *",
)  # fmt: skip
ROUNDS, CHANGED = 60, 60


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of everything below an object but what makes it an object."""
    if isinstance(value, dict):
        for key, item in value.items():
            if path or key not in {"apiVersion", "kind"}:
                yield (*path, key)
                yield from paths(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield (*path, index)
            yield from paths(item, (*path, index))


def spoiled(item: Object, chance: random.Random) -> Object:
    """Return the object with junk in one place, or with one place gone."""
    value: Any = copy.deepcopy(item.value)
    found = list(paths(value))
    if not found:
        return item
    *way, last = chance.choice(found)
    inner = value
    for key in way:
        inner = inner[key]
    if chance.random() < 0.2:
        del inner[last]
    else:
        inner[last] = copy.deepcopy(chance.choice(JUNK))
    metadata = value.get("metadata")
    names = metadata if isinstance(metadata, dict) else {}
    name, namespace = names.get("name"), names.get("namespace")
    return replace(
        item,
        value=value,
        name=name if isinstance(name, str) else "",
        namespace=namespace if isinstance(namespace, str) else "",
    )


@pytest.fixture(scope="module", params=TREES, ids=lambda path: path.name)
def manifests(request: pytest.FixtureRequest) -> Manifests:
    return load_manifests(request.param)


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_no_rule_raises_over_spoiled_manifests(manifests: Manifests, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  (junk, not secrets)
    objects = list(manifests.objects)
    for _ in range(min(CHANGED, len(objects))):
        position = chance.randrange(len(objects))
        objects[position] = spoiled(objects[position], chance)
    repository = divide(replace(manifests, objects=tuple(objects)))
    for rule in all_rules():
        for finding in rule.run(repository):
            assert finding.message
