"""PostgreSQL (CloudNativePG): instances, synchronous replicas, storage and backups."""

import re
from collections.abc import Iterator

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.reliability.amounts import quantity
from generator.rules.reliability.resources import judge
from generator.rules.rule import Mistake, rule

GROUP = "postgresql.cnpg.io"
_RETENTION = re.compile(r"[1-9][0-9]*[dwm]").fullmatch
_PARAMETERS = ("spec", "postgresql", "parameters")
_POSTGRES_UNITS = {"kB": 1024, "MB": 1024**2, "GB": 1024**3, "TB": 1024**4}


@rule("reliability/postgres-instances")
def postgres_instances(cluster: Cluster) -> Iterator[Mistake]:
    """Find databases with a single instance, or with more synchronous replicas than there are."""
    for item in cluster.of("Cluster", GROUP):
        count = item.integer("spec", "instances")
        count = 1 if count is None else count
        if count < 2:
            message = "a single instance: its node's drain or loss is an outage, and nothing takes over."
            at = ("spec", "instances") if "instances" in item.mapping("spec") else ("spec",)
            yield Mistake(item, at, message, "Run 3 instances.", Severity.WARNING)
        least, most = item.integer("spec", "minSyncReplicas") or 0, item.integer("spec", "maxSyncReplicas") or 0
        if least > most:
            message = f"minSyncReplicas {least} is above maxSyncReplicas {most}."
            yield Mistake(item, ("spec", "minSyncReplicas"), message, "Swap them.")
        for path, number in (
            (("spec", "maxSyncReplicas"), most),
            (
                ("spec", "postgresql", "synchronous", "number"),
                item.integer("spec", "postgresql", "synchronous", "number"),
            ),
        ):
            if number and number >= count:
                message = f"{number} synchronous replicas of {count} instances, one of which is the primary."
                yield Mistake(item, path, message, f"Set {max(count - 2, 0)}, or add instances.")
            elif number and number == count - 1 and count > 1:
                required = item.text("spec", "postgresql", "synchronous", "dataDurability") != "preferred"
                if required and (path[-1] == "number" or least == most):
                    message = f"all {number} replicas have to confirm every commit: the loss of one stops writes."
                    yield Mistake(item, path, message, "Add an instance.", Severity.WARNING)
        if item.dig("spec", "enablePDB") is False:
            message = "enablePDB: false lets a drain take the primary away at any time."
            yield Mistake(item, ("spec", "enablePDB"), message, "Remove it.", Severity.WARNING)
        ways = [name for name in ("initdb", "recovery", "pg_basebackup") if name in item.mapping("spec", "bootstrap")]
        if len(ways) > 1:
            message = f"{' and '.join(ways)} exclude each other; the webhook refuses both."
            yield Mistake(item, ("spec", "bootstrap"), message, "Keep one of them.")


@rule("reliability/postgres-storage")
def postgres_storage(cluster: Cluster) -> Iterator[Mistake]:
    """Find databases without a size, or with more buffers than memory."""
    for item in cluster.of("Cluster", GROUP):
        for key in ("storage", "walStorage"):
            storage = item.mapping("spec", key)
            size = storage.get("size", values.dig(storage, "pvcTemplate", "resources", "requests", "storage"))
            if size is None and (storage or key == "storage"):
                at = ("spec", key) if storage else ("spec",)
                yield Mistake(item, at, f"{key} has no size; the webhook refuses it.", f"Set {key}.size.")
            elif size is not None:
                for message, hint, severity in judge("storage", size):
                    yield Mistake(item, ("spec", key, "size"), message, hint, severity)
        memory = quantity(item.dig("spec", "resources", "limits", "memory"))
        text = item.text(*_PARAMETERS, "shared_buffers")
        found = re.fullmatch(r"([0-9]{1,9})(kB|MB|GB|TB)", text)
        if found and memory and int(found[1]) * _POSTGRES_UNITS[found[2]] >= memory:
            limit = item.dig("spec", "resources", "limits", "memory")
            message = f"shared_buffers {text} do not fit in the limit of memory {limit}."
            yield Mistake(item, (*_PARAMETERS, "shared_buffers"), message, "Set a quarter of the memory.")


