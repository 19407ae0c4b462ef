"""What of a rendered tree is a Helm chart or a Kustomize overlay, and which manifests it must be equal to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from generator.base.problem import Problem

ROOTS = "regions"
"""The folder in kustomize/ that holds the roots of the regions, and so is no component's."""


@dataclass(frozen=True, slots=True)
class FormTree:
    """A rendered tree in all its forms: root is its folder, shown its name in problems, regions all of the platform's.

    manifests has the bytes of every manifest by its path in the tree, `clusters/<region>/<component>/<file>.yaml`;
    kubernetes is the minor version ("1.36") for which charts are rendered, "" the one that Helm was built with.
    """

    root: Path
    shown: str
    regions: tuple[str, ...]
    manifests: Mapping[str, bytes]
    kubernetes: str = ""

    @property
    def kube_version(self) -> tuple[str, ...]:
        """Return the arguments by which `helm template` and `helm lint` are told the version of Kubernetes."""
        return ("--kube-version", f"{self.kubernetes}.0") if self.kubernetes else ()

    def name(self, path: Path) -> str:
        """Return the name in problems of a file or folder of the tree."""
        return f"{self.shown}/{path.relative_to(self.root).as_posix()}"


@dataclass(frozen=True, slots=True)
class Component:
    """A chart or a kustomization of one component: its folder, and the manifests that it must be equal to.

    manifests: region → path in the tree → bytes, regions in the platform's order; a region without the component has
    no entry. regions: those for which the form has a values file or an overlay, in the same order.
    """

    tree: FormTree
    name: str
    folder: Path
    regions: tuple[str, ...]
    manifests: Mapping[str, Mapping[str, bytes]]

    @property
    def shown(self) -> str:
        """Return the folder's name in problems."""
        return self.tree.name(self.folder)

    @property
    def judged(self) -> tuple[str, ...]:
        """Return the regions that have both manifests and a values file or an overlay."""
        return tuple(region for region in self.regions if region in self.manifests)


@dataclass(frozen=True, slots=True)
class Whole:
    """What installs a region at once: an umbrella chart (folder) or the roots of the regions, and its components."""

    tree: FormTree
    name: str
    folder: Path
    regions: tuple[str, ...]
    components: tuple[Component, ...]

    @property
    def shown(self) -> str:
        """Return the folder's name in problems."""
        return self.tree.name(self.folder)

    def due(self) -> tuple[str, ...]:
        """Return the regions in which at least one of the components has manifests."""
        return tuple(
            region for region in self.tree.regions if any(region in part.manifests for part in self.components)
        )


def find_umbrellas(tree: FormTree) -> tuple[Whole, ...]:
    """Return the umbrella charts of a tree, each with the charts of components below it."""
    manifests = _by_component(tree)
    return tuple(_umbrella(tree, folder, manifests) for folder in _folders(tree.root / "charts"))


def find_kustomizations(tree: FormTree) -> Whole:
    """Return the kustomizations of a tree; without components when it is not rendered in this form."""
    manifests = _by_component(tree)
    top = tree.root / "kustomize"
    parts = [folder for folder in _folders(top) if folder.name != ROOTS]
    components = [
        Component(
            tree, folder.name, folder, _ordered(tree, _names(folder / "overlays")), manifests.get(folder.name, {})
        )
        for folder in parts
    ]
    return Whole(tree, ROOTS, top / ROOTS, _ordered(tree, _names(top / ROOTS)), tuple(components))


def region_problems(form: Component | Whole, due: Sequence[str], wanted: str) -> Iterator[Problem]:
    """Yield a problem for each region that the form lacks, and for each that it has without need.

    wanted names what stands for a region in the form, as "values-{region}.yaml".
    """
    for region in due:
        if region not in form.regions:
            message = f"{region} has manifests, but {wanted.format(region=region)} is not there."
            yield Problem(rule="forms/regions", file=form.shown, message=message, hint="Render again: gen render.")
    for region in form.regions:
        if region not in due:
            message = f"{wanted.format(region=region)} is there, but {region} has no manifests."
            hint = "Render again: gen render. If the file is yours, keep it outside of the tree."
            yield Problem(rule="forms/regions", file=form.shown, message=message, hint=hint)


def _umbrella(tree: FormTree, folder: Path, manifests: Mapping[str, Mapping[str, Mapping[str, bytes]]]) -> Whole:
    charts = [
        Component(tree, part.name, part, _ordered(tree, _value_regions(part)), manifests.get(part.name, {}))
        for part in _folders(folder / "charts")
    ]
    return Whole(tree, folder.name, folder, _ordered(tree, _value_regions(folder)), tuple(charts))


def _by_component(tree: FormTree) -> Mapping[str, Mapping[str, Mapping[str, bytes]]]:
    """Return component → region → path → bytes, regions in the platform's order."""
    found: dict[str, dict[str, dict[str, bytes]]] = {}
    place = {region: number for number, region in enumerate(tree.regions)}
    paths = [path for path in tree.manifests if path.startswith("clusters/") and path.count("/") > 2]
    for path in sorted(paths, key=lambda path: (place.get(path.split("/")[1], len(place)), path)):
        _, region, component, _ = path.split("/", 3)
        found.setdefault(component, {}).setdefault(region, {})[path] = tree.manifests[path]
    return found


def _folders(top: Path) -> list[Path]:
    return sorted(path for path in top.iterdir() if path.is_dir()) if top.is_dir() else []


def _names(top: Path) -> list[str]:
    return [folder.name for folder in _folders(top)]


def _value_regions(chart: Path) -> list[str]:
    return [path.name.removeprefix("values-").removesuffix(".yaml") for path in chart.glob("values-*.yaml")]


def _ordered(tree: FormTree, regions: Sequence[str]) -> tuple[str, ...]:
    """Return the regions in the platform's order, those that it does not know last."""
    known = [region for region in tree.regions if region in regions]
    return (*known, *sorted(set(regions) - set(known)))
