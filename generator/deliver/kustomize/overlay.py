"""What one region changes in the base of a component: images, replicas, and a patch for each object that differs."""

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generator.base.problem import ObjectRef
from generator.deliver.document import Document
from generator.deliver.kustomize.images import (
    Entry,
    apply_images,
    blocks_images,
    image_entries,
    may_hold_images,
)
from generator.deliver.kustomize.pointer import elements_named, json_patch, may_not_survive_json, survives_json
from generator.deliver.kustomize.source import Source, Tree, body, same
from generator.deliver.kustomize.strategic import strategic_merge
from generator.deliver.kustomize.text import list_file, mapping_file, object_file_name

_TEXTS = frozenset({"ConfigMap", "Secret"})
_SCALED = frozenset({"Deployment", "ReplicaSet", "ReplicationController", "StatefulSet"})


@dataclass(frozen=True, slots=True)
class Changes:
    """The fields of an overlay's kustomization that change the base, and the patches by file name."""

    fields: Mapping[str, list[Any]]
    patches: Mapping[str, bytes]


def is_patchable(ref: ObjectRef, source: Source) -> bool:
    """Say whether the base can hold this object of all regions, as the first has it, and the overlays change it."""
    first = source.first(ref)
    for region in source.regions[1:]:
        if not source.differs(ref, region):
            continue
        document = source.documents[region][ref]
        base, target = source.tree(first), source.tree(document)
        if base["apiVersion"] != target["apiVersion"] or _is_ambiguous(ref, source.documents[region]):
            return False
        if not _survives_json(source, first, document) and strategic_merge(base, target, readable=False) is None:
            return False
    return True


def changes(region: str, shared: Sequence[ObjectRef], source: Source) -> Changes:
    """Return what makes the region's objects of the base's; shared are those that the base has as resources."""
    documents = source.documents[region]
    differing = [ref for ref in shared if source.differs(ref, region)]
    images = _images(region, shared, source, differing)
    replicas: list[dict[str, object]] = []
    patches: list[dict[str, object]] = []
    files: dict[str, bytes] = {}
    for ref in differing:
        before, target = copy.deepcopy(source.tree(source.first(ref))), source.tree(documents[ref])
        apply_images(before, images)
        count = _replicas(ref, before, target, documents, source)
        if count is not None:
            replicas.append({"name": ref.name, "count": count})
            before["spec"]["replicas"] = count
        if not same(before, target):
            name = object_file_name(source.first(ref))
            merge = strategic_merge(before, target, readable=_survives_json(source, source.first(ref), documents[ref]))
            files[f"patch-{name}"] = _patch_file(f"What {region} changes in base/{name}", before, target, merge)
            patches.append({"path": f"patch-{name}", "target": _target(ref, target, documents)})
    patches.sort(key=lambda patch: str(patch["path"]))
    fields: dict[str, list[Any]] = {
        "images": [dict(entry.fields()) for entry in images],
        "replicas": replicas,
        "patches": patches,
    }
    return Changes(fields, files)


def _images(
    region: str, shared: Sequence[ObjectRef], source: Source, differing: Sequence[ObjectRef]
) -> tuple[Entry, ...]:
    """Return the entries of `images:`; all objects of the region are looked through, since it reaches all of them."""
    documents = source.documents[region]
    if not any(may_hold_images(body(documents[ref])) for ref in differing):
        return ()
    # What stands in a ConfigMap or a Secret is text, however it looks.
    if any(blocks_images(body(document)) for ref, document in documents.items() if ref.kind not in _TEXTS):
        return ()
    pairs, others = [], []
    for ref, document in documents.items():
        if may_hold_images(body(document)) or (ref in shared and may_hold_images(body(source.first(ref)))):
            target = source.tree(document)
            if ref in shared:
                pairs.append((source.tree(source.first(ref)), target))
            else:
                others.append(target)
    return image_entries(pairs, others)


def _replicas(
    ref: ObjectRef, before: Tree, target: Tree, documents: Mapping[ObjectRef, Document], source: Source
) -> int | None:
    """Return the count for `replicas:`, which knows names only; None where nothing or something else is to be said."""
    if ref.kind not in _SCALED:
        return None
    counts = [
        spec.get("replicas") if isinstance(spec := tree.get("spec"), dict) else None
        for tree in (
            before,
            *(source.tree(d) for o, d in documents.items() if o.kind in _SCALED and o.name == ref.name),
        )
    ]
    first, *wanted = counts
    if any(type(count) is not int for count in counts) or first == wanted[0] or len(set(wanted)) > 1:
        return None
    return int(target["spec"]["replicas"])


def _patch_file(head: str, before: Tree, target: Tree, merge: Tree | None) -> bytes:
    if merge is None:
        return list_file(head, ((elements_named(before, each), each) for each in json_patch(before, target)))
    metadata = {field: target["metadata"][field] for field in ("name", "namespace") if field in target["metadata"]}
    identity = {
        "apiVersion": target["apiVersion"],
        "kind": target["kind"],
        "metadata": metadata | merge.pop("metadata", {}),
    }
    return mapping_file(head, identity | merge)


def _survives_json(source: Source, *documents: Document) -> bool:
    """Say whether a JSON patch would do. Few objects have to be looked through for that."""
    return all(survives_json(source.tree(each)) for each in documents if may_not_survive_json(body(each)))


def _target(ref: ObjectRef, tree: Tree, documents: Mapping[ObjectRef, Document]) -> dict[str, str]:
    fields = {
        "group": ref.group,
        "version": str(tree["apiVersion"]).rpartition("/")[2],
        "kind": ref.kind,
        "name": _name_pattern(ref, documents),
        "namespace": ref.namespace,
    }
    return {field: value for field, value in fields.items() if value}


def _name_pattern(ref: ObjectRef, documents: Mapping[ObjectRef, Document]) -> str:
    """Return the name for a target, which kustomize takes for a regular expression: escaped where that matters."""
    plain = re.fullmatch(r"[A-Za-z0-9._-]+", ref.name)
    if plain and sum(re.fullmatch(ref.name, other.name) is not None for other in documents) == len(
        [other for other in documents if other.name == ref.name]
    ):
        return ref.name
    return re.escape(ref.name).replace(r"\-", "-")


def _is_ambiguous(ref: ObjectRef, others: Mapping[ObjectRef, Document]) -> bool:
    """Say whether a target would match more than the object: what it leaves empty matches everything."""
    return any(_is_matched(ref, other) for other in others if other != ref)


def _is_matched(ref: ObjectRef, other: ObjectRef) -> bool:
    return (
        (ref.kind, ref.name) == (other.kind, other.name)
        and ref.group in {"", other.group}
        and ref.namespace in {"", other.namespace}
    )


def own_objects(region: str, shared: Sequence[ObjectRef], source: Source) -> Iterator[Document]:
    """Yield the region's objects that the base does not have, by their identity."""
    apart = source.documents[region].keys() - set(shared)
    for ref in sorted(apart):
        yield source.documents[region][ref]
