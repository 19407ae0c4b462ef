"""Renders the files of plan/."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from generator.deliver.document import File
from generator.deliver.markdown import table
from generator.deliver.plan.capacity import capacity_data, capacity_lines
from generator.deliver.plan.costs import costs_data, costs_lines
from generator.deliver.plan.numbers import NONE, money, rate, size
from generator.deliver.plan.objectives import objectives_data, objectives_lines, target_rows
from generator.deliver.plan.topology import topology_data, topology_lines
from generator.derive.capacity import demand
from generator.derive.costs import summary
from generator.spec.costs import Tier
from generator.spec.model import Platform

FOLDER = "plan"


def render_plan(platform: Platform) -> tuple[File, ...]:
    """Return the files of plan/: an overview, and a page with its JSON of all that the spec speaks of."""
    pages: dict[str, tuple[Mapping[str, Any], Iterable[str]]] = {
        "topology": (topology_data(platform), topology_lines(platform))
    }
    if _has_objectives(platform):
        pages["objectives"] = (objectives_data(platform), objectives_lines(platform))
    if platform.capacity is not None:
        capacity = platform.capacity
        pages["capacity"] = (capacity_data(platform, capacity), capacity_lines(platform, capacity))
    if any(tier.costs for tier in platform.tiers):
        pages["costs"] = (costs_data(platform), costs_lines(platform))
    files = [_file("README.md", _overview(platform, sorted(pages)))]
    for name, (data, lines) in pages.items():
        files.append(_file(f"{name}.json", [json.dumps(data, indent=2, ensure_ascii=False)]))
        files.append(_file(f"{name}.md", lines))
    return tuple(sorted(files, key=lambda file: file.path))


def _has_objectives(platform: Platform) -> bool:
    found = (service.objectives for services in platform.services.values() for service in services.values())
    asked = (platform.objectives, *(tier.objectives for tier in platform.tiers), *found)
    return any(each.budget is not None or each.latency or each.throughput or each.processing for each in asked)


def _file(name: str, lines: Iterable[str]) -> File:
    content = ("\n".join(lines).rstrip("\n") + "\n").encode()
    path = f"{FOLDER}/{name}"
    return File(path=path, content=content, owner=path, input_hash=hashlib.sha256(content).hexdigest())


_ABOUT = {
    "capacity": "what users ask for, what the services can reach, what the loss of a region leaves",
    "costs": "the price lists of all tiers, their totals as stated and as computed",
    "objectives": "what has to be kept, and the alerts on it",
    "topology": "regions, who takes over from whom, who calls whom",
}


def _overview(platform: Platform, pages: Iterable[str]) -> Iterator[str]:
    yield f"# Plan of {platform.name} in {platform.environment}"
    yield ""
    yield f"Written by gen from `environments/{platform.name}/`: change the spec there and render again."
    yield ""
    yield from (f"- [{name}]({name}.md): {_ABOUT[name]} ([JSON]({name}.json))" for name in pages)
    yield ""
    if platform.tiers:
        yield from _tiers(platform)


def _tiers(platform: Platform) -> Iterator[str]:
    yield "## The tiers side by side"
    yield ""
    yield "A tier is one line of an environment: `tier: NAME`."
    yield ""
    tiers = platform.tiers
    header = ("", *(f"{tier.name} (this environment)" if tier.name == platform.tier else tier.name for tier in tiers))
    rows: list[tuple[str, ...]] = [("users", *(f"{tier.users:,}" for tier in tiers))]
    rows += target_rows({tier.name: tier.objectives for tier in tiers})
    if platform.capacity is not None:
        needs = [demand(platform.capacity, tier.users) for tier in tiers]
        rows += [
            ("model: requests a second at the peak", *(rate(each.peak.requests) for each in needs)),
            ("model: cores", *(f"{each.peak.cores:,}" for each in needs)),
            ("model: memory", *(size(each.peak.memory) for each in needs)),
            ("model: storage a month", *(size(each.storage) for each in needs)),
            ("model: transfer a month", *(size(each.transfer) for each in needs)),
            ("model: nodes", *(f"{each.peak.nodes:,}" for each in needs)),
        ]
    if any(tier.costs for tier in tiers):
        rows += [
            ("price list: machines", *(_machines(tier) for tier in tiers)),
            ("price list: items", *(NONE if tier.costs is None else str(len(tier.costs.items)) for tier in tiers)),
            ("price list: total stated, USD a month", *(_stated(tier) for tier in tiers)),
            ("price list: total of the items, USD a month", *(_computed(platform, tier) for tier in tiers)),
        ]
    yield from table(header, rows)
    if any(tier.costs for tier in tiers) and platform.capacity is not None:
        yield "Model and price list are two statements of the spec: the one says what the peak of the users needs, the"
        yield "other what is bought for it, for all regions and all that runs beside the services."
        yield ""


def _machines(tier: Tier) -> str:
    found = [item.machines for item in tier.costs.items if item.machines] if tier.costs else []
    return ", ".join(f"{each.count:,} of {each.type}" for each in found) or NONE


def _stated(tier: Tier) -> str:
    return NONE if tier.costs is None or tier.costs.stated is None else money(tier.costs.stated)


def _computed(platform: Platform, tier: Tier) -> str:
    if tier.costs is None:
        return NONE
    found = summary(tier, tier.costs, platform.capacity)
    contradicts = f" (**{money(abs(found.difference))} apart**)" if found.difference else ""
    return f"{money(found.total)}{contradicts}"
