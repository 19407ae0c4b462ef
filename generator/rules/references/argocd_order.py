"""The order in which Argo CD creates things: phases and waves of objects, and which of two Applications comes first."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from generator.manifests import values
from generator.manifests.clusters import Repository
from generator.manifests.object import Object
from generator.rules.references.argocd_settings import PREFIX

WAVE = f"{PREFIX}sync-wave"
_AT: values.Path = ("metadata", "annotations", WAVE)
_PHASES = {"PreSync": 0, "Sync": 1, "PostSync": 2}


def order(of: Object) -> tuple[int, int] | None:
    """Return (phase, wave) of an object, or None for what no sync waits for."""
    stated = [part.strip() for part in of.annotations.get(f"{PREFIX}hook", "Sync").split(",")]
    phases = [_PHASES[part] for part in stated if part in _PHASES]
    wave = of.annotations.get(WAVE, "0")
    return (min(phases), int(wave)) if phases and re.fullmatch(r"[+-]?\d{1,9}", wave) else None


def wave_path(of: Object) -> values.Path:
    """Return where an object says its wave; its name when it says none."""
    return _AT if WAVE in of.annotations else ("metadata", "name")


@dataclass(frozen=True, slots=True)
class Pair:
    """Two objects that one Application creates, one for the first and one for the second of two Applications.

    They are the two Applications themselves, or those above them (an app of apps in an app of apps): where their
    families part is where their order is decided.
    """

    first: Object
    second: Object


class Families:
    """Which Application delivers which, in one tree."""

    def __init__(self, repository: Repository, kinds: tuple[str, ...] = ("Application",)) -> None:
        self._repository = repository
        self._parents = _parents(repository, kinds)

    def pair(self, first: int, second: int) -> Pair | None:
        """Return how two Applications (their indexes) are ordered, or None when nothing orders them."""
        mine, theirs = list(self._line(first)), list(self._line(second))
        common = next((index for index in mine if index in theirs), None)
        if common is None or common in {first, second}:
            return None
        one = self._repository.applications[mine[mine.index(common) - 1]].object
        other = self._repository.applications[theirs[theirs.index(common) - 1]].object
        return None if one is other else Pair(one, other)

    def _line(self, index: int) -> Iterator[int]:
        seen: set[int] = set()
        at: int | None = index
        while at is not None and at not in seen:
            seen.add(at)
            yield at
            at = self._parents.get(at)


def _parents(repository: Repository, kinds: tuple[str, ...]) -> Mapping[int, int]:
    """Return which Application delivers each: by itself, or by the ApplicationSet that generates it."""
    positions: dict[int, list[int]] = defaultdict(list)
    for index, item in enumerate(repository.applications):
        positions[id(item.object.value)].append(index)
    found: dict[int, int] = {}
    for index, things in repository.delivered.items():
        for thing in things:
            for child in positions.get(id(thing.value), ()) if thing.kind in kinds else ():
                if child != index:
                    found.setdefault(child, index)
    return found
