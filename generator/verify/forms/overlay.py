"""One component's overlays: what kustomize builds of each, against the manifests of the region."""

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from generator.base.problem import ObjectRef, Problem
from generator.manifests import values
from generator.manifests.read import read_documents
from generator.verify.forms.component import Checked, Output, judge
from generator.verify.forms.equality import Rendering
from generator.verify.forms.said import sentence
from generator.verify.forms.tool import Said, Tool
from generator.verify.forms.tree import Component, FormTree, region_problems

MEND = "report it: the overlays are written from the same objects as the manifests"
KUSTOMIZATION = "kustomization.yaml"


def check_overlays(component: Component, tool: Tool) -> Checked:
    """Return how what kustomize builds of each overlay differs from the manifests of its region."""
    return judge(component, _outputs(component, tool))


def build(tool: Tool, folder: Path) -> Said:
    """Return what `kustomize build` says of a folder."""
    return tool.run("build", folder)


def failure_problems(said: Said, tree: FormTree, file: str) -> Iterator[Problem]:
    """Yield a problem when kustomize did not build, or warned; file is the kustomization's name in problems."""
    if not said.code and not said.errors:
        return
    rule = "kustomize/build" if said.code else "kustomize/warning"
    message = sentence(tree, said.errors or f"kustomize build ends with code {said.code} and says nothing")
    yield Problem(rule=rule, file=file, message=message, hint="Render again: gen render.")


def read_kustomization(folder: Path) -> Mapping[str, Any]:
    """Return the kustomization of a folder, or an empty one where none can be read."""
    path = folder / KUSTOMIZATION
    documents = read_documents(path.read_bytes()).documents if path.is_file() else ()
    return documents[0] if documents and isinstance(documents[0], dict) else {}


def _outputs(component: Component, tool: Tool) -> Iterator[Output | Problem]:
    yield from region_problems(component, tuple(component.manifests), f"{component.shown}/overlays/{{region}}")
    for region in component.judged:
        folder = component.folder / "overlays" / region
        said = build(tool, folder)
        yield from failure_problems(said, component.tree, component.tree.name(folder / KUSTOMIZATION))
        if not said.code:
            rendering = Rendering(f"The overlay of {region}", MEND, _Places(component.tree, folder).file)
            yield Output(region, rendering, said.output)


class _Places:
    """Finds the file of an overlay that is about an object; read only when something differs."""

    def __init__(self, tree: FormTree, folder: Path) -> None:
        self._tree, self._folder = tree, folder

    def file(self, _: str, manifest: str, ref: ObjectRef) -> str:
        """Return the patch that targets an object, or the resource of the manifest's name, or the kustomization."""
        for _index, patch in values.mappings(read_kustomization(self._folder), "patches"):
            target = values.mapping(patch, "target")
            path = self._folder / values.text(patch, "path")
            fits = values.text(target, "kind") == ref.kind and values.text(target, "name") == ref.name
            if fits and values.text(target, "namespace") in {"", ref.namespace} and path.is_file():
                return self._tree.name(path)
        for folder in (self._folder, self._folder.parents[1] / "base"):
            path = folder / PurePosixPath(manifest).name
            if manifest and path.is_file():
                return self._tree.name(path)
        return self._tree.name(self._folder / KUSTOMIZATION)
