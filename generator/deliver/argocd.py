"""Argo CD's view of a platform: projects of least privilege, and root → region → component Applications.

A control plane is one Argo CD: the hub that serves all clusters, or one in each region.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from generator import __version__
from generator.base.problem import ObjectRef
from generator.components.catalogue import Catalogue, Chart, Component
from generator.deliver.argocd_rollouts import left_alone
from generator.deliver.argocd_views import ApplicationView, ChartSource, ProjectView
from generator.deliver.document import Document
from generator.deliver.render import Renderer
from generator.derive.instance import InstanceView
from generator.derive.naming import common_labels
from generator.plan.units import Unit, canonical
from generator.spec.layers import Path
from generator.spec.model import Instance, Platform, Region
from generator.spec.typed import replace_words
from generator.templating.engine import identity

COMPONENT = "delivery/argo-cd"
# An Argo CD that manages its own cluster knows it by this address.
IN_CLUSTER = "https://kubernetes.default.svc"
# Operators may take minutes to bring their kinds: keep trying for about an hour.
RETRY = {"limit": 20, "backoff": {"duration": "10s", "factor": 2, "maxDuration": "3m"}}

# Health of an Application, so that a wave waits until the one before it is healthy
# (https://argo-cd.readthedocs.io/en/stable/operator-manual/health/#argocd-app).
APPLICATION_HEALTH = """\
hs = {}
hs.status = "Progressing"
hs.message = ""
if obj.status ~= nil then
  if obj.status.health ~= nil then
    hs.status = obj.status.health.status
    if obj.status.health.message ~= nil then
      hs.message = obj.status.health.message
    end
  end
end
return hs
"""


@dataclass(frozen=True, slots=True)
class _ControlPlane:
    """One Argo CD: its folder, the regions that it serves, and how it addresses their clusters."""

    name: str
    regions: tuple[Region, ...]
    hub: bool

    def destination(self, region: Region, namespace: str) -> dict[str, str]:
        address = {"name": region.cluster} if self.hub else {"server": IN_CLUSTER}
        return {**address, "namespace": namespace}


def render_argocd(
    platform: Platform, catalogue: Catalogue, units: Sequence[Unit], documents: Sequence[Document], renderer: Renderer
) -> tuple[Document, ...]:
    """Return Argo CD's documents for all units of a platform; documents tell where the projects must let them write."""
    return tuple(
        document
        for control in _control_planes(platform)
        for document in _Delivery(platform, catalogue, renderer, control).documents(units, documents)
    )


def _control_planes(platform: Platform) -> tuple[_ControlPlane, ...]:
    if platform.gitops.mode == "hub":
        return (_ControlPlane("hub", platform.regions, hub=True),)
    return tuple(_ControlPlane(region.name, (region,), hub=False) for region in platform.regions)


