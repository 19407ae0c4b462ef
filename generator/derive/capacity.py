"""What users ask for, what a region's services can reach, and what is left when a region is lost. Exact fractions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Any

from generator.base.scalars import millicores
from generator.spec.capacity import Capacity
from generator.spec.model import Platform, Region, Service

# The document's model counts months of 30 days.
DAYS = 30
DAY = 24 * 3600
# How autoscalers add replicas once their window is over: twice as many each minute
# (templates/workload/service/manifests/horizontalpodautoscaler.yaml.j2).
GROWTH, GROWTH_SECONDS = 2, 60
NODE_POOLS = "compute/node-pools"


@dataclass(frozen=True, slots=True)
class Need:
    """What a number of requests a second needs: cores, bytes of memory, nodes."""

    requests: Fraction
    cores: int
    memory: int
    nodes: int


@dataclass(frozen=True, slots=True)
class Demand:
    """What a number of users asks for; storage and transfer in bytes of a month of 30 days."""

    users: int
    daily_requests: int
    storage: int
    transfer: int
    peak: Need


@dataclass(frozen=True, slots=True)
class Reach:
    """What the services of a region have: cores at the minimum and the maximum of their replicas.

    node_cores are those of the nodes that they may use at most, None where the platform has no node pools; window is
    the longest wait, in seconds, before an autoscaler adds replicas.
    """

    region: str
    share: Fraction
    drained: bool
    minimum: Fraction
    maximum: Fraction
    nodes: int | None
    node_cores: int | None
    window: int

    @property
    def most(self) -> Fraction:
        """Return the cores that services can reach: what replicas may become, as far as nodes have room."""
        return self.maximum if self.node_cores is None else min(self.maximum, Fraction(self.node_cores))


@dataclass(frozen=True, slots=True)
class Load:
    """A region's part of a demand: cores that it needs, whether those that run carry it at once, and at the most.

    Before a region is lost the others run what their own part needs, and with none lost what always runs. seconds is
    what autoscalers take at least from there, None where they add nothing.
    """

    region: str
    share: Fraction
    requests: Fraction
    cores: int
    at_once: bool
    at_most: bool
    seconds: int | None


@dataclass(frozen=True, slots=True)
class Case:
    """A demand with a region lost ("" for none): the load of each region that is left."""

    demand: str
    lost: str
    loads: tuple[Load, ...]

    @property
    def carried(self) -> bool:
        """Say whether every region that is left can carry its load, once it has scaled."""
        return bool(self.loads) and all(load.at_most for load in self.loads)

    @property
    def at_once(self) -> bool:
        """Say whether the replicas that run carry it already."""
        return bool(self.loads) and all(load.at_once for load in self.loads)

    @property
    def seconds(self) -> int:
        """Return how long the slowest region scales at least."""
        return max((load.seconds or 0 for load in self.loads), default=0)


def need(capacity: Capacity, requests: Fraction) -> Need:
    """Return what so many requests a second need."""
    cores = ceil(requests / Fraction(capacity.requests_per_core))
    return Need(requests, cores, cores * capacity.memory_per_core, -(-cores // capacity.cores_per_node))


def demand(capacity: Capacity, users: int) -> Demand:
    """Return what a number of users asks for."""
    daily = users * capacity.requests_per_user
    return Demand(
        users=users,
        daily_requests=daily,
        storage=daily * capacity.storage_per_request * DAYS,
        transfer=daily * capacity.transfer_per_request * DAYS,
        peak=need(capacity, Fraction(daily * capacity.peak, DAY)),
    )


def demands(platform: Platform, capacity: Capacity) -> Mapping[str, Need]:
    """Return what the environment has to carry, by where it comes from: its users' peak, its objective."""
    found = {}
    if platform.users is not None:
        found["users"] = demand(capacity, platform.users).peak
    if platform.objectives.throughput is not None:
        found["throughput"] = need(capacity, Fraction(platform.objectives.throughput))
    return found


def reaches(platform: Platform, capacity: Capacity) -> tuple[Reach, ...]:
    """Return what each region has."""
    shares = shares_without(platform.regions, "")
    return tuple(
        _reach(platform, capacity, region, shares.get(region.name, Fraction(0))) for region in platform.regions
    )