@rule("reliability/no-backup", Severity.WARNING)
def no_backup(cluster: Cluster) -> Iterator[Mistake]:
    """Find databases that nothing backs up."""
    scheduled = {
        (item.namespace, item.text("spec", "cluster", "name")) for item in cluster.of("ScheduledBackup", GROUP)
    }
    for item in cluster.of("Cluster", GROUP):
        plugged = bool(list(_archivers(item)))
        archives = item.mapping("spec", "backup") or plugged
        replica = values.flag(item.value, "spec", "replica", "enabled")
        if replica:
            continue
        if not archives and (item.namespace, item.name) not in scheduled:
            message = "nothing backs the database up: a lost volume or a wrong DELETE cannot be undone."
            yield Mistake(item, ("spec",), message, "Add the Barman Cloud plugin with an ObjectStore.")
        elif (item.namespace, item.name) not in scheduled:
            message = "the write-ahead log is archived, but no ScheduledBackup makes a base backup to replay it on."
            yield Mistake(item, ("spec",), message, "Add a ScheduledBackup.")
        timeout = item.text(*_PARAMETERS, "archive_timeout")
        if archives and timeout in {"0", "0s", "0min"}:
            message = f"archive_timeout {timeout}: on a quiet database the last changes are not archived for hours."
            yield Mistake(
                item, (*_PARAMETERS, "archive_timeout"), message, "Set it below the recovery point, say 5min."
            )
        method = item.dig("spec", "backup")
        if isinstance(method, dict) and not (plugged or {"barmanObjectStore", "volumeSnapshot"} & set(method)):
            message = "backup names no destination: nothing is stored."
            yield Mistake(item, ("spec", "backup"), message, "Set barmanObjectStore or volumeSnapshot.")


@rule("reliability/backup-no-retention", Severity.WARNING)
def backup_no_retention(cluster: Cluster) -> Iterator[Mistake]:
    """Find backups that are kept for ever, or for a time that is none."""
    for item in cluster.of("Cluster", GROUP):
        if item.mapping("spec", "backup", "barmanObjectStore"):
            yield from _retention(item, ("spec", "backup"))
    databases = list(cluster.of("Cluster", GROUP))
    written = {(item.namespace, store) for item in databases for store in _archivers(item)}
    read = {(item.namespace, store) for item in databases for store in _sources(item)}
    for item in cluster.of("ObjectStore", "barmancloud.cnpg.io"):
        # What a database only reads is another's to clear up.
        if (item.namespace, item.name) in written or (item.namespace, item.name) not in read:
            yield from _retention(item, ("spec",))


def _archivers(database: Object) -> Iterator[str]:
    """Yield the object stores that a database archives to by the Barman Cloud plugin."""
    for _, plugin in database.mappings("spec", "plugins"):
        if "barman" in values.text(plugin, "name") and plugin.get("enabled") is not False:
            yield values.text(plugin, "parameters", "barmanObjectName")


def _sources(database: Object) -> Iterator[str]:
    """Yield the object stores that a database reads other databases' archives from."""
    for _, external in database.mappings("spec", "externalClusters"):
        store = values.text(external, "plugin", "parameters", "barmanObjectName")
        if store:
            yield store


def _retention(item: Object, path: values.Path) -> Iterator[Mistake]:
    text = item.text(*path, "retentionPolicy")
    if not text:
        message = "no retentionPolicy: backups pile up for ever, and nobody has said how far back one can go."
        yield Mistake(item, path, message, "Set retentionPolicy, for example 30d.")
    elif not _RETENTION(text):
        message = f"'{text}' is no retention: a number above 0 with d, w or m."
        yield Mistake(item, (*path, "retentionPolicy"), message, "Write for example 30d.", Severity.ERROR)
