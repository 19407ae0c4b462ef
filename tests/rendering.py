"""Rendering without the command line: a workspace in, the files and the parsed objects of a tree out."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from generator.deliver.tree import render_tree
from generator.plan.units import Unit, plan
from generator.spec.load import load
from generator.spec.model import Platform
from generator.spec.workspace import open_workspace
from generator.tree import inventory
from generator.tree.files import INVENTORY
from generator.tree.rendered import header, rendered_files

CHECKOUT = Path(__file__).resolve().parent.parent
SHOP = CHECKOUT / "examples" / "valid" / "shop"
Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rendered:
    """An environment: what it means, the bytes of its files by path, and how many objects it has in whatever form."""

    platform: Platform
    files: Mapping[str, bytes]
    count: int

    @property
    def objects(self) -> dict[str, Manifest]:
        """Return the parsed manifests by path; they are shared between tests, so that who changes one copies it."""
        folders = ("clusters/", "argocd/")
        return {p: _parsed(text) for p, text in self.files.items() if p.endswith(".yaml") and p.startswith(folders)}

    def of_kind(self, kind: str, region: str = "") -> dict[str, Manifest]:
        """Return the manifests of one kind by path, of one region if one is named."""
        below = f"clusters/{region}/" if region else ""
        return {p: o for p, o in self.objects.items() if o["kind"] == kind and p.startswith(below)}


def render(workspace: Path, platform: str, environment: str) -> Rendered:
    """Return all files of an environment's tree as `gen render` would write them, the inventory included."""
    opened = open_workspace(workspace)
    model = load(opened, platform, environment)
    tree = render_tree(model, opened.catalogue)
    owned = rendered_files(tree)
    listed = inventory.dump(header(tree), {path: inventory.entry_of(file) for path, file in owned.items()})
    files = {path: file.content for path, file in owned.items()}
    return Rendered(model, {**files, INVENTORY: listed}, len(tree.documents))


@cache
def rendered_once(workspace: Path, platform: str, environment: str) -> Rendered:
    """Return an environment of a workspace that no test changes, rendered once a process."""
    return render(workspace, platform, environment)


def talai(environment: str = "production") -> Rendered:
    """Return the platform TalAI, rendered once a process."""
    return rendered_once(CHECKOUT, "talai", environment)


@cache
def _parsed(text: bytes) -> Manifest:
    parsed: Manifest = yaml.load(text, yaml.CSafeLoader)
    return parsed


def units(workspace: Path, platform: str, environment: str) -> dict[tuple[str, str], Unit]:
    """Return the planned units by region and name."""
    opened = open_workspace(workspace)
    found = plan(load(opened, platform, environment), opened.catalogue)
    return {(unit.region, unit.name): unit for unit in found}


def copied(workspace: Path, target: Path) -> Path:
    """Copy the inputs of a workspace, environments/ and its own templates/, without what is rendered."""
    for part in ("environments", "templates"):
        if (workspace / part).is_dir() and not (part == "templates" and workspace == CHECKOUT):
            shutil.copytree(workspace / part, target / part)
    return target


def example_workspace(example: Path, target: Path) -> Path:
    """Make a workspace of a component's example: the environment `example` of the platform that all examples share."""
    folder = target / "environments" / "shop"
    folder.mkdir(parents=True)
    shutil.copyfile(CHECKOUT / "examples" / "components" / "platform.yaml", folder / "platform.yaml")
    shutil.copyfile(example, folder / "example.yaml")
    return target


def read_tree(root: Path) -> dict[str, bytes]:
    """Return the files below a folder by their path within it."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def edit(path: Path, old: str, new: str) -> None:
    """Replace a piece of text that must be there exactly once."""
    text = path.read_text("utf-8")
    assert text.count(old) == 1, f"{path} holds {old!r} {text.count(old)} times"
    path.write_text(text.replace(old, new), "utf-8")


def containers(manifest: Manifest) -> Iterator[Manifest]:
    """Yield the containers of a workload."""
    yield from manifest["spec"]["template"]["spec"]["containers"]
