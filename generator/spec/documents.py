"""The documents of one environment as layers, and the merged trees that the rest of this package reads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from generator.components.catalogue import Catalogue, Component
from generator.spec.layers import Layer, Tree, merge, merge_all

SERVICE_COMPONENT = "workload/service"

# Every provider is a cloud by itself, so that a region can name it without a `clouds` section.
PROVIDER_CLOUDS: Tree = {
    "aws": {"provider": "aws", "storage": {"standard": "gp3", "fast": "gp3"}},
    "gcp": {"provider": "gcp", "storage": {"standard": "pd-balanced", "fast": "pd-ssd"}},
    "azure": {"provider": "azure", "storage": {"standard": "StandardSSD_LRS", "fast": "Premium_LRS"}},
    "other": {"provider": "other", "storage": {}},
}

# What a replica asks for where neither the platform nor its tier says: enough for a small HTTP service.
DEFAULT_SIZES: Tree = {
    "small": {"cpu": "100m", "memory": "256Mi"},
    "medium": {"cpu": "500m", "memory": "1Gi"},
    "large": {"cpu": "1", "memory": "2Gi"},
}


@dataclass(frozen=True, slots=True)
class Documents:
    """platform and environment documents of one environment, and the tier and component defaults between them.

    within: region → what the environment says of it under `in`.
    """

    platform: Layer
    tier: Layer
    environment: Layer
    within: Mapping[str, Layer]
    catalogue: Catalogue
    # default_layers() by region, asked for several times by every service: derived, so not a part of the identity.
    _defaults: dict[str, tuple[Layer, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def name(self) -> str:
        """Return the environment's name: that of its file."""
        return self.environment.source.shown.rpartition("/")[2].removesuffix(".yaml") if self.environment.source else ""

    def section(self, name: str) -> dict[str, object]:
        """Return a section that is a map, merged over platform, tier and environment."""
        return merge_all(self.section_layers(name))

    def section_layers(self, name: str) -> tuple[Layer, ...]:
        """Return the layers that may write a section, lowest first."""
        return tuple(layer.below(name) for layer in (self.platform, self.tier, self.environment))

    def value(self, name: str, default: object = None) -> object:
        """Return a section that is one value: the environment's, else the platform's, else `default`."""
        for layer in (self.environment, self.platform):
            if name in layer.tree:
                return layer.tree[name]
        return default

    def names(self, section: str, region: str) -> tuple[str, ...]:
        """Return the names of services or components in a region, sorted; null in a later layer removes a name."""
        names: set[str] = set()
        for layer in (*self.section_layers(section), self.within[region].below(section)):
            names |= layer.tree.keys()
            names -= {name for name, value in layer.tree.items() if value is None}
        return tuple(sorted(names))

    def tier_known(self) -> bool:
        """Say whether the tier that the environment names, if it names one, is declared."""
        return self.environment.tree.get("tier", "") in ("", *self.platform.below("tiers").tree)

    def differs(self, region: str) -> bool:
        """Say whether the region has a layer of its own for services, their defaults, or what they may call."""
        tree = self.within[region].tree
        return bool(tree.get("services") or tree.get("defaults") or tree.get("components"))

    def default_layers(self, region: str) -> tuple[Layer, ...]:
        """Return the layers that say what every service in a region is unless it says otherwise, lowest first."""
        found = self._defaults.get(region)
        if found is None:
            shipped = Layer(None, (), self.catalogue.components[SERVICE_COMPONENT].defaults)
            written = (self.platform, self.tier, self.environment, self.within[region])
            found = self._defaults[region] = (shipped, *(layer.below("defaults", "service") for layer in written))
        return found

    def service_layers(self, name: str, region: str) -> tuple[Layer, ...]:
        """Return all layers of a service in a region, lowest first: the defaults of each, then what names the service.

        What names a service beats every default, whichever layer wrote it (docs/decisions/002-layers.md).
        """
        return (*self.default_layers(region), *self.named_layers(name, region))

    def named_layers(self, name: str, region: str) -> tuple[Layer, ...]:
        """Return the layers that name a service in a region, lowest first: where to add what the service lacks."""
        written = (self.platform, self.tier, self.environment, self.within[region])
        return tuple(layer.below("services", name) for layer in written)

    def services(self, region: str) -> dict[str, dict[str, object]]:
        """Return the merged tree of every service in a region, by name.

        Layer upon layer and never two of them first: a null has to meet the default that it removes.
        """
        defaults = merge_all(self.default_layers(region))
        result = dict.fromkeys(self.names("services", region), defaults)
        for layer in (*self.section_layers("services"), self.within[region].below("services")):
            for name, value in layer.tree.items():
                if name in result:
                    result[name] = merge(result[name], value) if isinstance(value, Mapping) else defaults
        return result

    def resources(self, name: str, region: str, size: Tree) -> dict[str, object]:
        """Return what a replica of a service asks for: its size, and on top what each layer says itself."""
        layers = self.service_layers(name, region)
        return merge_all((Layer(None, (), size), *(layer.below("resources") for layer in layers)))

    def instance_layers(self, name: str, region: str) -> tuple[Layer, ...]:
        """Return all layers of a component instance in a region, lowest first."""
        written = (self.platform, self.tier, self.environment, self.within[region])
        layers = tuple(layer.below("components", name) for layer in written)
        component = self._component(layers)
        return (Layer(None, (), component.defaults if component else {}), *layers)

    def _component(self, layers: Sequence[Layer]) -> Component | None:
        """Return what an instance with these layers is of: the highest that names a component decides."""
        uses = (layer.tree["use"] for layer in reversed(layers) if "use" in layer.tree)
        return self.catalogue.components.get(str(next(uses, "")))

    def instance_names(self, region: str) -> tuple[str, ...]:
        """Return the names of the component instances that run in a region: those that its cloud can have."""
        return tuple(name for name in self.names("components", region) if self._runs(name, region))

    def secret_keys(self, name: str, region: str) -> tuple[str, ...]:
        """Return the keys of the secret that a component instance gives its callers, none where it gives none."""
        component = self._component(self.instance_layers(name, region))
        return component.serves.secret_keys if component and component.serves else ()

    def _runs(self, name: str, region: str) -> bool:
        component = self._component(self.instance_layers(name, region))
        if component is None or not component.clouds:
            return True
        cloud = self.clouds().get(str(self.region(region).get("cloud")))
        return isinstance(cloud, Mapping) and cloud.get("provider") in component.clouds

    def clouds(self) -> dict[str, object]:
        """Return the clouds by name, with the providers that are there by themselves."""
        return merge(PROVIDER_CLOUDS, self.section("clouds"))

    def sizes(self) -> dict[str, object]:
        """Return the sizes by name."""
        return merge(DEFAULT_SIZES, self.section("sizes"))

    def region_layers(self, name: str) -> tuple[Layer, ...]:
        """Return the layers of a region's own facts, lowest first."""
        return (self.platform.below("regions", name), self.within[name].below("region"))

    def region(self, name: str) -> dict[str, object]:
        """Return the merged facts of a region."""
        return merge_all(self.region_layers(name))

    def regions(self) -> tuple[str, ...]:
        """Return the names of the environment's regions, in the order in which it lists them."""
        chosen = self.environment.tree.get("regions")
        return tuple(chosen) if isinstance(chosen, list) else ()
