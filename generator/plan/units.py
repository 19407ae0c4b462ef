"""Units: one component in one region. A unit's hash covers all that its documents depend on, and nothing else."""

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from generator import __version__
from generator.components.catalogue import Catalogue, Component
from generator.derive.graph import call_graph
from generator.derive.instance import instance_view, secret_namespaces
from generator.derive.naming import common_labels
from generator.derive.region import present, region_view
from generator.derive.service import service_view
from generator.spec.documents import SERVICE_COMPONENT
from generator.spec.model import Patch, Platform, Region


@dataclass(frozen=True, slots=True)
class PlatformFacts:
    """What every template may know of the platform."""

    name: str
    environment: str
    description: str


@dataclass(frozen=True, slots=True)
class RegionFacts:
    """What every template may know of its region."""

    name: str
    cloud: str
    provider: str
    location: str
    role: str
    zones: tuple[str, ...]
    host: str
    registry: str
    cluster: str
    account: str
    resource_group: str
    drained: bool


@dataclass(frozen=True, slots=True)
class Unit:
    """One component in one region: what its templates see, and the SHA-256 of everything that they rest on.

    delivery is the form that Argo CD's Application of the unit points to: no template sees it.
    """

    name: str
    region: str
    component: Component
    context: Mapping[str, object]
    patches: tuple[Patch, ...]
    delivery: str
    input_hash: str

    @property
    def owner(self) -> str:
        """Return the unit's folder in the tree, which is also its name in the inventory."""
        return f"clusters/{self.region}/{self.name}"


def plan(
    platform: Platform,
    catalogue: Catalogue,
    regions: Collection[str] | None = None,
    components: Collection[str] | None = None,
) -> tuple[Unit, ...]:
    """Return the units of a platform, by region and name; regions and components narrow it to those named."""
    chosen = [region for region in platform.regions if regions is None or region.name in regions]
    return tuple(
        unit
        for region in chosen
        for unit in sorted(_units(platform, catalogue, region, components), key=lambda unit: unit.name)
    )


def _units(
    platform: Platform, catalogue: Catalogue, region: Region, components: Collection[str] | None
) -> Iterator[Unit]:
    def wanted(name: str) -> bool:
        return components is None or name in components

    graph = call_graph(platform, region.name)
    facts = _Facts.of(platform, region)
    whole = region_view(platform, region, graph, secret_namespaces(platform, region, catalogue))
    for component in catalogue.of_scope("region"):
        name = component.folder_name
        if wanted(name) and present(whole, component.needs):
            context = {"view": replace(whole, labels=common_labels(platform, name))}
            yield facts.unit(name, component, context, (), platform.gitops.delivery)
    workload = catalogue.components[SERVICE_COMPONENT]
    for service in graph.services.values():
        if wanted(service.name):
            view = service_view(platform, region, graph, service)
            yield facts.unit(service.name, workload, {"service": view}, service.patches, service.delivery)
    for instance in platform.instances[region.name].values():
        if wanted(instance.name):
            component = catalogue.components[instance.component]
            seen = {"instance": instance_view(platform, region, catalogue, graph, instance)}
            yield facts.unit(instance.name, component, seen, instance.patches, instance.delivery)


@dataclass(frozen=True, slots=True)
class _Facts:
    """The part of every context that a region's units share, with its JSON text, so that it is encoded once."""

    platform: PlatformFacts
    region: RegionFacts
    text: str

    @classmethod
    def of(cls, platform: Platform, region: Region) -> "_Facts":
        facts = PlatformFacts(platform.name, platform.environment, platform.description)
        here = RegionFacts(
            name=region.name,
            cloud=region.cloud.name,
            provider=region.cloud.provider,
            location=region.location,
            role=region.role,
            zones=region.zones,
            host=region.host,
            registry=region.registry,
            cluster=region.cluster,
            account=region.account,
            resource_group=region.resource_group,
            drained=region.drained,
        )
        return cls(facts, here, canonical([__version__, facts, here]))

    def unit(
        self,
        name: str,
        component: Component,
        context: Mapping[str, object],
        patches: tuple[Patch, ...],
        delivery: str,
    ) -> Unit:
        """Return a unit, and with it the hash of what its templates see."""
        operations = [(patch.kind, patch.name, patch.operations) for patch in patches]
        text = f"{self.text}\n{component.digest}\n{canonical([name, context, operations])}"
        digest = hashlib.sha256(text.encode()).hexdigest()
        whole = {"platform": self.platform, "region": self.region, **context}
        return Unit(name, self.region.name, component, whole, patches, delivery, digest)


def canonical(value: object) -> str:
    """Return values, dataclasses among them, as JSON: the same text for the same input on every Python."""
    # Specs hold no cycles (their reader refuses an alias inside its own anchor), and looking for them takes its time.
    return json.dumps(value, default=_fields, sort_keys=True, ensure_ascii=True, check_circular=False)


def _fields(value: object) -> object:
    if isinstance(value, Decimal):
        return str(value)
    return [getattr(value, name) for name in value.__slots__]  # type: ignore[attr-defined]