class _Delivery:
    """Renders the documents of one control plane."""

    def __init__(self, platform: Platform, catalogue: Catalogue, renderer: Renderer, control: _ControlPlane) -> None:
        component = catalogue.components[COMPONENT]
        self.platform = platform
        self.catalogue = catalogue
        self.control = control
        self.renderer = renderer
        self.prefix = f"{platform.name}-{platform.environment}"
        self.folder = f"argocd/{control.name}"
        self.digest = component.digest
        self.templates = {
            template.name.rpartition("/")[2].removesuffix(".yaml.j2"): template
            for template in renderer.templates(component)
        }
        self.common: dict[str, object] = {
            "namespace": platform.gitops.namespace,
            "repository": platform.gitops.repository,
            "revision": platform.gitops.revision,
            "labels": common_labels(platform, self.prefix),
            "retry": RETRY,
            "application_health": APPLICATION_HEALTH,
        }

    def documents(self, units: Sequence[Unit], documents: Sequence[Document]) -> Iterator[Document]:
        """Yield what a person applies (bootstrap/), what the root syncs (root/) and what each region syncs."""
        yield self._document("argocd-cm", "bootstrap/argocd-cm.yaml", {})
        yield self._document("project", "bootstrap/project-root.yaml", {"project": self._root_project()})
        root = ApplicationView(self.prefix, f"{self.prefix}-root", self._path(f"{self.folder}/root"), "0", {})
        yield self._document("root", "bootstrap/root.yaml", {"application": root})
        served = {region.name for region in self.control.regions}
        mine = [unit for unit in units if unit.region in served]
        for project in self._projects(mine, documents):
            name = project.name.removeprefix(f"{self.prefix}-")
            yield self._document("project", f"root/project-{name}.yaml", {"project": project})
        for region in self.control.regions:
            path = self._path(f"{self.folder}/components/{region.name}")
            view = ApplicationView(f"{self.prefix}-{region.name}", f"{self.prefix}-root", path, "1", {})
            yield self._document("region", f"root/region-{region.name}.yaml", {"application": view})
        by_name = {region.name: region for region in self.control.regions}
        by_owner: dict[str, list[Document]] = {}
        for document in documents:
            by_owner.setdefault(document.owner, []).append(document)
        for unit in mine:
            view = self._component(unit, by_name[unit.region], by_owner.get(unit.owner, []))
            yield self._document("component", f"components/{unit.region}/{unit.name}.yaml", {"application": view})

    def _component(self, unit: Unit, region: Region, documents: Sequence[Document]) -> ApplicationView:
        name, project = f"{self.prefix}-{unit.region}-{unit.name}", f"{self.prefix}-{_project_of(unit)}"
        chart = unit.component.chart
        if chart is not None:
            instance = self.platform.instances[unit.region][unit.name]
            version = str(instance.parameters.get("version", chart.version))
            values = self.renderer.chart_values(unit)
            return ApplicationView(
                name=name,
                project=project,
                path="",
                wave=str(unit.component.wave),
                destination=self.control.destination(region, _namespace_of(unit)),
                chart=ChartSource(chart.repository, chart.name, version, unit.name, values),
            )
        alone = left_alone(unit)
        return ApplicationView(
            name=name,
            project=project,
            path=self._path(_folder(self.platform, unit)),
            wave=str(unit.component.wave),
            destination=self.control.destination(region, self._namespace(documents)),
            # An overlay is built from its base too.
            changes=".;../../base" if unit.delivery == "kustomize" else ".",
            helm=_chart(unit) if unit.delivery == "helm" else None,
            ignored=alone.differences,
            options=alone.options,
        )

    def _namespace(self, documents: Sequence[Document]) -> str:
        """Return the namespace that an Application names: that of its objects; all of them name their own anyway."""
        inside = {document.object.namespace for document in documents if document.object.namespace}
        declared = [namespace.name for namespace in self.platform.namespaces]
        return min(inside or declared or ["default"])

    def _root_project(self) -> ProjectView:
        """Return the project of root and regions: it may write Applications and projects beside itself only."""
        return ProjectView(
            name=f"{self.prefix}-root",
            description=f"Applications and projects of {self.prefix}",
            repositories=(self.platform.gitops.repository,),
            destinations=({"server": IN_CLUSTER, "namespace": self.platform.gitops.namespace},),
            cluster_kinds=(),
            synced=False,
            namespaced_kinds=(
                {"group": "argoproj.io", "kind": "AppProject"},
                {"group": "argoproj.io", "kind": "Application"},
            ),
        )

    def _projects(self, units: Iterable[Unit], documents: Sequence[Document]) -> Iterator[ProjectView]:
        """Yield a project for each purpose: it may write where it has objects, and the kinds that its components make.

        Kinds do not depend on what is rendered today: an object whose kind left the project would never be pruned.
        """
        owners: dict[str, set[str]] = {}
        for unit in units:
            owners.setdefault(_project_of(unit), set()).add(unit.owner)
        for name, owned in sorted(owners.items()):
            mine = [document for document in documents if document.owner in owned]
            members = [unit for unit in units if _project_of(unit) == name]
            components = self._components(name, units)
            yield ProjectView(
                name=f"{self.prefix}-{name}",
                description=f"{_PROJECTS[name]} of {self.prefix}",
                repositories=tuple(sorted({self._repository(unit) for unit in members})),
                destinations=tuple(self._destinations(mine, members)),
                cluster_kinds=_kinds(kind for component in components for kind in component.cluster_kinds),
                namespaced_kinds=_kinds(kind for component in components for kind in component.kinds),
                synced=True,
            )

    def _components(self, project: str, units: Iterable[Unit]) -> tuple[Component, ...]:
        """Return the components of a project: those in use, and all that a section of the platform may bring."""
        used = {unit.component.name: unit.component for unit in units if _project_of(unit) == project}
        if project == _PROJECT_OF_SCOPE["region"]:
            used |= {component.name: component for component in self.catalogue.of_scope("region")}
        return tuple(used[name] for name in sorted(used))

    def _repository(self, unit: Unit) -> str:
        """Return where an Application's source is: upstream's chart repository, or ours."""
        return unit.component.chart.repository if unit.component.chart else self.platform.gitops.repository

    def _destinations(self, documents: Iterable[Document], units: Iterable[Unit]) -> Iterator[dict[str, str]]:
        regions = {region.name: region for region in self.control.regions}
        pairs = {
            (document.owner.split("/")[1], document.object.namespace or self._namespace(())) for document in documents
        }
        for unit in units:
            if unit.component.chart is not None:
                pairs |= {(unit.region, place) for place in self._places_of(unit, unit.component.chart)}
        for region, namespace in sorted(pairs):
            yield self.control.destination(regions[region], namespace)

    def _places_of(self, unit: Unit, chart: Chart) -> Iterator[str]:
        """Yield the namespaces in which an operator's chart makes objects: those that its parameters name too."""
        yield from (_namespace_of(unit), *chart.namespaces)
        yield from _named_namespaces(unit, self.platform.instances[unit.region][unit.name])
        # As written: what templates see of a list may be one text, as charts want it.
        watched = self.platform.instances[unit.region][unit.name].parameters.get("watches")
        yield from (str(name) for name in watched) if isinstance(watched, list) else ()

    def _path(self, path: str) -> str:
        """Return a path of the tree as a path of the repository."""
        parts = (self.platform.gitops.path, "output", self.platform.name, self.platform.environment, path)
        return "/".join(part for part in parts if part)

    def _document(self, template: str, path: str, context: Mapping[str, object]) -> Document:
        source = self.templates[template]
        whole = {**self.common, **context}
        body = source.render(whole)
        api_version, kind, namespace, name = identity(body)
        header = (
            f"# Argo CD of {self.prefix}, from {source.name}\n"
            "# Written by gen: change the spec in environments/ and render again.\n"
        )
        return Document(
            path=f"{self.folder}/{path}",
            content=f"{header}{body}".encode(),
            object=ObjectRef(api_version.rpartition("/")[0], kind, namespace, name),
            owner=self.folder,
            input_hash=hashlib.sha256(f"{self.digest}\n{canonical([__version__, whole])}".encode()).hexdigest(),
        )


