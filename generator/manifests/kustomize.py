"""What a kustomization makes without a manifest: the ConfigMaps and Secrets of its generators."""

from collections.abc import Iterator, Mapping
from typing import Any

from generator.manifests import values
from generator.manifests.runtime import Made

_GENERATORS = (("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret"))


def generated(kustomizations: Mapping[str, Mapping[str, Any]]) -> Iterator[Made]:
    """Yield what the generators of kustomizations (folder → its kustomization) make, in every namespace they may mean.

    Kustomize adds a suffix to the name and to every reference to it: in the files the name stands without.
    """
    for kustomization in kustomizations.values():
        for key, kind in _GENERATORS:
            for _, item in values.mappings(kustomization, key):
                namespace = values.text(item, "namespace") or values.text(kustomization, "namespace") or "*"
                yield Made(kind=kind, namespace=namespace, name=values.text(item, "name"), keys=_keys(item))


def _keys(item: Mapping[str, Any]) -> frozenset[str] | None:
    """Return the data keys that a generator makes; None when a file of variables decides them, or a base is merged."""
    if item.get("envs") or item.get("env") or values.text(item, "behavior") in {"merge", "replace"}:
        return None
    literals = {entry.partition("=")[0] for entry in values.strings(item, "literals")}
    files = {entry.partition("=")[0].rpartition("/")[2] for entry in values.strings(item, "files")}
    return frozenset(literals | files)
