"""The forms of a component besides its manifests: a Helm chart and a kustomization, each of all its regions."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from generator.base.errors import ProblemsError
from generator.base.problem import Problem, sort_problems
from generator.deliver.document import Document, File
from generator.deliver.helm import limits as helm_limits
from generator.deliver.helm.chart import render_chart
from generator.deliver.helm.metadata import release_namespace
from generator.deliver.helm.model import Chart
from generator.deliver.helm.umbrella import render_umbrella
from generator.deliver.kustomize.render import render_component, render_region
from generator.deliver.render import Renderer
from generator.derive.naming import version_label
from generator.plan.units import Unit
from generator.spec.model import FORMS, Patch, Platform
from generator.templating.chart.chart import chart_text

MANIFESTS, HELM, KUSTOMIZE = FORMS
_HEADER = "{{{{- /* Written by gen from {}: change the spec and render again. */ -}}}}\n"


@dataclass(frozen=True, slots=True)
class Whole:
    """A component in all its regions: its units, and their documents, by region in the platform's order."""

    name: str
    units: Mapping[str, Unit]
    documents: Mapping[str, tuple[Document, ...]]
    forms: frozenset[str]

    def input_hash(self, platform: Platform) -> str:
        """Return the hash of all that the forms of the component rest on."""
        facts = (platform.version, platform.kubernetes, platform.description, release_namespace(platform))
        return _hash([*facts, *(unit.input_hash for unit in self.units.values())])


def forms_of(platform: Platform, unit: Unit, asked: Collection[str] | None) -> frozenset[str]:
    """Return the forms that a unit is rendered in: what it is delivered in, and what is asked for or the spec lists."""
    return frozenset({unit.delivery, *(platform.gitops.forms if asked is None else asked)})


def forms_of_platform(platform: Platform, asked: Collection[str] | None) -> tuple[str, ...]:
    """Return all forms that the whole tree of a platform has, in the order of FORMS."""
    services = (service.delivery for found in platform.services.values() for service in found.values())
    instances = (instance.delivery for found in platform.instances.values() for instance in found.values())
    listed = platform.gitops.forms if asked is None else asked
    present = {platform.gitops.delivery, *services, *instances, *listed}
    return tuple(form for form in FORMS if form in present)


def wholes(
    platform: Platform, units: Sequence[Unit], documents: Sequence[Document], asked: Collection[str] | None
) -> tuple[Whole, ...]:
    """Return the components that units belong to, in the order of their names."""
    by_owner: dict[str, list[Document]] = {}
    for document in documents:
        by_owner.setdefault(document.owner, []).append(document)
    by_name: dict[str, dict[str, Unit]] = {}
    for unit in units:
        by_name.setdefault(unit.name, {})[unit.region] = unit
    found = []
    for name, regions in sorted(by_name.items()):
        made = {region: tuple(by_owner.get(unit.owner, ())) for region, unit in regions.items()}
        forms = frozenset[str]().union(*(forms_of(platform, unit, asked) for unit in regions.values()))
        found.append(Whole(name, regions, made, forms))
    return tuple(found)


def render_forms(
    platform: Platform, components: Sequence[Whole], renderer: Renderer, *, roots: bool
) -> tuple[File, ...]:
    """Return the charts and kustomizations of components.

    roots: with what holds a platform together, its umbrella chart and a kustomization for each region.
    Raises ProblemsError with all that a form cannot express.
    """
    problems: list[Problem] = []
    charts: list[Chart] = []
    files: list[File] = []
    for component in components:
        try:
            if HELM in component.forms:
                problems += helm_limits.problems(component.documents)
                chart = chart_of(platform, component, renderer)
                files += render_chart(chart)
                charts.append(chart)
            if KUSTOMIZE in component.forms:
                files += render_component(component.name, component.documents, component.input_hash(platform))
        except ProblemsError as error:
            problems += error.problems
    if problems:
        raise ProblemsError(sort_problems(set(problems)))
    if roots and charts:
        regions = [region.name for region in platform.regions]
        digest = _hash(chart.input_hash for chart in charts)
        files += render_umbrella(
            platform.name,
            platform.environment,
            platform.description,
            platform.version,
            platform.kubernetes,
            regions,
            charts,
            digest,
        )
    if roots:
        files += _region_roots(platform, [component for component in components if KUSTOMIZE in component.forms])
    return tuple(files)


def _region_roots(platform: Platform, components: Sequence[Whole]) -> Iterator[File]:
    for region in platform.regions:
        here = [component for component in components if region.name in component.units]
        if here:
            names = [component.name for component in here]
            yield render_region(region.name, names, _hash(component.input_hash(platform) for component in here))


def chart_of(platform: Platform, component: Whole, renderer: Renderer) -> Chart:
    """Return the chart of a component. Raises ProblemsError for what no chart can express."""
    first = next(iter(component.units.values()))
    patches = [patch for unit in component.units.values() for patch in unit.patches]
    if patches:
        raise ProblemsError([_patched(patch) for patch in patches])
    contexts = {region: unit.context for region, unit in component.units.items()}
    written = chart_text(renderer.templates(first.component), contexts, first.component.values)
    service = platform.services[first.region].get(first.name) if first.component.scope == "service" else None
    return Chart(
        name=component.name,
        description=(service.description if service else "") or first.component.description,
        version=platform.version,
        app_version=(service.tag or version_label(service)) if service else "",
        kubernetes=platform.kubernetes,
        platform=platform.name,
        environment=platform.environment,
        namespace=release_namespace(platform),
        regions=tuple(component.units),
        templates={
            _file_name(component, name): _HEADER.format(name) + text for name, text in written.templates.items()
        },
        values=written.values,
        used=written.used,
        schema=first.component.values,
        schema_file=f"{first.component.folder}/values.schema.json",
        notes=tuple(_notes(platform, component)),
        input_hash=component.input_hash(platform),
    )


def _file_name(component: Whole, template: str) -> str:
    """Return what a template of the chart is called: as its manifest where it is one, else as its source."""
    names = {
        region: [document.path.rpartition("/")[2] for document in documents if document.template == template]
        for region, documents in component.documents.items()
    }
    made = {tuple(found) for found in names.values() if found}
    single = next(iter(made)) if len(made) == 1 else ()
    return single[0] if len(single) == 1 else template.rpartition("/")[2].removesuffix(".j2")


def _notes(platform: Platform, component: Whole) -> Iterator[str]:
    """Yield where a service can be reached, one line a region."""
    for region in platform.regions:
        unit = component.units.get(region.name)
        service = platform.services[region.name].get(component.name) if unit else None
        if unit and unit.component.scope == "service" and service and service.paths and region.host:
            yield f"{region.name}: https://{region.host}{service.paths[0]}"


def _patched(patch: Patch) -> Problem:
    return Problem(
        rule="render/patch",
        message="a patch cannot reach the templates of a Helm chart.",
        hint="Deliver the component as manifests or kustomize and leave helm out of gitops.forms, or use a parameter.",
        file=patch.file,
        line=patch.line,
        column=patch.column,
        path=patch.path,
    )


def _hash(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
