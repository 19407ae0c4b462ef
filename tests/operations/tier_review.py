"""What differs between an environment and the same one at another tier, field by field, as docs/platforms says it."""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import yaml
from rendering import Manifest, Rendered

NONE = "none"
WORD = re.compile(r"[^\s,{}()\[\]]+")
NAMES = ("name", "alert", "record", "key", "alias", "metricName")

# Part of the page → kinds of object that it is about. A kind that differs and is in none is a failure of the test.
PARTS: Mapping[str, tuple[str, ...]] = {
    "Pods and autoscalers": (
        "AnalysisTemplate", "Deployment", "HorizontalPodAutoscaler", "PodDisruptionBudget", "Rollout", "ScaledObject",
        "StatefulSet",
    ),
    "Quotas": ("ResourceQuota",),
    "Nodes": ("ContainerNodePool", "NodePool"),
    "Stores": (
        "Cluster", "ConfigMap", "CronJob", "Elasticsearch", "Kafka", "KafkaMirrorMaker2", "KafkaNodePool", "KafkaTopic",
    ),
    "Pipeline": ("FlinkDeployment", "ScheduledSparkApplication", "SparkApplication"),
    "Metrics and logs": ("Logstash", "Prometheus"),
    "Charts of operators and gateways": ("Application",),
    "Objectives and alerts": ("PrometheusRule",),
}  # fmt: skip

GROWS = "never shrinks"
BY_HAND = "never shrinks; by hand"
RESTARTS = "restarts"
NODES = "new nodes"
REFUSED = "a new pool"
EMPTY = "empty before less"
NOTES: Mapping[str, str] = {
    RESTARTS: "pods are made anew, one after the other as their budgets let it.",
    GROWS: "the operator makes volumes larger while they are in use. Nothing makes them smaller.",
    BY_HAND: "the same, but Kubernetes refuses the change itself: it is made [by hand](../operations.md#volumes).",
    EMPTY: "more is simple. For less, what leaves is emptied first: shards move, which takes hours.",
    NODES: "Karpenter replaces the nodes one after the other, as budgets of pods let it.",
    REFUSED: "Config Connector changes no machine and no disk of a pool that is there: see above.",
}
# (kind, field) → what a reviewer has to know; the first that fits.
EFFECTS: tuple[tuple[str, str, str], ...] = (
    ("StatefulSet", "*.volumeClaimTemplates*", BY_HAND),
    ("Prometheus", "*.volumeClaimTemplate.*", BY_HAND),
    ("CronJob", "*", ""),
    ("ConfigMap", "*", ""),
    ("*", "*torage.size", GROWS),
    ("KafkaNodePool", "*.size", GROWS),
    ("*", "*.volumeClaimTemplates*", GROWS),
    ("Elasticsearch", "*.count", EMPTY),
    ("ContainerNodePool", "*.nodeConfig.*", REFUSED),
    ("NodePool", "*.template.*", NODES),
    ("Cluster", "*.effective_cache_size", ""),
    ("Kafka", "*.config.*", ""),
    ("*", "*.resources.*", RESTARTS),
    ("Cluster", "*.parameters.*", RESTARTS),
    ("KafkaNodePool", "*.jvmOptions.*", RESTARTS),
    ("Deployment", "*.env*", RESTARTS),
    ("StatefulSet", "*.env*", RESTARTS),
    ("Logstash", "*.config.*", RESTARTS),
    ("Prometheus", "*.retentionSize", RESTARTS),
    ("FlinkDeployment", "*.parallelism", RESTARTS),
    ("SparkApplication", "*", RESTARTS),
    ("KafkaMirrorMaker2", "*.tasksMax", RESTARTS),
)


@dataclass(frozen=True, slots=True)
class Row:
    """Fields of a kind that differ in the same way, and where; places are (object, region)."""

    kind: str
    fields: tuple[str, ...]
    before: str
    after: str
    places: frozenset[tuple[str, str]]

    @property
    def effect(self) -> str:
        """Return what a reviewer has to know of it, "" for nothing."""
        return next(filter(None, (_effect(self.kind, field) for field in self.fields)), "")


