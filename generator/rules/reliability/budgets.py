"""Disruption budgets: that a node can be drained, and that the budget protects something."""

from collections.abc import Iterator, Mapping

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.manifests.workload import Workload
from generator.rules.reliability.amounts import percentage, share
from generator.rules.reliability.scale import PodIndex, Scale, scale_of, scalers
from generator.rules.rule import Mistake, rule

_FIELDS = ("minAvailable", "maxUnavailable")


@rule("reliability/pdb-blocks-drain")
def pdb_blocks_drain(cluster: Cluster) -> Iterator[Mistake]:
    """Find a budget that allows no eviction, at the fewest pods that its workload has."""
    ranges, pods = scalers(cluster), PodIndex(cluster)
    for item in cluster.of("PodDisruptionBudget", "policy"):
        most, least = item.dig("spec", "maxUnavailable"), item.dig("spec", "minAvailable")
        if share(most, 100) == 0:
            message = f"maxUnavailable {most} allows no eviction, so no node with such a pod can be drained."
            yield Mistake(item, ("spec", "maxUnavailable"), message, "Allow 1 pod at least.")
        elif percentage(least) == 100:
            message = "minAvailable 100% allows no eviction, so no node with such a pod can be drained."
            yield Mistake(item, ("spec", "minAvailable"), message, "Use `maxUnavailable: 1`.")
        elif share(least, 100) is not None:
            yield from _too_many(item, least, pods.selected(item.namespace, item.mapping("spec", "selector")), ranges)


def _too_many(
    budget: Object, least: values.Value, pods: list[Workload], ranges: Mapping[tuple[str, str, str], Scale]
) -> Iterator[Mistake]:
    scales = [found for item in pods if (found := scale_of(item, ranges)) is not None]
    if not scales or len(scales) < len(pods) or any(None in _wanted_labels(budget, item) for item in pods):
        return
    fewest = sum(max(item.least, 1 if item.scaler else 0) for item in scales)
    wanted = share(least, fewest)
    if wanted is None or fewest == 0 or wanted < fewest:
        return
    scaler = next((item.scaler for item in scales if item.scaler), None)
    # Scaled to nothing, a workload has a single pod only for a while.
    from_zero = any(item.scaler and item.least < 1 for item in scales)
    who = f"{pods[0].object.kind}/{pods[0].object.name}" if len(pods) == 1 else f"the {len(pods)} workloads selected"
    has = f"has {fewest} at the minimum of {scaler.kind}/{scaler.name}" if scaler else f"has {fewest}"
    message = f"minAvailable {least} keeps {wanted} pods, and {who} {has}: no eviction is ever allowed."
    hint = "Use `maxUnavailable: 1`, or run more replicas." if fewest == 1 else "Use `maxUnavailable: 1`."
    yield Mistake(budget, ("spec", "minAvailable"), message, hint, Severity.WARNING if from_zero else None)


def _wanted_labels(budget: Object, pods: Workload) -> list[str | None]:
    """Return the values of the labels that the budget selects by; None for one that the operator changes."""
    wanted = values.labels(budget.value, "spec", "selector", "matchLabels")
    return [pods.labels.get(key) for key in wanted]


@rule("reliability/pdb-invalid")
def pdb_invalid(cluster: Cluster) -> Iterator[Mistake]:
    """Find what the API server refuses in a budget."""
    for item in cluster.of("PodDisruptionBudget", "policy"):
        spec = item.mapping("spec")
        if all(spec.get(name) is not None for name in _FIELDS):
            message = "minAvailable and maxUnavailable exclude each other; the API server refuses both."
            yield Mistake(item, ("spec", "minAvailable"), message, "Keep maxUnavailable.")
        for name in _FIELDS:
            yield from _bad_amount(item, ("spec", name))


def _bad_amount(item: Object, path: values.Path) -> Iterator[Mistake]:
    value = item.dig(*path)
    number = percentage(value)
    if isinstance(value, str) and number is None:
        yield Mistake(item, path, f"'{value}' is neither a number nor a percentage.", f"Write 1 or '{_mended(value)}'.")
    elif number is not None and number > 100:
        yield Mistake(item, path, f"{value} is more than all pods.", "Write 100% at most.")
    elif isinstance(value, int) and value < 0:
        yield Mistake(item, path, f"{value} pods are fewer than none.", "Write 0 at least.")


def _mended(value: str) -> str:
    digits = "".join(letter for letter in value if letter.isdecimal())
    return f"{digits[:3]}%" if digits else "25%"


@rule("reliability/pdb-protects-nothing", Severity.WARNING)
def pdb_protects_nothing(cluster: Cluster) -> Iterator[Mistake]:
    """Find a budget that lets every pod go at once."""
    ranges, pods = scalers(cluster), PodIndex(cluster)
    for item in cluster.of("PodDisruptionBudget", "policy"):
        least, most = item.dig("spec", "minAvailable"), item.dig("spec", "maxUnavailable")
        if least is None and most is None:
            message = "neither minAvailable nor maxUnavailable is set, so all pods may be evicted at once."
            yield Mistake(item, ("spec",), message, "Set `maxUnavailable: 1`.")
        elif share(least, 100) == 0 and most is None:
            yield Mistake(item, ("spec", "minAvailable"), f"minAvailable {least} protects no pod.", "Keep 1 at least.")
        elif share(most, 100) is not None:
            found = pods.selected(item.namespace, item.mapping("spec", "selector"))
            counts = [scale_of(one, ranges) for one in found]
            total = sum(one.most for one in counts if one)
            allowed = share(most, total)
            if found and None not in counts and total > 1 and allowed is not None and allowed >= total:
                message = f"maxUnavailable {most} lets all {total} pods be evicted at once."
                yield Mistake(item, ("spec", "maxUnavailable"), message, "Set `maxUnavailable: 1`.")


@rule("reliability/pdb-overlap")
def pdb_overlap(cluster: Cluster) -> Iterator[Mistake]:
    """Find two budgets for one pod: the eviction API answers with an error for it."""
    index = PodIndex(cluster)
    owner: dict[int, Object] = {}
    for item in cluster.of("PodDisruptionBudget", "policy"):
        for pods in index.selected(item.namespace, item.mapping("spec", "selector")):
            first = owner.setdefault(id(pods.object), item)
            if first is not item and pods.complete and (first.name != item.name):
                message = (
                    f"PodDisruptionBudget/{first.name} selects the pods of {pods.object.kind}/{pods.object.name} too; "
                    "a pod with two budgets cannot be evicted."
                )
                yield Mistake(item, ("spec", "selector"), message, "Remove one of the budgets, or narrow its selector.")
                break
