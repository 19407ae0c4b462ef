"""What is verified: a folder of manifests, read once, whether `gen` rendered it or not."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from generator.base.problem import Problem
from generator.manifests.clusters import Repository, divide
from generator.manifests.load import load_manifests
from generator.spec.model import Platform
from generator.verify.trees import FORM_FOLDERS, MANIFEST_FOLDERS, Tree


@dataclass(frozen=True, slots=True)
class Rendering:
    """A rendered tree, and what its spec says now: platform None stands for a spec with problems."""

    tree: Tree
    platform: Platform | None = None
    spec_problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """A folder with its objects; kubernetes is the minor version ("1.36") that it is checked against.

    rendering says what it was rendered from, None of a folder that `gen` did not render.
    """

    root: Path
    shown: str
    kubernetes: str
    repository: Repository
    rendering: Rendering | None = None

    @property
    def tree(self) -> Tree | None:
        """Return the rendered tree that it is, or None; its root is where the manifests lie, complete."""
        return replace(self.rendering.tree, root=self.root) if self.rendering else None

    @property
    def platform(self) -> Platform | None:
        """Return what its spec says now, or None."""
        return self.rendering.platform if self.rendering else None

    def name(self, path: Path) -> str:
        """Return a file's name in problems."""
        relative = path.relative_to(self.root).as_posix()
        return f"{self.shown}/{relative}" if self.shown else relative

    @property
    def count(self) -> int:
        """Return how many objects the folder holds."""
        return len(self.repository.manifests.objects)


def rendered_subject(
    tree: Tree, platform: Platform | None = None, spec_problems: Sequence[Problem] = (), root: Path | None = None
) -> Subject:
    """Return a rendered tree as a subject: what lies below its manifest folders, or those of a completed copy at root.

    Charts and overlays are other forms of the same objects: Applications point to them, so that they have to be there.
    """
    root = root or tree.root
    others = {path.name for path in root.iterdir()} - {*MANIFEST_FOLDERS, *FORM_FOLDERS}
    manifests = load_manifests(root, tree.shown, exclude=sorted(others), unread=FORM_FOLDERS)
    rendering = Rendering(tree, platform, tuple(spec_problems))
    return Subject(root, tree.shown, tree.kubernetes, divide(manifests), rendering)


def folder_subject(
    root: Path, shown: str, kubernetes: str, *, clusters: Sequence[str] = (), exclude: Sequence[str] = ()
) -> Subject:
    """Return any folder (or a single file) of manifests as a subject; clusters and exclude are globs below it."""
    manifests = load_manifests(root, shown, exclude=exclude)
    return Subject(manifests.root, shown, kubernetes, divide(manifests, clusters))
