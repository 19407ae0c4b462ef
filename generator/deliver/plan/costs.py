"""plan/costs: the price lists of all tiers, their totals as stated and as computed."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from generator.deliver.markdown import plain, table
from generator.deliver.plan.numbers import money, number, size
from generator.derive.costs import CostSummary, MachinesCheck, check, summary
from generator.spec.costs import Cost, Costs, Tier
from generator.spec.model import Platform

_GI = 2**30
# Lists count memory in GB and mean GiB: only what is further apart contradicts.
_NEAR = Decimal("0.9")


def costs_data(platform: Platform) -> Mapping[str, Any]:
    """Return the costs of every tier that has a price list, USD a month."""
    return {
        "tier": platform.tier,
        "currency": "USD",
        "tiers": {tier.name: _tier(platform, tier, tier.costs) for tier in platform.tiers if tier.costs},
    }


def _tier(platform: Platform, tier: Tier, costs: Costs) -> Mapping[str, Any]:
    found = summary(tier, costs, platform.capacity)
    per_million = found.per_million_requests
    return {
        "users": tier.users,
        "stated_usd_per_month": None if found.stated is None else number(found.stated),
        "computed_usd_per_month": number(found.total),
        "stated_less_computed_usd_per_month": None if found.difference is None else number(found.difference),
        "groups_usd_per_month": {group: number(amount) for group, amount in found.groups.items()},
        "usd_per_user_per_month": number(found.per_user),
        "usd_per_million_requests": None if per_million is None else number(per_million),
        "items": [_item(item) for item in costs.items],
    }


def _item(item: Cost) -> Mapping[str, Any]:
    machines = None if item.machines is None else check(item.machines)
    result: dict[str, Any] = {
        "name": item.name,
        "group": item.group,
        "configuration": item.configuration,
        "usd_per_month": number(item.monthly),
    }
    if item.note:
        result["note"] = item.note
    if item.machines is not None and machines is not None:
        result["machines"] = {
            "count": item.machines.count,
            "type": item.machines.type,
            "cores": machines.cores,
            "stated_cores": machines.stated_cores,
            "memory_bytes": machines.memory,
            "stated_memory_bytes": machines.stated_memory,
        }
    return result


def costs_lines(platform: Platform) -> Iterator[str]:
    """Yield the page."""
    yield f"# Costs of {platform.name}"
    yield ""
    yield "USD a month, as the price lists of the spec say it: what a cloud bills depends on its contracts and on use."
    yield "Totals are computed from the items; a total that a list states is shown beside."
    yield ""
    priced = [(tier, tier.costs, summary(tier, tier.costs, platform.capacity)) for tier in platform.tiers if tier.costs]
    yield from table(
        ("", *(_heading(platform, tier) for tier, _, _ in priced)),
        [
            ("users", *(f"{tier.users:,}" for tier, _, _ in priced)),
            ("total, computed", *(money(found.total) for _, _, found in priced)),
            ("total, stated", *(_stated(found) for _, _, found in priced)),
            ("for each user", *(money(found.per_user) for _, _, found in priced)),
            ("for a million requests", *(_per_million(found) for _, _, found in priced)),
            *((plain(group), *(_group(found, group) for _, _, found in priced)) for group in _groups(priced)),
        ],
    )
    for tier, costs, found in priced:
        yield from _list(tier, costs, found)


def _heading(platform: Platform, tier: Tier) -> str:
    return f"{tier.name} (this environment)" if tier.name == platform.tier else tier.name


def _stated(found: CostSummary) -> str:
    return "not stated" if found.stated is None else money(found.stated)


def _per_million(found: CostSummary) -> str:
    return "not known" if found.per_million_requests is None else money(found.per_million_requests)


def _groups(priced: list[tuple[Tier, Costs, CostSummary]]) -> list[str]:
    """Return the groups of all lists: those of the largest tier in its order, then what only others have."""
    return list(dict.fromkeys(group for _, _, found in reversed(priced) for group in found.groups))


def _group(found: CostSummary, group: str) -> str:
    return money(found.groups[group]) if group in found.groups else "none"


def _list(tier: Tier, costs: Costs, found: CostSummary) -> Iterator[str]:
    yield f"## {tier.name}: {tier.users:,} users"
    yield ""
    rows = [
        (plain(i.group), plain(i.name), plain(i.configuration), money(i.monthly), plain(i.note)) for i in costs.items
    ]
    yield from table(("group", "item", "configuration", "USD a month", "note"), rows)
    if found.difference:
        more = "more" if found.difference > 0 else "less"
        yield f"**The list contradicts itself**: as its total it states {money(found.stated or found.total)}, which is"
        yield f"{money(abs(found.difference))} {more} than its items give together, {money(found.total)}. What is"
        yield "computed here takes the items."
        yield ""
    elif found.stated is not None:
        yield f"The items give the total that the list states, {money(found.total)}."
        yield ""
    for item in costs.items:
        if item.machines is not None:
            yield from _machines(item, check(item.machines))


def _machines(item: Cost, found: MachinesCheck) -> Iterator[str]:
    machines = item.machines
    if machines is None:
        return
    each = f"{machines.cores} cores and {machines.memory // _GI:,} GiB"
    yield f"{plain(item.name)}: {machines.count:,} of {plain(machines.type)} with {each} each have {found.cores:,}"
    yield f"cores and {found.memory // _GI:,} GiB ({size(found.memory)})."
    if found.stated_cores is not None and found.stated_cores != found.cores:
        yield f"**The list says {found.stated_cores:,} cores.**"
    ratio = found.memory_ratio
    if ratio is not None and found.stated_memory is not None and not _NEAR < ratio < 1 / _NEAR:
        yield f"**The list says {size(found.stated_memory)} of memory, {ratio} times what these machines have.**"
    yield ""
