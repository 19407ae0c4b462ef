"""One object, one owner."""

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from generator.manifests.cluster import Cluster
from generator.rules.rule import Mistake, rule

if TYPE_CHECKING:
    from generator.manifests.object import Object


@rule("identity/duplicate-object")
def duplicate_object(cluster: Cluster) -> Iterator[Mistake]:
    """Find objects that stand twice in one cluster: who applies last wins."""
    seen: dict[tuple[str, str, str, str], list[Object]] = defaultdict(list)
    for item in cluster.objects:
        if item.name and "generateName" not in item.mapping("metadata"):
            seen[item.group, item.kind, item.namespace, item.name].append(item)
    for first, *others in seen.values():
        for item in others:
            where = f"{first.place.shown}" if first.place.shown != item.place.shown else "this file"
            message = f"{item} stands in {where} too; whichever is applied last wins."
            yield Mistake(item, ("metadata", "name"), message, "Remove one of them, or give it another name.")
