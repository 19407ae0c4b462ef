"""Velero: locations and namespaces of backups. Karpenter: node classes. Both name objects that must be there."""

from collections.abc import Iterator

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import SYSTEM_NAMESPACES, Cluster
from generator.manifests.object import Object
from generator.rules.references.lookup import Reference, dangling, is_near
from generator.rules.rule import Mistake, rule

GROUP = "velero.io"


@rule("references/backup-location-missing")
def backup_location_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Find a backup, or a schedule of them, to a location that is not there."""
    for of, base in _backups(cluster):
        spec = of.mapping(*base)
        wanted = [("BackupStorageLocation", (*base, "storageLocation"), values.text(spec, "storageLocation"))]
        for index, name in enumerate(values.items(spec, "volumeSnapshotLocations")):
            found = name if isinstance(name, str) else ""
            wanted.append(("VolumeSnapshotLocation", (*base, "volumeSnapshotLocations", index), found))
        for kind, path, name in wanted:
            certain = cluster.of(kind, GROUP)
            severity = Severity.ERROR if certain else Severity.WARNING
            yield from dangling(cluster, Reference(of, path, of.namespace, name), GROUP, kind, severity)


@rule("references/backup-namespace-missing", Severity.WARNING)
def backup_namespace_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Find a backup of a namespace that is not there."""
    known = {*cluster.namespaces(), *SYSTEM_NAMESPACES, "*"}
    for of, base in _backups(cluster):
        for key in ("includedNamespaces", "excludedNamespaces"):
            for index, name in enumerate(values.items(of.mapping(*base), key)):
                if isinstance(name, str) and name not in known and "*" not in name:
                    near = did_you_mean(name, known) if is_near(name, known) else ""
                    message = f"There is no namespace '{name}' in the tree."
                    severity = Severity.ERROR if near else None
                    yield Mistake(of, (*base, key, index), message, near or "Correct the name.", severity)


def _backups(cluster: Cluster) -> Iterator[tuple[Object, values.Path]]:
    for of in cluster.of("Backup", GROUP):
        yield of, ("spec",)
    for of in cluster.of("Schedule", GROUP):
        yield of, ("spec", "template")


@rule("references/node-class-missing")
def node_class_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Find a NodePool of Karpenter whose node class is not there: it makes no nodes."""
    for of in cluster.of("NodePool", "karpenter.sh"):
        path = ("spec", "template", "spec", "nodeClassRef")
        group, kind = of.text(*path, "group"), of.text(*path, "kind")
        certain = not kind or cluster.of(kind)
        # EKS Auto Mode and others bring a node class of their own.
        severity = Severity.ERROR if certain else Severity.WARNING
        reference = Reference(of, (*path, "name"), "", of.text(*path, "name"))
        if kind and group != "eks.amazonaws.com":
            yield from dangling(cluster, reference, group, kind, severity)
