"""Strategic merge patches as kustomize merges them (kyaml's merge2 with the Kubernetes schema that it carries).

Null removes a key, so that no value can become null. Lists are replaced whole, but for those of a pod that have a merge
key: what a patch names comes first in the merged list, so that it names all elements before the last that it changes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generator.deliver.kustomize.lists import SETS, MergedLists
from generator.deliver.kustomize.source import Tree, same

# Elements that a patch names only to keep their order. With more of them an index reads better.
_MENTIONS = 3
# Scalars of a list that is written whole although some of them stay.
_WHOLE_LIST = 8

# kustomize makes strings of a patch's labels and annotations when it reads it: a null sets them to "null".
_STRINGS = ("metadata",)


class _Inexpressible(Exception):  # noqa: N818  (an outcome, caught in this module)
    """A strategic merge patch cannot say this change, or not so that a person would like to read it."""


@dataclass(slots=True)
class _Merge:
    """One patch in the making: how many elements it had to mention without a change."""

    lists: MergedLists
    mentions: int = 0

    def mapping(self, base: Tree, target: Tree, path: tuple[str, ...]) -> Tree:
        patch: Tree = {key: None for key in base if key not in target}
        for key, value in target.items():
            if key not in base:
                patch[key] = self.added(key, value)
            elif not same(base[key], value):
                patch[key] = self.value(base[key], value, (*path, key))
        if any(key.startswith("$") for key in patch) or (None in patch.values() and path[:1] == _STRINGS):
            raise _Inexpressible
        return patch

    def value(self, base: object, target: object, path: tuple[str, ...]) -> object:
        if isinstance(base, dict) and isinstance(target, dict):
            return self.mapping(base, target, path)
        if isinstance(base, list) and isinstance(target, list):
            return self.sequence(base, target, path)
        if type(base) is not type(target) or (str(target).startswith("\t") and "\n" in str(base)):
            # The new value would take over the old one's quotes, and with them its type; or its block, which has no
            # indentation that a reader could tell where it begins with a tab.
            raise _Inexpressible
        return target

    def sequence(self, base: list[object], target: list[object], path: tuple[str, ...]) -> object:
        key = self.lists.merge_key(path)
        if key is not None:
            return self.keyed(_by_key(base, key), _by_key(target, key), key, path)
        if path[-1] in SETS or not all(map(_is_scalar, (*base, *target))):
            raise _Inexpressible
        if len(target) > _WHOLE_LIST and 2 * sum(value in base for value in target) > len(target):
            raise _Inexpressible
        return target

    def added(self, key: str, value: Any) -> Any:
        """Return a value that is new, if kustomize takes it as it is: it drops nulls and obeys keys with a dollar."""
        if value is None or _is_special(value) or not self.lists.are_tidy({key: value}):
            raise _Inexpressible
        return value

    def keyed(
        self, base: Mapping[str, Tree], target: Mapping[str, Tree], key: str, path: tuple[str, ...]
    ) -> list[Tree]:
        if not target:  # kustomize leaves no empty list behind
            raise _Inexpressible
        patch: list[Tree] = []
        for name in list(target)[: _named(base, target)]:
            element = {key: name}
            if name not in base:
                element |= self.added("", target[name])
            elif same(base[name], target[name]):
                self.mentions += 1
            else:
                element |= self.mapping(base[name], target[name], (*path, "*"))
            patch.append(element)
        return [*patch, *({"$patch": "delete", key: name} for name in base if name not in target)]


def strategic_merge(base: Tree, target: Tree, *, readable: bool) -> Tree | None:
    """Return the patch that makes one object of another, without the object's identity.

    None: a strategic merge patch cannot say it, or (if readable) would name many elements for their order alone.
    """
    lists = MergedLists(str(base["apiVersion"]), str(base["kind"]))
    if not lists.are_tidy(base):
        return None
    merge = _Merge(lists)
    try:
        patch = merge.mapping(base, target, ())
    except _Inexpressible:
        return None
    return None if readable and merge.mentions > _MENTIONS else patch


def _named(base: Mapping[str, Tree], target: Mapping[str, Tree]) -> int:
    """Return how many elements, from the first on, a patch has to name so that the others follow as they should."""
    names = list(target)
    for count in range(len(names)):
        named = set(names[:count])
        rest = [name for name in base if name in target and name not in named]
        if names[count:] == rest and all(same(base[name], target[name]) for name in rest):
            return count
    return len(names)


def _by_key(elements: Sequence[object], key: str) -> Mapping[str, Tree]:
    """Return the elements by their merge key; only where each has its own, and it is a string."""
    found: dict[str, Tree] = {}
    for element in elements:
        name = element.get(key) if isinstance(element, dict) else None
        if not isinstance(element, dict) or not isinstance(name, str) or not name or name in found:
            raise _Inexpressible
        found[name] = element
    return found


def _is_special(value: object) -> bool:
    if isinstance(value, dict):
        return any(key.startswith("$") or each is None or _is_special(each) for key, each in value.items())
    return isinstance(value, list) and any(map(_is_special, value))


def _is_scalar(value: object) -> bool:
    return not isinstance(value, dict | list)
