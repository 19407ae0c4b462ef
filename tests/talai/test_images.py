"""Every image in a namespace that the image policy of TalAI judges comes from a registry that it allows."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
TREES = sorted((ROOT / "output" / "talai").glob("*/clusters/*"))
IMAGE_KEYS = {"image", "imageName"}


def images(value: object) -> Iterator[str]:
    """Yield the images of containers, and of what operators make containers of."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in IMAGE_KEYS and isinstance(inner, str) and "/" in inner:
                yield inner
            else:
                yield from images(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from images(inner)


def policy(cluster: Path) -> tuple[set[str], tuple[str, ...]]:
    """Return the namespaces that are judged, and the beginnings of the images that may run there."""
    (file,) = cluster.glob("image-policy/validatingpolicy-registries.yaml")
    spec = yaml.safe_load(file.read_text("utf-8"))["spec"]
    (selected,) = spec["matchConstraints"]["namespaceSelector"]["matchExpressions"]
    listed = re.match(r"'([^']*)'", spec["variables"][0]["expression"])
    assert listed is not None
    return set(selected["values"]), tuple(f"{registry}/" for registry in listed[1].split(",") if registry)


def refused(objects: list[dict[str, Any]], namespaces: set[str], allowed: tuple[str, ...]) -> list[str]:
    return [
        image
        for found in objects
        if found["metadata"].get("namespace") in namespaces
        for image in images(found)
        if not image.startswith(allowed)
    ]


def objects_of(cluster: Path) -> list[dict[str, Any]]:
    judged = ("image:", "imageName:")
    texts = (file.read_text("utf-8") for file in sorted(cluster.rglob("*.yaml")))
    return [yaml.load(text, yaml.CSafeLoader) for text in texts if any(word in text for word in judged)]


@pytest.mark.parametrize("cluster", TREES, ids=lambda cluster: f"{cluster.parts[-3]}-{cluster.name}")
def test_no_image_of_the_tree_is_refused(cluster: Path) -> None:
    namespaces, allowed = policy(cluster)
    found = objects_of(cluster)
    assert len([image for one in found for image in images(one)]) > 20
    assert refused(found, namespaces, allowed) == []


def of_istio(cluster: Path) -> dict[str, Any]:
    """Return the values of the charts of Istio that bring images, by chart."""
    folder = cluster.parents[1] / "argocd" / "hub" / "components" / cluster.name
    texts = [(folder / f"{name}.yaml").read_text("utf-8") for name in ("istiod", "istio-cni", "istio-ingress")]
    sources = [yaml.load(text, yaml.CSafeLoader)["spec"]["source"] for text in texts]
    return {source["chart"]: source["helm"]["valuesObject"] for source in sources}


def injected(hub: str) -> dict[str, Any]:
    """Return a pod of the mesh after injection."""
    return {"metadata": {"namespace": "talai"}, "spec": {"initContainers": [{"image": f"{hub}/proxyv2:1.31.1"}]}}


@pytest.mark.parametrize("cluster", TREES, ids=lambda cluster: f"{cluster.parts[-3]}-{cluster.name}")
def test_what_istio_injects_is_not_refused(cluster: Path) -> None:
    namespaces, allowed = policy(cluster)
    charts = of_istio(cluster)
    hub = charts["istiod"]["global"]["hub"]
    assert charts["cni"]["global"]["hub"] == hub
    # The gateway has the image that istiod injects, and says none of its own.
    assert "image" not in charts["gateway"]
    assert "hub" not in charts["gateway"]["global"]
    assert "talai" in namespaces
    assert refused([injected(hub)], namespaces, allowed) == []


def test_a_sidecar_from_elsewhere_would_be_found() -> None:
    namespaces, allowed = policy(TREES[0])
    found = refused([injected("docker.io/somebody")], namespaces, allowed)
    assert found == ["docker.io/somebody/proxyv2:1.31.1"]


def test_an_image_from_elsewhere_would_be_found() -> None:
    namespaces, allowed = policy(TREES[0])
    strange = {"metadata": {"namespace": "talai"}, "spec": {"containers": [{"image": "docker.io/somebody/orchex:1"}]}}
    assert refused([strange], namespaces, allowed) == ["docker.io/somebody/orchex:1"]