def _effect(kind: str, field: str) -> str:
    fits = (effect for of, path, effect in EFFECTS if fnmatchcase(kind, of) and fnmatchcase(field, path))
    return next(fits, "")


def appeared(old: Rendered, new: Rendered) -> tuple[list[str], list[str]]:
    """Return the paths of the objects that only the new tree has, and of those that only the old one has."""
    return sorted(new.objects.keys() - old.objects.keys()), sorted(old.objects.keys() - new.objects.keys())


def rows(old: Mapping[str, Manifest], new: Mapping[str, Manifest]) -> tuple[Row, ...]:
    """Return the fields that differ between the objects of two trees, by kind and field."""
    found: dict[tuple[str, str, str, str], set[tuple[str, str]]] = {}
    for path in sorted(old.keys() & new.keys()):
        for field, before, after in _leaves(old[path], new[path], ""):
            if not field.endswith((".summary", ".description")):  # they say the numbers of the expression
                shown, place = _place(path, old[path], field)
                found.setdefault((old[path]["kind"], shown, *_shortened(before, after)), set()).add(place)
    merged: dict[tuple[str, str, str, frozenset[tuple[str, str]]], list[str]] = {}
    for (kind, field, before, after), places in sorted(found.items()):
        merged.setdefault((kind, before, after, frozenset(places)), []).append(field)
    by_field = sorted(merged.items(), key=lambda item: (item[0][0], item[1], item[0][1:3]))
    return tuple(Row(kind, tuple(fields), *shown) for (kind, *shown), fields in by_field)  # type: ignore[arg-type]


def _place(path: str, item: Manifest, field: str) -> tuple[str, tuple[str, str]]:
    """Return a field without names that say nothing more, and the (object, region) that it is of."""
    region = path.removeprefix("clusters/").removeprefix("argocd/hub/components/").partition("/")[0]
    name = path.rpartition("/")[2].removesuffix(".yaml") if item["kind"] == "Application" else item["metadata"]["name"]
    rule = re.search(r"\.rules\[([^\]]+)\]\.(.+)$", field)
    if rule:
        return f"rules[].{rule[2]}", (rule[1], region)
    return field.replace(f"[{name}]", "[]"), (name, region)


