"""Names that roles, snapshots and backups hold: objects that are there, and may be used so."""

from collections.abc import Iterator

from generator.base.nearest import did_you_mean
from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.rules.references.lookup import Reference, is_near, provided, table_references, there
from generator.rules.rule import Mistake, rule

_SNAPSHOTS = "snapshot.storage.k8s.io"
_SNAPSHOT_CLASSES = {
    (_SNAPSHOTS, "VolumeSnapshot"): ("spec.volumeSnapshotClassName",),
    ("postgresql.cnpg.io", "Cluster"): ("spec.backup.volumeSnapshot.className",),
}
_KINDS = {"configmaps": "ConfigMap", "secrets": "Secret"}
_CREATES = {"create", "*"}


@rule("references/snapshot-class-missing")
def snapshot_class_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Find a snapshot of a VolumeSnapshotClass that is not there: it is never taken."""
    for reference in table_references(cluster, _SNAPSHOT_CLASSES):
        plain = Reference(reference.object, reference.path, "", reference.name)
        yield from provided(cluster, plain, _SNAPSHOTS, "VolumeSnapshotClass")


@rule("references/role-object-missing", Severity.WARNING)
def role_object_missing(cluster: Cluster) -> Iterator[Mistake]:
    """Find a Role for a ConfigMap or Secret that is not there."""
    for of in cluster.of("Role", "rbac.authorization.k8s.io"):
        for index, entry in of.mappings("rules"):
            resources = values.strings(entry, "resources")
            if len(resources) != 1 or resources[0] not in _KINDS or _CREATES & {*values.strings(entry, "verbs")}:
                continue
            kind = _KINDS[resources[0]]
            known = cluster.names("", kind, of.namespace)
            for number, name in enumerate(values.items(entry, "resourceNames")):
                # What controllers make while they run (locks, caches) is named in roles too: only a near miss is sure.
                if isinstance(name, str) and known and not there(cluster, "", kind, of.namespace, name):
                    near = is_near(name, known)
                    message = f"There is no {kind} '{name}' in namespace '{of.namespace}'."
                    hint = did_you_mean(name, known) if near else "Correct the name, if nothing makes it at run time."
                    severity = Severity.ERROR if near else Severity.INFO
                    yield Mistake(of, ("rules", index, "resourceNames", number), message, hint, severity)


@rule("references/backup-location-read-only")
def backup_location_read_only(cluster: Cluster) -> Iterator[Mistake]:
    """Find a schedule of backups to a location that is read-only: every one of them is refused."""
    for of in cluster.of("Schedule", "velero.io"):
        name = of.text("spec", "template", "storageLocation") or "default"
        location = cluster.get("velero.io", "BackupStorageLocation", of.namespace, name)
        if location is not None and location.text("spec", "accessMode") == "ReadOnly":
            message = f"{location} is read-only: no backup is written to it."
            yield Mistake(of, ("spec", "template"), message, "Use another location, or make it ReadWrite.")
