"""Where objects hold values for Helm charts, which no schema describes."""

from collections.abc import Iterator

from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object

_BASES: tuple[tuple[str, values.Path], ...] = (
    ("Application", ("spec",)),
    ("ApplicationSet", ("spec", "template", "spec")),
)


def _sources(cluster: Cluster) -> Iterator[tuple[Object, values.Path]]:
    """Yield (Application, path of the helm section of one of its sources)."""
    for kind, base in _BASES:
        for item in cluster.of(kind, "argoproj.io"):
            yield item, (*base, "source", "helm")
            for index, _ in item.mappings(*base, "sources"):
                yield item, (*base, "sources", index, "helm")


def value_texts(cluster: Cluster) -> Iterator[tuple[Object, values.Path, str]]:
    """Yield (object, path, text) of values that are written as YAML in a string."""
    for item, path in _sources(cluster):
        text = item.text(*path, "values")
        if text:
            yield item, (*path, "values"), text


def value_objects(cluster: Cluster) -> Iterator[tuple[Object, values.Path, values.Value]]:
    """Yield (object, path, values) of values that are written as a mapping."""
    for item, path in _sources(cluster):
        yield item, (*path, "valuesObject"), item.mapping(*path, "valuesObject")
    for item in cluster.of("HelmRelease", "helm.toolkit.fluxcd.io"):
        yield item, ("spec", "values"), item.mapping("spec", "values")
    for item in cluster.of("HelmChart", "helm.cattle.io"):
        yield item, ("spec", "set"), item.mapping("spec", "set")