def _leaves(old: Any, new: Any, field: str) -> Iterator[tuple[str, str, str]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            yield from _leaves(old.get(key), new.get(key), f"{field}.{key}" if field else str(key))
    elif isinstance(old, list) and isinstance(new, list):
        yield from _items(old, new, field)
    elif old != new:
        inner = _parsed(old), _parsed(new)
        if isinstance(inner[0], dict) and isinstance(inner[1], dict):
            yield from _leaves(*inner, field)
        else:
            yield field, _text(old), _text(new)


def _items(old: Sequence[Any], new: Sequence[Any], field: str) -> Iterator[tuple[str, str, str]]:
    """Compare lists: items by their name where they have one, plain values as a whole, others by their place."""
    named = [{_name(item): item for item in items} for items in (old, new)]
    if all(len(one) == len(items) and None not in one for one, items in zip(named, (old, new), strict=True)):
        for name in sorted({*map(str, named[0]), *map(str, named[1])}):
            yield from _leaves(named[0].get(name), named[1].get(name), f"{field}[{name}]")
    elif len(old) != len(new) or not all(isinstance(item, dict) for item in (*old, *new)):
        if old != new:
            yield field, _text(old), _text(new)
    else:
        for before, after in zip(old, new, strict=True):
            yield from _leaves(before, after, f"{field}[]")


def _name(item: Any) -> str | None:
    """Return what an item of a list is called; a rule by what it records or alerts."""
    if not isinstance(item, dict):
        return None
    if isinstance(item.get("metadata"), dict) and "name" in item["metadata"]:
        return str(item["metadata"]["name"])
    return next((str(item[key]) for key in NAMES if key in item), None)


def _parsed(value: Any) -> Any:
    """Return a manifest that stands as text within an object; anything else as it is."""
    if isinstance(value, str) and value.startswith("apiVersion: "):
        return yaml.safe_load(value)
    return value


def _text(value: Any) -> str:
    if value is None:
        return NONE
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return value if isinstance(value, str) else json.dumps(value)


def _shortened(before: str, after: str) -> tuple[str, str]:
    """Return of two expressions the words that differ, once each; of anything else what was given."""
    words = [WORD.findall(text) for text in (before, after)]
    expression = any(sign in before for sign in ("(", " > ", " <= "))
    if not expression or len(words[0]) != len(words[1]):
        return before, after
    pairs = dict.fromkeys((a, b) for a, b in zip(*words, strict=True) if a != b)
    return ", ".join(a for a, _ in pairs), ", ".join(b for _, b in pairs)


def tables(found: Collection[Row], regions: Collection[str], tiers: tuple[str, str]) -> Iterator[str]:
    """Yield the lines of a table for each part of PARTS that has rows."""
    for part, kinds in PARTS.items():
        here = [row for row in found if row.kind in kinds]
        if here:
            yield from ("", f"### {part}", "")
            yield f"| kind | field | where | {tiers[0]} | {tiers[1]} | |"
            yield "| --- | --- | --- | --- | --- | --- |"
        for row in here:
            fields = ", ".join(f"`{field}`" for field in _folded(row.fields))
            cells = (row.kind, fields, _where(row, regions), _code(row.before), _code(row.after), row.effect)
            yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _folded(fields: Sequence[str]) -> list[str]:
    """Return fields of one parent without repeating it: spec.resources.limits.memory, ....requests.memory."""
    first, *others = fields
    shown = [first]
    for field in others:
        start = 0
        for end in (match.end() for match in re.finditer(r"\.", first)):
            if field[:end] == first[:end]:
                start = end
        shown.append(f"...{field[start:]}" if start else field)
    return shown


def _where(row: Row, regions: Collection[str]) -> str:
    """Return the objects of a row; with the regions where it is not in all of them."""
    names = sorted({name for name, _ in row.places})
    here = {region for _, region in row.places}
    shown = ", ".join(names) if len(names) <= 8 else f"{', '.join(names[:3])} and {len(names) - 3} more"
    return shown + ("" if here == set(regions) else f" ({', '.join(sorted(here))})")


def _code(text: str) -> str:
    return f"`{text}`" if "=" in text else text


def costs_and_capacity(old: Rendered, new: Rendered) -> Iterator[str]:
    """Yield the lines of what a month costs by the price lists, and of what the capacity model finds in both trees."""
    tiers = (old.platform.tier, new.platform.tier)
    costs = json.loads(new.files["plan/costs.json"])["tiers"]
    yield from ("", f"| USD a month | {tiers[0]} | {tiers[1]} |", "| --- | --- | --- |")
    groups = dict.fromkeys(group for tier in tiers for group in costs[tier]["groups_usd_per_month"])
    for group in groups:
        yield _row(group, *(costs[tier]["groups_usd_per_month"].get(group, 0) for tier in tiers))
    yield _row("sum of the items", *(costs[tier]["computed_usd_per_month"] for tier in tiers))
    yield _row("as the list states it", *(costs[tier]["stated_usd_per_month"] for tier in tiers))
    yield from ("", f"| in a region | {tiers[0]} | {tiers[1]} |", "| --- | --- | --- |")
    plans = [json.loads(tree.files["plan/capacity.json"]) for tree in (old, new)]
    for region in plans[0]["regions"]:
        for key in ("cores_at_minimum", "cores_at_maximum", "nodes_at_most", "cores_of_nodes"):
            values = [plan["regions"][region][key] for plan in plans]
            yield _row(f"{region}, {key.replace('_', ' ')}", *values)
    yield from (
        "",
        f"| carried by the services' maximum and their nodes | {tiers[0]} | {tiers[1]} |",
        "| --- | --- | --- |",
    )
    for before, after in zip(*(plan["cases"] for plan in plans), strict=True):
        lost = f"without {before['lost_region']}" if before["lost_region"] else "with all regions"
        yield f"| {before['demand']}, {lost} | {_verdict(before)} | {_verdict(after)} |"


def _row(name: str, before: float, after: float) -> str:
    return f"| {name} | {before:,} | {after:,} |"


def _verdict(case: Mapping[str, Any]) -> str:
    return "yes" if case["carried"] else "**no**"
