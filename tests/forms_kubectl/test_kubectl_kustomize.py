"""`kubectl kustomize` makes of every overlay what `kustomize build` makes of it: its users have either."""

import json
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from rendered import real_toolbox
from rendering import CHECKOUT, edit

from generator.deliver.tree import Narrowing, render_tree
from generator.manifests.read import read_documents
from generator.spec.load import load
from generator.spec.workspace import open_workspace

PLATFORMS = [
    (CHECKOUT / "tests" / "golden" / "atlas", "atlas", "live"),
    (CHECKOUT, "talai", "production"),
]
Objects = dict[tuple[str, ...], str]


@pytest.fixture(scope="module", params=PLATFORMS, ids=lambda given: given[1])
def tree(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the Kustomize form of a platform."""
    workspace, platform, environment = request.param
    opened = open_workspace(workspace)
    rendered = render_tree(load(opened, platform, environment), opened.catalogue, Narrowing(forms=("kustomize",)))
    root = tmp_path_factory.mktemp(platform)
    for file in rendered.files:
        if file.path.startswith("kustomize/"):
            path = root / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.content)
    return root


def by_kubectl(folder: Path) -> Objects:
    return _objects("kubectl", "kustomize", str(folder))


def by_kustomize(folder: Path) -> Objects:
    return _objects("kustomize", "build", str(folder))


def _objects(tool: str, *arguments: str) -> Objects:
    """Return the objects that a tool prints, by what identifies them; it must not have a word to say besides."""
    done = subprocess.run([str(real_toolbox().tools[tool]), *arguments], capture_output=True, check=False)
    assert (done.returncode, done.stderr.decode("utf-8")) == (0, ""), arguments
    return dict(_identified(done.stdout))


def _identified(text: bytes) -> Iterator[tuple[tuple[str, ...], str]]:
    for document in read_documents(text).documents:
        assert isinstance(document, dict)
        metadata = document["metadata"]
        assert isinstance(metadata, dict)
        words = (document["apiVersion"], document["kind"], metadata.get("namespace", ""), metadata["name"])
        yield tuple(map(str, words)), json.dumps(document, sort_keys=True)  # 1, 1.0 and true are three texts


def overlays(tree: Path) -> list[Path]:
    return sorted((*tree.glob("kustomize/*/overlays/*/"), *tree.glob("kustomize/regions/*/")))


def differing(tree: Path) -> list[str]:
    """Return the overlays of which the two tools make different objects, or none."""
    with ThreadPoolExecutor(2) as pool:
        tools: tuple[Callable[[Path], Objects], ...] = (by_kubectl, by_kustomize)
        ours, theirs = (list(pool.map(tool, overlays(tree))) for tool in tools)
    pairs = zip(overlays(tree), ours, theirs, strict=True)
    return [str(folder.relative_to(tree)) for folder, one, other in pairs if one != other or not one]


def test_kubectl_builds_what_kustomize_builds(tree: Path) -> None:
    assert len(overlays(tree)) > 10
    assert differing(tree) == []


def test_kubectl_builds_something_else_when_an_overlay_is_changed(tree: Path) -> None:
    root = next(folder for folder in overlays(tree) if folder.parent.name == "regions")
    before = by_kubectl(root)
    kustomization = root / "kustomization.yaml"
    text = kustomization.read_text("utf-8")
    lines = [line for line in text.splitlines() if line.startswith("  - ")]
    edit(kustomization, f"{lines[0]}\n", "")
    try:
        assert by_kubectl(root).keys() < before.keys()
    finally:
        kustomization.write_text(text, "utf-8")
