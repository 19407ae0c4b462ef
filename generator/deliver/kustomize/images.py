"""The `images:` transformer: which images a region takes from elsewhere, where that is all that it would change.

Kustomize takes an entry's name for a regular expression and changes every container of every object that it matches.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from generator.deliver.kustomize.source import Tree

# Names that mean themselves as a regular expression, but for their dots.
_is_plain_name = re.compile(r"[A-Za-z0-9._/:-]+").fullmatch
_VERSION = r"(:[a-zA-Z0-9_.{}-]*)?(@[a-zA-Z0-9]+([.+_-][a-zA-Z0-9]+)*:[a-zA-Z0-9_.{}-]*)?"
_CONTAINERS = frozenset({"containers", "initContainers"})
_POD_SPECS = ((), ("template", "spec"), ("jobTemplate", "spec", "template", "spec"))
# What the transformer goes through on its way to an image: a scalar there stops the build.
_blocked = re.compile(
    rb"^ *(?:spec|template|jobTemplate|containers|initContainers|volumes): +[^\s#{\[]", re.MULTILINE
).search
_Place = tuple[str | int, ...]
_Site = tuple[Tree, str]  # the mapping that holds an image, and its key there


class _Unusable(Exception):  # noqa: N818  (an outcome, caught in this module)
    """An object in which the transformer would stumble."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of `images:`. new_name is "" where the name stays; tag and digest are both "" where they stay."""

    name: str
    new_name: str
    tag: str
    digest: str

    def applied(self, image: str) -> str:
        """Return the image as kustomize leaves it."""
        if not _pattern(self.name)(image):
            return image
        name, tag, digest = split(image)
        if self.tag or self.digest:
            tag, digest = self.tag, self.digest
        return (self.new_name or name) + (tag and f":{tag}") + (digest and f"@{digest}")

    def fields(self) -> Mapping[str, str]:
        """Return the entry as the kustomization has it."""
        said = {"newName": self.new_name, "newTag": self.tag, "digest": self.digest}
        return {"name": self.name, **{field: value for field, value in said.items() if value}}


def split(image: str) -> tuple[str, str, str]:
    """Return name, tag and digest of an image as kustomize takes them apart."""
    before, at, digest = image.partition("@")
    slash = max(before.find("/"), 0)
    name, colon, tag = before[slash:].partition(":")
    return before[:slash] + name, tag if colon else "", digest if at else ""


def may_hold_images(text: bytes) -> bool:
    """Say whether an object has to be parsed for its images."""
    return b"ontainers:" in text or b"reference:" in text


def blocks_images(text: bytes) -> bool:
    """Say whether kustomize could stop at this object when it looks for images."""
    return _blocked(text) is not None


def image_entries(pairs: Sequence[tuple[Tree, Tree]], others: Iterable[Tree]) -> tuple[Entry, ...]:
    """Return the entries for a region: pairs are objects as the base and as the region has them, others are its own.

    Each entry brings every image that it matches to what the region wants and changes none besides; where an entry
    could not do so, none is returned for that name.
    """
    try:
        before = [_sites(base) for base, _ in pairs]
        after = [_sites(target) for _, target in pairs]
        wanted = [
            (holder[key], there[place][0][there[place][1]])
            for here, there in zip(before, after, strict=True)
            for place, (holder, key) in here.items()
            if place in there
        ]
        final = [holder[key] for sites in after for holder, key in sites.values()]
        final += [holder[key] for tree in others for holder, key in _sites(tree).values()]
    except _Unusable:
        return ()
    candidates = {entry.name: entry for entry in map(_entry, wanted) if entry is not None}
    entries = [candidates[name] for name in sorted(candidates) if _fits(candidates[name], wanted, final)]
    together = all(after in (before, _applied(entries, before)) for before, after in wanted)
    return tuple(entries) if together else ()


def apply_images(tree: Tree, entries: Sequence[Entry]) -> None:
    """Change the images of an object as kustomize would."""
    if entries:
        for holder, key in _sites(tree).values():
            holder[key] = _applied(entries, holder[key])


def _entry(change: tuple[str, str]) -> Entry | None:
    before, after = change
    name, *version = split(before)
    new_name, *new_version = split(after)
    if before == after or not _is_plain_name(name) or (version != new_version and not any(new_version)):
        return None
    tag, digest = ("", "") if version == new_version else new_version
    return Entry(name, "" if new_name == name else new_name, tag, digest)


def _fits(entry: Entry, wanted: Iterable[tuple[str, str]], final: Iterable[str]) -> bool:
    return all(entry.applied(before) in {before, after} for before, after in wanted) and all(
        entry.applied(image) == image for image in final
    )


def _applied(entries: Iterable[Entry], image: str) -> str:
    for entry in entries:
        image = entry.applied(image)
    return image


@cache
def _pattern(name: str) -> Any:
    return re.compile(name + _VERSION).fullmatch


def _sites(tree: Tree) -> dict[_Place, _Site]:
    """Return where the transformer finds images in an object. Raises _Unusable where it would find something else."""
    if tree.get("kind") == "CustomResourceDefinition":
        return {}
    return dict((*_containers(tree, ()), *_image_volumes(tree)))


def _containers(value: object, place: _Place) -> Iterator[tuple[_Place, _Site]]:
    if isinstance(value, dict):
        for field, inner in value.items():
            yield from _containers(inner, (*place, field))
            if field in _CONTAINERS and isinstance(inner, dict) and "image" in inner:
                raise _Unusable
            if field in _CONTAINERS and isinstance(inner, list):
                for at, container in enumerate(inner):
                    yield from _image(container, "image", (*place, field, at))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from _containers(inner, (*place, at))


def _image_volumes(tree: Tree) -> Iterator[tuple[_Place, _Site]]:
    for path in _POD_SPECS:
        spec: object = tree.get("spec")
        for field in path:
            spec = spec.get(field) if isinstance(spec, dict) else None
        volumes = spec.get("volumes") if isinstance(spec, dict) else None
        if isinstance(volumes, dict) and "image" in volumes:
            raise _Unusable
        for at, volume in enumerate(volumes if isinstance(volumes, list) else ()):
            if isinstance(volume, dict) and volume.get("image") is not None:
                yield from _image(volume["image"], "reference", ("spec", *path, "volumes", at, "image"))


def _image(holder: object, key: str, place: _Place) -> Iterator[tuple[_Place, _Site]]:
    if not isinstance(holder, dict):
        raise _Unusable
    if key in holder:
        if not isinstance(holder[key], str):
            raise _Unusable
        yield (*place, key), (holder, key)
