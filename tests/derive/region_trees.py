"""Rendered environments region by region: TalAI's three, and platforms that are unlike it."""

from collections.abc import Iterator

from rendering import CHECKOUT, Manifest, Rendered, talai

GOLDEN = CHECKOUT / "tests" / "golden"
TREES = {
    "growth": (CHECKOUT, "talai", "growth"),
    "production": (CHECKOUT, "talai", "production"),
    "staging": (CHECKOUT, "talai", "staging"),
    "atlas": (GOLDEN / "atlas", "atlas", "live"),
    "forge": (GOLDEN / "forge", "forge", "lab"),
}


def regions(tree: Rendered) -> Iterator[tuple[str, list[Manifest]]]:
    for region in tree.platform.regions:
        yield region.name, [o for p, o in tree.objects.items() if p.startswith(f"clusters/{region.name}/")]


def workloads(objects: list[Manifest]) -> dict[tuple[str, str, str], Manifest]:
    found = [o for o in objects if o["kind"] in {"Deployment", "Rollout", "StatefulSet"}]
    return {(o["kind"], o["metadata"]["namespace"], o["metadata"]["name"]): o for o in found}


def west() -> list[Manifest]:
    (objects,) = [objects for name, objects in regions(talai()) if name == "us-west-2"]
    return objects


def charted(tree: Rendered) -> set[str]:
    """Return the namespaces of what the tree does not make: upstream charts that Argo CD installs, and the gateway."""
    applications = tree.of_kind("Application").values()
    charts = {o["spec"]["destination"]["namespace"] for o in applications if "chart" in o["spec"].get("source", {})}
    return charts | ({tree.platform.gateway.namespace} if tree.platform.gateway else set())
