"""Everything that one environment's tree holds: the manifests of its units, Argo CD's documents, the README."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from generator.base.errors import GenError
from generator.components.catalogue import Catalogue
from generator.deliver.argocd import COMPONENT, render_argocd
from generator.deliver.document import Document
from generator.deliver.readme import render_readme
from generator.deliver.render import Renderer, check_identities
from generator.plan.units import plan
from generator.spec.model import Platform

# Bytes of all manifests. They are held in memory, and a default of one line can be written into thousands of them.
SIZE_LIMIT = 1024**3


@dataclass(frozen=True, slots=True)
class RenderedTree:
    """The rendered files of an environment: documents, and whether only a part of the platform was asked for.

    objects counts the documents by kind; units is the number of components in regions.
    """

    platform: Platform
    documents: tuple[Document, ...]
    readme: Document | None
    units: int
    objects: Mapping[str, int]


def render_tree(
    platform: Platform,
    catalogue: Catalogue,
    regions: Collection[str] | None = None,
    components: Collection[str] | None = None,
) -> RenderedTree:
    """Return the files of an environment's tree.

    With regions or components only the manifests of these are rendered: Argo CD's documents and the README need the
    whole platform. Raises ProblemsError for templates or objects that are wrong, GenError beyond SIZE_LIMIT.
    """
    renderer = Renderer()
    units = plan(platform, catalogue, regions, components)
    manifests = tuple(_bounded(document for unit in units for document in renderer.documents(unit)))
    check_identities(manifests)
    if regions is not None or components is not None:
        return _tree(platform, manifests, None, len(units))
    documents = (*render_argocd(platform, catalogue, units, manifests, renderer), *manifests)
    used = (*{unit.component.name: unit.component for unit in units}.values(), catalogue.components[COMPONENT])
    return _tree(platform, documents, render_readme(platform, used, documents), len(units))


def _bounded(documents: Iterable[Document]) -> Iterator[Document]:
    size = 0
    for document in documents:
        size += len(document.content)
        if size > SIZE_LIMIT:
            raise GenError(
                f"The manifests take more than {SIZE_LIMIT // 1024**2} MiB. Move what is large out of the spec: a long "
                "text in the defaults, say, is written for every service in every region."
            )
        yield document


def _tree(platform: Platform, documents: tuple[Document, ...], readme: Document | None, units: int) -> RenderedTree:
    objects = Counter(document.object.kind for document in documents)
    return RenderedTree(platform, documents, readme, units, dict(sorted(objects.items())))
