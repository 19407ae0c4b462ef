"""Locations of backups, snapshots and archived logs: the cases that are easy to get wrong."""

from pathlib import Path

import pytest
from reliability_trees import found, severities

LOCATION = """
apiVersion: velero.io/v1
kind: BackupStorageLocation
metadata: {{name: {name}, namespace: {namespace}}}
spec: {{provider: {provider}, accessMode: {mode}, objectStorage: {{bucket: backups, prefix: {prefix}}}, {more}}}
---"""
SCHEDULE = """
apiVersion: velero.io/v1
kind: Schedule
metadata: {{name: nightly, namespace: velero}}
spec: {{schedule: 0 2 * * *, template: {{ttl: 720h0m0s, {more}}}}}
---"""


def location(name: str, prefix: str = "eu", **more: str) -> str:
    facts = {"namespace": "velero", "provider": "aws", "mode": "ReadWrite", "more": "", **more}
    return LOCATION.format(name=name, prefix=prefix, **facts)


def schedule(more: str = "") -> str:
    return SCHEDULE.format(more=more)


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (location("copy", "eu/"), ["error"]),
        (location("copy", "eu", provider="velero.io/aws"), ["error"]),
        (location("copy", "eu", mode="ReadOnly"), ["warning"]),
        (location("copy", "us"), []),
        (location("copy", "eu", provider="gcp"), []),
        (location("copy", "eu", more="config: {s3Url: https://minio.example.com}"), []),
        (location("copy", "eu", provider="azure", more="config: {storageAccount: other}"), []),
    ],
)
def test_locations_collide_only_in_the_same_folder_of_the_same_bucket(
    tmp_path: Path, other: str, expected: list[str]
) -> None:
    text = location("main") + other
    assert severities(tmp_path, "reliability/backup-location-shared", text) == expected


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (location("main") + schedule(), 1),
        (location("main") + schedule("storageLocation: main"), 0),
        (location("default") + schedule(), 0),
        (location("main", more="default: true") + schedule(), 0),
        (schedule(), 0),  # its locations are made elsewhere
        (location("main", more="default: true") + location("copy", "us", more="default: true"), 1),
        (location("main", more="default: true") + location("copy", namespace="other", more="default: true"), 0),
        (location("main", more="default: true") + location("default", "us"), 0),
    ],
)
def test_a_namespace_has_one_default_location_where_a_schedule_names_none(
    tmp_path: Path, text: str, count: int
) -> None:
    assert len(found(tmp_path, "reliability/backup-location-default", text)) == count


@pytest.mark.parametrize(
    ("more", "count"),
    [
        ("snapshotVolumes: false, snapshotMoveData: true", 1),
        ("snapshotVolumes: false, snapshotMoveData: false", 0),
        ("snapshotMoveData: true", 0),
        ("snapshotVolumes: false", 0),
    ],
)
def test_only_moving_what_is_not_taken_is_a_contradiction(tmp_path: Path, more: str, count: int) -> None:
    assert len(found(tmp_path, "reliability/backup-without-volumes", schedule(more))) == count


CLUSTER = """
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {{name: orders, namespace: shop}}
spec: {{instances: 3, storage: {{size: 10Gi}}, postgresql: {{parameters: {{archive_timeout: "{timeout}"}}}}, {more}}}
---"""
PLUGIN = "plugins: [{name: barman-cloud.cloudnative-pg.io, isWALArchiver: true}]"


@pytest.mark.parametrize(
    ("timeout", "more", "count"),
    [
        ("5min", PLUGIN, 0),
        ("300", PLUGIN, 0),
        ("301", PLUGIN, 1),
        ("360 s", PLUGIN, 1),
        ("1h", PLUGIN, 1),
        ("1h", "backup: {barmanObjectStore: {destinationPath: s3://a}}", 1),
        ("1h", "plugins: [{name: barman-cloud.cloudnative-pg.io}]", 0),
        ("1h", "plugins: [{name: barman-cloud.cloudnative-pg.io, isWALArchiver: true, enabled: false}]", 0),
        ("0", PLUGIN, 0),  # off: reliability/no-backup says so
        ("soon", PLUGIN, 0),
    ],
)
def test_a_log_is_late_beyond_five_minutes_where_it_is_archived(
    tmp_path: Path, timeout: str, more: str, count: int
) -> None:
    text = CLUSTER.format(timeout=timeout, more=more)
    assert len(found(tmp_path, "reliability/archive-late", text)) == count


@pytest.mark.parametrize(
    ("policy", "labels", "backup", "expected"),
    [
        ("Delete", "{}", "backup: {volumeSnapshot: {className: csi}}", ["warning"]),
        ("Delete", "{}", "backup: {volumeSnapshot: {className: other, walClassName: csi}}", ["warning"]),
        ("Retain", "{}", "backup: {volumeSnapshot: {className: csi}}", []),
        ("Delete", "{}", "backup: {volumeSnapshot: {className: other}}", []),
        ("Delete", '{velero.io/csi-volumesnapshot-class: "true"}', PLUGIN, ["info"]),
    ],
)
def test_snapshots_that_are_backups_outlive_their_object(
    tmp_path: Path, policy: str, labels: str, backup: str, expected: list[str]
) -> None:
    snapshots = f"""
apiVersion: snapshot.storage.k8s.io/v1
kind: VolumeSnapshotClass
metadata: {{name: csi, labels: {labels}}}
driver: ebs.csi.aws.com
deletionPolicy: {policy}
"""
    text = CLUSTER.format(timeout="1min", more=backup) + snapshots
    assert severities(tmp_path, "reliability/snapshot-class-delete", text) == expected
