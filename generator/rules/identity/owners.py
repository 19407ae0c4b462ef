"""Two Applications for one object, and two Applications of one name."""

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from generator.manifests.applications import Application
from generator.manifests.clusters import Repository
from generator.rules.rule import Mistake, repository_rule

if TYPE_CHECKING:
    from generator.manifests.object import Object


@repository_rule("identity/two-owners")
def two_owners(repository: Repository) -> Iterator[Mistake]:
    """Find objects that two Applications deliver to one cluster: each takes them back from the other."""
    owners: dict[tuple[str, int, str], int] = {}
    shared: dict[tuple[int, int], list[Object]] = defaultdict(list)
    for index, item in enumerate(repository.applications):
        if not item.resolved:
            continue
        for thing in dict.fromkeys(repository.delivered[index]):
            namespace = thing.namespace or item.target_namespace
            first = owners.setdefault((repository.cluster_of(item), id(thing.value), namespace), index)
            if first != index:
                shared[first, index].append(thing)
    for (first, index), things in shared.items():
        item, other = repository.applications[index], repository.applications[first]
        rest = f" and {len(things) - 1} more" if len(things) > 1 else ""
        message = (
            f"Application '{other.name}' delivers {things[0].kind} '{things[0].name}'{rest} to the same cluster too."
        )
        yield Mistake(item.object, _path(item), message, "Let one Application own the folder.")


def _path(item: Application) -> tuple[str | int, ...]:
    source = next((source for source in item.sources if source.folder is not None), None)
    return (*source.at, "path") if source is not None else item.base


@repository_rule("identity/duplicate-application")
def duplicate_application(repository: Repository) -> Iterator[Mistake]:
    """Find an ApplicationSet that makes an Application whose name is taken."""
    homes = {id(item.value): cluster.name for cluster in repository.clusters for item in cluster.of("ApplicationSet")}
    homes |= {id(item.value): cluster.name for cluster in repository.clusters for item in cluster.of("Application")}
    seen: dict[tuple[str, str, str], Application] = {}
    reported = set()
    for item in repository.applications:
        if "{{" in item.name or not item.name:
            continue
        first = seen.setdefault((homes.get(id(item.object.value), ""), item.namespace, item.name), item)
        made = next((one for one in (item, first) if one.object.kind == "ApplicationSet"), None)
        if first is item or made is None or (id(made.object), item.name) in reported:
            continue
        reported.add((id(made.object), item.name))
        where = "the set itself" if first.object is item.object else f"{first.object.kind} '{first.object.name}'"
        message = f"The Application '{item.name}' is made by {where} too."
        hint = "Put what differs between the elements into the name."
        yield Mistake(made.object, ("spec", "template", "metadata", "name"), message, hint)
