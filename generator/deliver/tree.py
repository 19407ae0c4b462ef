"""Everything that one environment's tree holds: manifests, charts, kustomizations, Argo CD's documents, the README."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from generator.base.errors import GenError
from generator.components.catalogue import Catalogue
from generator.deliver.argocd import COMPONENT, render_argocd
from generator.deliver.document import Document, File
from generator.deliver.edge.render import render_edge
from generator.deliver.forms import MANIFESTS, forms_of, forms_of_platform, render_forms, wholes
from generator.deliver.plan.render import render_plan
from generator.deliver.readme import render_readme
from generator.deliver.render import Renderer, check_identities
from generator.deliver.runbooks.render import render_runbooks
from generator.plan.units import plan
from generator.spec.model import FORMS, Platform

# Bytes of all manifests. They are held in memory, and a default of one line can be written into thousands of them.
SIZE_LIMIT = 1024**3


@dataclass(frozen=True, slots=True)
class RenderedTree:
    """What an environment renders to.

    documents are all its objects, of which the tree holds as manifests those that `written` names (by owner); files are
    its charts, kustomizations and README. forms are those that the whole tree has, asked those that were asked for
    (None: the spec decides). objects counts the documents by kind; units is the number of components in regions.
    """

    platform: Platform
    documents: tuple[Document, ...]
    written: frozenset[str]
    files: tuple[File, ...]
    forms: tuple[str, ...]
    asked: tuple[str, ...] | None
    units: int
    objects: Mapping[str, int]

    @property
    def manifests(self) -> Iterator[Document]:
        """Yield the documents that the tree holds as files."""
        return (document for document in self.documents if document.owner in self.written)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What of a platform is asked for; None: all of it. Forms are those besides what each component is delivered in."""

    regions: Collection[str] | None = None
    components: Collection[str] | None = None
    forms: Collection[str] | None = None

    @property
    def partial(self) -> bool:
        """Say whether what needs the whole platform is left out: Argo CD's documents, the README, roots of forms."""
        return self.regions is not None or self.components is not None


WHOLE = Narrowing()


def render_tree(
    platform: Platform, catalogue: Catalogue, narrowing: Narrowing = WHOLE, renderer: Renderer | None = None
) -> RenderedTree:
    """Return the files of an environment's tree; who renders several gives one renderer, which keeps what it compiles.

    A chart and a kustomization are of all regions, so that only manifests are rendered when regions are asked for.
    Raises ProblemsError for templates or objects that are wrong, GenError beyond SIZE_LIMIT.
    """
    renderer = renderer or Renderer()
    forms = forms_of_platform(platform, narrowing.forms)
    units = plan(platform, catalogue, narrowing.regions, narrowing.components)
    manifests = tuple(_bounded(document for unit in units for document in renderer.documents(unit)))
    check_identities(manifests)
    # What Argo CD installs from an upstream chart has no objects, and no form, of its own here.
    made = tuple(unit for unit in units if unit.component.chart is None)
    components = wholes(platform, made, manifests, narrowing.forms)
    files: tuple[File, ...] = ()
    if narrowing.regions is None:
        files = render_forms(platform, components, renderer, roots=not narrowing.partial)
    owners = {unit.owner for unit in made if MANIFESTS in forms_of(platform, unit, narrowing.forms)}
    argocd: tuple[Document, ...] = ()
    if not narrowing.partial:
        argocd = render_argocd(platform, catalogue, units, manifests, renderer)
        used = (*{unit.component.name: unit.component for unit in units}.values(), catalogue.components[COMPONENT])
        files = (*files, render_readme(platform, used, (*argocd, *manifests), forms), *render_edge(platform))
        files = (*files, *render_plan(platform))
        paths = [file.path for file in files]
        files = (*files, *render_runbooks(platform, catalogue, units, (*argocd, *manifests), forms, paths))
    documents = (*argocd, *manifests)
    return RenderedTree(
        platform=platform,
        documents=documents,
        written=frozenset({*owners, *(document.owner for document in argocd)}),
        files=files,
        forms=forms,
        asked=None if narrowing.forms is None else tuple(form for form in FORMS if form in narrowing.forms),
        units=len(units),
        objects=dict(sorted(Counter(document.object.kind for document in documents).items())),
    )


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
