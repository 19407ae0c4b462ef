"""What a restore would find missing: locations that collide, snapshots that went, logs archived late."""

import re
from collections.abc import Iterator

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.rule import Mistake, rule

_VELERO = "velero.io"
_SNAPSHOTS = "snapshot.storage.k8s.io"
_POSTGRES = "postgresql.cnpg.io"
_OBJECT_STORAGE = ("spec", "objectStorage")
# What tells two buckets of the same name apart: S3-compatible stores, storage accounts.
_PLACES = ("s3Url", "storageAccount", "storageAccountURI", "storeEndpoint", "region")
# CloudNativePG's own default: https://cloudnative-pg.io/documentation/current/postgresql_conf/
_ARCHIVE_TIMEOUT = 300
_ARCHIVE = ("spec", "postgresql", "parameters", "archive_timeout")
_TIME = re.compile(r"([0-9]{1,9}) *(ms|s|min|h|d)?").fullmatch
_SECONDS = {"ms": 0.001, "s": 1, "min": 60, "h": 3600, "d": 86400}


@rule("reliability/backup-location-shared")
def backup_location_shared(cluster: Cluster) -> Iterator[Mistake]:
    """Find locations of backups that share a folder of a bucket: each takes the other's backups for its own."""
    seen: dict[tuple[str, ...], Object] = {}
    for item in cluster.of("BackupStorageLocation", _VELERO):
        bucket, prefix = item.text(*_OBJECT_STORAGE, "bucket"), item.text(*_OBJECT_STORAGE, "prefix")
        if not bucket:
            continue
        provider = item.text("spec", "provider").rpartition("/")[2]
        place = (provider, bucket, prefix.strip("/"), *(item.text("spec", "config", key) for key in _PLACES))
        other = seen.setdefault(place, item)
        if other is not item:
            shown = f"{bucket}/{place[2]}".rstrip("/")
            both = {item.text("spec", "accessMode"), other.text("spec", "accessMode")}
            message = f"BackupStorageLocation/{other.name} has '{shown}' too: the backups of one appear in both."
            severity = Severity.WARNING if "ReadOnly" in both else None
            at = (*_OBJECT_STORAGE, "prefix") if prefix else _OBJECT_STORAGE
            yield Mistake(item, at, message, "Give each a prefix of its own.", severity)


@rule("reliability/backup-location-default", Severity.WARNING)
def backup_location_default(cluster: Cluster) -> Iterator[Mistake]:
    """Find namespaces in which two locations are the default, and schedules that name none where none is."""
    defaults: dict[str, Object] = {}
    named: set[str] = set()
    for item in cluster.of("BackupStorageLocation", _VELERO):
        named.add(item.namespace)
        if item.dig("spec", "default") is True:
            other = defaults.setdefault(item.namespace, item)
            if other is not item:
                message = f"BackupStorageLocation/{other.name} is the default already: which one is taken is chance."
                yield Mistake(item, ("spec", "default"), message, "Keep one default.")
        elif item.name == "default":
            # The name that the server takes unless it is told another: --default-backup-storage-location.
            defaults.setdefault(item.namespace, item)
    for item in cluster.of("Schedule", _VELERO):
        if item.namespace in named - defaults.keys() and not item.text("spec", "template", "storageLocation"):
            message = "names no storageLocation, and no location of the namespace is the default: no backup is made."
            yield Mistake(item, ("spec", "template"), message, "Set storageLocation.")


@rule("reliability/backup-without-volumes", Severity.WARNING)
def backup_without_volumes(cluster: Cluster) -> Iterator[Mistake]:
    """Find backups that are to move the data of snapshots which they do not take."""
    bases: tuple[tuple[str, values.Path], ...] = (("Schedule", ("spec", "template")), ("Backup", ("spec",)))
    for kind, base in bases:
        for item in cluster.of(kind, _VELERO):
            if item.dig(*base, "snapshotMoveData") is True and item.dig(*base, "snapshotVolumes") is False:
                message = "snapshotMoveData has no snapshot to move: snapshotVolumes is false, so no volume is saved."
                yield Mistake(item, (*base, "snapshotVolumes"), message, "Set it to true, or remove snapshotMoveData.")


@rule("reliability/snapshot-class-delete", Severity.WARNING)
def snapshot_class_delete(cluster: Cluster) -> Iterator[Mistake]:
    """Find classes of the snapshots that are a database's backups, which delete them with their object."""
    users: dict[str, Object] = {}
    for item in cluster.of("Cluster", _POSTGRES):
        for key in ("className", "walClassName"):
            name = item.text("spec", "backup", "volumeSnapshot", key)
            if name:
                users.setdefault(name, item)
    for item in cluster.of("VolumeSnapshotClass", _SNAPSHOTS):
        user = users.get(item.name)
        if item.text("deletionPolicy") != "Delete":
            continue
        if user is not None:
            message = f"the backups of Cluster/{user.name} are gone when their namespace is."
            yield Mistake(item, ("deletionPolicy",), message, "Set Retain.")
        elif values.labels(item.value, "metadata", "labels").get("velero.io/csi-volumesnapshot-class") == "true":
            message = "Velero takes this class: who deletes a VolumeSnapshot deletes the snapshot of a backup."
            yield Mistake(item, ("deletionPolicy",), message, "Set Retain.", Severity.INFO)


@rule("reliability/archive-late", Severity.WARNING)
def archive_late(cluster: Cluster) -> Iterator[Mistake]:
    """Find databases whose write-ahead log is archived less often than every five minutes."""
    for item in cluster.of("Cluster", _POSTGRES):
        found = _TIME(item.text(*_ARCHIVE).strip())
        # Without a unit it is seconds (https://www.postgresql.org/docs/current/runtime-config-wal.html).
        length = int(found[1]) * _SECONDS[found[2] or "s"] if found else 0
        if length > _ARCHIVE_TIMEOUT and _archives(item):
            message = f"archive_timeout {item.text(*_ARCHIVE)}: a quiet database loses that much with its volumes."
            yield Mistake(item, _ARCHIVE, message, "Set 5min or less.")


def _archives(item: Object) -> bool:
    return bool(item.mapping("spec", "backup", "barmanObjectStore")) or any(
        plugin.get("isWALArchiver") is True and plugin.get("enabled") is not False
        for _, plugin in item.mappings("spec", "plugins")
    )