def shares_without(regions: Sequence[Region], lost: str) -> dict[str, Fraction]:
    """Return each region's share of the traffic by weight, without drained ones and the one that is lost."""
    left = {region.name: Fraction(region.weight) for region in regions if not region.drained and region.name != lost}
    total = sum(left.values())
    return {name: weight / total for name, weight in left.items()} if total else {}


def cases(platform: Platform, capacity: Capacity) -> tuple[Case, ...]:
    """Return each demand with all regions, and with each of them lost."""
    reach = {found.region: found for found in reaches(platform, capacity)}
    names = ["", *(region.name for region in platform.regions if not region.drained)]
    return tuple(
        Case(name, lost, tuple(_loads(platform, capacity, reach, wanted.requests, lost)))
        for name, wanted in demands(platform, capacity).items()
        for lost in names
    )


def _loads(
    platform: Platform, capacity: Capacity, reach: Mapping[str, Reach], requests: Fraction, lost: str
) -> list[Load]:
    found = []
    for name, share in shares_without(platform.regions, lost).items():
        here = reach[name]
        after = need(capacity, requests * share)
        own = need(capacity, requests * here.share).cores if lost else 0
        before = max(min(Fraction(own), here.most), here.minimum)
        found.append(
            Load(
                region=name,
                share=share,
                requests=after.requests,
                cores=after.cores,
                at_once=after.cores <= before,
                at_most=after.cores <= here.most,
                seconds=_seconds(before, after.cores, here.window),
            )
        )
    return found


def _seconds(before: Fraction, after: int, window: int) -> int | None:
    """Return how long autoscalers take at least: their window, then twice as many replicas each minute."""
    if after <= before or not before:
        return None
    steps = 0
    while before * GROWTH**steps < after:
        steps += 1
    return window + steps * GROWTH_SECONDS


def _reach(platform: Platform, capacity: Capacity, region: Region, share: Fraction) -> Reach:
    services = platform.services[region.name].values()
    nodes = _nodes(platform, region)
    return Reach(
        region=region.name,
        share=share,
        drained=region.drained,
        minimum=_cores((service, service.scale.min) for service in services),
        maximum=_cores((service, service.scale.max) for service in services),
        nodes=nodes,
        node_cores=None if nodes is None else nodes * cores_of_node(platform, capacity),
        window=max(
            (service.scale.up_window for service in services if service.scale.max > service.scale.min), default=0
        ),
    )


def _cores(replicas: Iterable[tuple[Service, int]]) -> Fraction:
    return sum(
        (Fraction(number * millicores(service.resources.cpu), 1000) for service, number in replicas), Fraction(0)
    )


def cores_of_node(platform: Platform, capacity: Capacity) -> int:
    """Return the cores of a node: those of the tier's machines by its price list, else those of the model."""
    tiers = (tier.costs for tier in platform.tiers if tier.name == platform.tier and tier.costs)
    machines = (item.machines for costs in tiers for item in costs.items if item.machines)
    return next((found.cores for found in machines), capacity.cores_per_node)


def _nodes(platform: Platform, region: Region) -> int | None:
    """Return the most nodes of the region's pools that services may use; None without node pools."""
    services = platform.services[region.name].values()
    found: list[int] = []
    for instance in platform.instances[region.name].values():
        pools: Any = instance.parameters.get("pools") if instance.component == NODE_POOLS else None
        for name, pool in pools.items() if pools else ():
            offered = region.cloud.provider in pool["machines"]
            if offered and any(_may_use(service, name, pool) for service in services):
                found.append(int(pool["nodes"]["max"]))
    return sum(found) if found else None


def _may_use(service: Service, name: str, pool: Mapping[str, Any]) -> bool:
    if service.node_selector.get("pool", name) != name:
        return False
    return all(any(_tolerates(item, taint) for item in service.tolerations) for taint in pool.get("taints", ()))


def _tolerates(toleration: Mapping[str, object], taint: Mapping[str, str]) -> bool:
    """Say whether a toleration lets pods onto a node with a taint, by Kubernetes' rules."""
    if toleration.get("effect", taint["effect"]) != taint["effect"]:
        return False
    if "key" in toleration and toleration["key"] != taint["key"]:
        return False
    return toleration.get("operator") == "Exists" or toleration.get("value", "") == taint.get("value", "")