_PROJECTS = {
    "components": "Further components",
    "foundation": "Namespaces, mesh, secrets and storage",
    "operators": "Operators, from the charts of their projects,",
    "services": "Services",
}
_PROJECT_OF_SCOPE = {"instance": "components", "region": "foundation", "service": "services"}


def _project_of(unit: Unit) -> str:
    if unit.component.chart is not None:
        return "operators"
    return _PROJECT_OF_SCOPE[unit.component.scope]


def _folder(platform: Platform, unit: Unit) -> str:
    """Return the folder of the tree that holds a unit in the form that it is delivered in."""
    if unit.delivery == "helm":
        return f"charts/{platform.name}/charts/{unit.name}"
    if unit.delivery == "kustomize":
        return f"kustomize/{unit.name}/overlays/{unit.region}"
    return unit.owner


def _namespace_of(unit: Unit) -> str:
    """Return the namespace of a component instance."""
    view = unit.context["instance"]
    if not isinstance(view, InstanceView):
        raise TypeError(unit.name)
    return view.namespace


def _named_namespaces(unit: Unit, instance: Instance) -> tuple[str, ...]:
    """Return the namespaces that an instance's parameters name, as their schema says (`x-as: namespace`)."""
    found: list[str] = []

    def noted(kind: str, word: object, _path: Path) -> object:
        if kind == "namespace":
            found.append(str(word))
        return word

    replace_words(unit.component.schema, instance.parameters, noted)
    return tuple(found)


def _chart(unit: Unit) -> dict[str, object]:
    """Return how Argo CD renders a unit's chart: value files are relative to the chart."""
    return {"releaseName": unit.name, "valueFiles": [f"values-{unit.region}.yaml"]}


def _kinds(kinds: Iterable[str]) -> tuple[dict[str, str], ...]:
    pairs = {(group, kind) for group, _, kind in (name.rpartition("/") for name in kinds)}
    return tuple({"group": group, "kind": kind} for group, kind in sorted(pairs))
