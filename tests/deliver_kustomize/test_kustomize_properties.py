"""Whatever two regions differ in, kustomize builds exactly what each of them has."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from kustomized import build_all, differences, document, write
from regional_objects import Pair, components

from generator.deliver.kustomize.render import render_component


@settings(max_examples=30, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck))
@given(components)
def test_every_region_comes_back_as_it_was(pairs: Sequence[Pair]) -> None:
    regions = {
        "east": [one for one, _ in pairs if one is not None],
        "west": [other for _, other in pairs if other is not None],
        "north": [
            found for number, (one, other) in enumerate(pairs) if (found := one if number % 2 else other) is not None
        ],
    }
    documents = {region: [document(tree, region) for tree in trees] for region, trees in regions.items()}
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), render_component("web", documents, ""))
        built = build_all([Path(folder) / "kustomize" / "web" / "overlays" / region for region in regions])
    for (region, trees), objects in zip(regions.items(), built, strict=True):
        assert differences(trees, objects) == [], region
