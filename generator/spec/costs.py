"""Price lists of tiers: what each line costs in a month, and what the list states as its total. USD, exact."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from generator.base.scalars import decimal_bytes, size_bytes
from generator.spec.layers import merge
from generator.spec.objectives import Objectives, objectives_of

Tree = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Machines:
    """The machines behind a line: how many, of which type, cores and bytes of memory of one.

    stated_cores and stated_memory (bytes) are what the list says of all; None where it says nothing.
    """

    count: int
    type: str
    cores: int
    memory: int
    stated_cores: int | None
    stated_memory: int | None


@dataclass(frozen=True, slots=True)
class Cost:
    """A line of a price list; monthly is USD a month, below 0 what is saved."""

    name: str
    group: str
    configuration: str
    monthly: Decimal
    machines: Machines | None
    note: str


@dataclass(frozen=True, slots=True)
class Costs:
    """The lines in the order of the spec, and the total that the list states (None: none)."""

    stated: Decimal | None
    items: tuple[Cost, ...]

    @property
    def total(self) -> Decimal:
        """Return the sum of the lines, USD a month."""
        return sum((item.monthly for item in self.items), Decimal(0))


@dataclass(frozen=True, slots=True)
class Tier:
    """One scale of the platform: its users, what it has to keep, and what it costs (None: not said)."""

    name: str
    users: int
    objectives: Objectives
    costs: Costs | None


def tiers_of(tiers: Tree, objectives: Tree) -> tuple[Tier, ...]:
    """Return the tiers, fewest users first; objectives are those of the whole platform, below each tier's own."""
    found = [
        Tier(
            name=name,
            users=int(Decimal(str(tier["users"]))),
            objectives=objectives_of(merge(merge({}, objectives), tier.get("objectives") or {})),
            costs=_costs(tier["costs"]) if tier.get("costs") else None,
        )
        for name, tier in tiers.items()
    ]
    return tuple(sorted(found, key=lambda tier: (tier.users, tier.name)))


def _costs(tree: Tree) -> Costs:
    return Costs(
        stated=Decimal(str(tree["stated"])) if "stated" in tree else None,
        items=tuple(_cost(name, item) for name, item in tree["items"].items()),
    )


def _cost(name: str, tree: Tree) -> Cost:
    return Cost(
        name=name,
        group=tree["group"],
        configuration=tree.get("configuration", ""),
        monthly=Decimal(str(tree["monthly"])),
        machines=_machines(tree["machines"]) if "machines" in tree else None,
        note=tree.get("note", ""),
    )


def _machines(tree: Tree) -> Machines:
    return Machines(
        count=int(tree["count"]),
        type=tree["type"],
        cores=int(tree["cores"]),
        memory=size_bytes(tree["memory"]),
        stated_cores=int(tree["statedCores"]) if "statedCores" in tree else None,
        stated_memory=decimal_bytes(tree["statedMemory"]) if "statedMemory" in tree else None,
    )
