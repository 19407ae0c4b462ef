"""A region's manifests as a cluster runs them: with the pods and the objects that operators and jobs make of them."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml
from rendering import Manifest

from generator.manifests.cluster import Cluster
from generator.manifests.object import Object, Place
from generator.manifests.workload import Workload

NOWHERE = Place(Path(), "")


def running(objects: Iterable[Manifest]) -> Cluster:
    """Return the cluster that has these objects, and those that jobs apply from ConfigMaps."""
    there = list(objects)
    return Cluster("", [as_object(o) for o in [*there, *applied_by_jobs(there)]])


def as_object(manifest: Manifest) -> Object:
    group, _, version = manifest["apiVersion"].rpartition("/")
    meta = manifest["metadata"]
    return Object(NOWHERE, manifest, group, version, manifest["kind"], meta.get("namespace", ""), meta["name"])


def applied_by_jobs(objects: Iterable[Manifest]) -> Iterator[Manifest]:
    """Yield the manifests that ConfigMaps hold: a restore test makes its own database of one."""
    for config in (o for o in objects if o["kind"] == "ConfigMap"):
        for name, text in config.get("data", {}).items():
            if name.endswith(".yaml") and "\nkind: " in text:
                yield from (o for o in yaml.safe_load_all(text) if isinstance(o, dict) and "apiVersion" in o)


def selected(cluster: Cluster, namespace: str, selector: Manifest) -> tuple[Workload, ...]:
    """Return the pods that a selector finds, whether it is a map of labels or a LabelSelector."""
    if selector.keys() & {"matchLabels", "matchExpressions"}:
        return cluster.selected(namespace, selector)
    return cluster.pods_with(namespace, selector)


def port_names(pod: Workload) -> set[str]:
    return {name for name, _, _ in pod.ports()}
