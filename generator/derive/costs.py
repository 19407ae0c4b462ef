"""What a tier costs: the sum of its price list beside the total that it states, by group, by user and by request."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

from generator.derive.capacity import DAYS
from generator.spec.capacity import Capacity
from generator.spec.costs import Costs, Machines, Tier

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class CostSummary:
    """A price list summed up, USD a month; groups in the order of the list.

    difference is the stated total less the computed one; per_user and per_million_requests are of a month of 30 days,
    rounded to cents, None where users, requests or a total are not known.
    """

    total: Decimal
    stated: Decimal | None
    difference: Decimal | None
    groups: Mapping[str, Decimal]
    per_user: Decimal
    per_million_requests: Decimal | None


@dataclass(frozen=True, slots=True)
class MachinesCheck:
    """Machines of a price list: cores and bytes of memory of all by their type, and what the list says of them."""

    cores: int
    memory: int
    stated_cores: int | None
    stated_memory: int | None

    @property
    def memory_ratio(self) -> Decimal | None:
        """Return how many times the types' memory is stated, to two digits."""
        if self.stated_memory is None:
            return None
        return decimal_of(Fraction(self.stated_memory, self.memory))


def summary(tier: Tier, costs: Costs, capacity: Capacity | None) -> CostSummary:
    """Return a tier's price list summed up."""
    groups: dict[str, Decimal] = {}
    for item in costs.items:
        groups[item.group] = groups.get(item.group, Decimal(0)) + item.monthly
    total = costs.total
    requests = None if capacity is None else tier.users * capacity.requests_per_user * DAYS
    return CostSummary(
        total=total,
        stated=costs.stated,
        difference=None if costs.stated is None else costs.stated - total,
        groups=groups,
        per_user=decimal_of(Fraction(total) / tier.users),
        per_million_requests=None if not requests else decimal_of(Fraction(total) * 1_000_000 / requests),
    )


def check(machines: Machines) -> MachinesCheck:
    """Return what all machines of a line have together."""
    return MachinesCheck(
        cores=machines.count * machines.cores,
        memory=machines.count * machines.memory,
        stated_cores=machines.stated_cores,
        stated_memory=machines.stated_memory,
    )


def decimal_of(value: Fraction, step: Decimal = CENT) -> Decimal:
    """Return a fraction rounded to a step, half to even."""
    whole = round(value / Fraction(step))  # Python rounds fractions exactly, half to even
    return (Decimal(whole) * step).quantize(step, ROUND_HALF_EVEN)
