"""One object, one owner."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from generator.manifests.clusters import Repository
from generator.manifests.object import Object
from generator.rules.rule import Mistake, repository_rule


@repository_rule("identity/duplicate-object")
def duplicate_object(repository: Repository) -> Iterator[Mistake]:
    """Find objects that stand twice in one cluster: who applies last wins."""
    built = repository.manifests.kustomizations
    for cluster in repository.clusters:
        seen: dict[tuple[str, str, str, str], list[Object]] = defaultdict(list)
        for item in cluster.objects:
            if item.name and "generateName" not in item.mapping("metadata"):
                seen[item.group, item.kind, item.namespace, item.name].append(item)
        for first, *others in seen.values():
            for item in others:
                # Overlays are alternatives: each holds its own object of a name, and one of them is built.
                if built and _built_by(repository, first, built) != _built_by(repository, item, built):
                    continue
                where = f"{first.place.shown}" if first.place.shown != item.place.shown else "this file"
                message = f"{item} stands in {where} too; whichever is applied last wins."
                yield Mistake(item, ("metadata", "name"), message, "Remove one of them, or give it another name.")


def _built_by(repository: Repository, item: Object, built: Mapping[str, object]) -> str | None:
    """Return the folder of the nearest kustomization above an object, or None."""
    for folder in PurePosixPath(repository.manifests.relative(item)).parents:
        name = "" if str(folder) == "." else str(folder)
        if name in built:
            return name
    return None
