"""Checks of the forms in which components are rendered: what cannot be said in one of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from generator.base.problem import Problem
from generator.spec.documents import Documents
from generator.spec.layers import Layer, merge_all, problem_at
from generator.spec.units import delivery_of

Tree = Mapping[str, Any]
LayersOf = Callable[[str, str], tuple[Layer, ...]]


def delivery_problems(documents: Documents, regions: Sequence[str]) -> Iterator[Problem]:
    """Yield every patch of a component that is rendered as a chart in one of these regions, once where it stands."""
    shared = [region for region in regions if not documents.differs(region)]
    sections: tuple[tuple[str, LayersOf, Sequence[str]], ...] = (
        ("services", documents.service_layers, [region for region in regions if region not in shared[1:]]),
        ("components", documents.instance_layers, regions),
    )
    gitops: Tree = documents.section("gitops")
    seen = set()
    for section, layers_of, apart in sections:
        for name, everywhere in _patched(documents, section, layers_of, apart).items():
            # A chart has all regions of its component: what one region asks for is there for the others.
            delivered = any(delivery_of(gitops, merge_all(layers)) == "helm" for layers in everywhere)
            way_out = _way_out(delivered, "helm" in gitops.get("forms", ()))
            for found in _patches(name, everywhere, way_out) if way_out else ():
                if (found.file, found.path) not in seen:
                    seen.add((found.file, found.path))
                    yield found


def _patched(
    documents: Documents, section: str, layers_of: LayersOf, regions: Sequence[str]
) -> Mapping[str, Sequence[Sequence[Layer]]]:
    """Return the components with a patch in any region: name → the layers of each region that has it."""
    found: dict[str, list[Sequence[Layer]]] = {}
    for region in regions:
        for name in documents.names(section, region):
            found.setdefault(name, []).append(layers_of(name, region))
    return {
        name: everywhere
        for name, everywhere in found.items()
        if any(layer.tree.get("patches") for layers in everywhere for layer in layers)
    }


def _patches(name: str, everywhere: Sequence[Sequence[Layer]], way_out: str) -> Iterator[Problem]:
    for layers in everywhere:
        tree: Tree = merge_all(layers)
        for index in range(len(tree.get("patches", ()))):
            yield problem_at(
                layers, ("patches", index), "spec/patch-in-chart",
                f"a patch cannot reach a chart's templates, and '{name}' is rendered as a chart.", way_out,
            )  # fmt: skip


def _way_out(delivered: bool, in_forms: bool) -> str:
    """Return what to change so that there is no chart; "" when there is none."""
    ways = ["set its delivery to manifests or kustomize"] if delivered else []
    ways += ["take helm out of gitops.forms"] if in_forms else []
    said = " and ".join(ways)
    return f"{said[0].upper()}{said[1:]}, or say it with a parameter." if said else ""
