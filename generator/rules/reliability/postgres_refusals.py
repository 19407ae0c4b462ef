"""CloudNativePG: settings that its webhook or its operator refuses."""

import re
from collections.abc import Iterator

from generator.manifests import values
from generator.manifests.cluster import Cluster
from generator.manifests.object import Object
from generator.rules.rule import Mistake, rule

_GROUP = "postgresql.cnpg.io"
# https://cloudnative-pg.io/documentation/current/postgresql_conf/#fixed-parameters
_FIXED = frozenset(
    {
        "allow_alter_system", "allow_system_table_mods", "archive_cleanup_command", "archive_command", "archive_mode",
        "bonjour", "bonjour_name", "cluster_name", "config_file", "data_directory", "data_sync_retry",
        "edb_audit_directory", "event_source", "external_pid_file", "full_page_writes", "hba_file", "hot_standby",
        "ident_file", "jit_provider", "listen_addresses", "log_destination", "log_directory", "log_file_mode",
        "log_filename", "log_rotation_age", "log_rotation_size", "log_truncate_on_rotation", "logging_collector",
        "port", "primary_conninfo", "primary_slot_name", "promote_trigger_file", "recovery_end_command",
        "recovery_target", "recovery_target_action", "recovery_target_inclusive",
        "recovery_target_lsn", "recovery_target_name", "recovery_target_time", "recovery_target_timeline",
        "recovery_target_xid", "restart_after_crash", "restore_command", "ssl", "ssl_ca_file", "ssl_cert_file",
        "ssl_key_file", "stats_temp_directory", "synchronous_standby_names", "syslog_facility", "syslog_ident",
        "unix_socket_directories", "unix_socket_group", "unix_socket_permissions",
    }
)  # fmt: skip
_TARGET = re.compile(r"^[a-z][a-z0-9+.-]*://.|^/|\{\{|\$[({]")


@rule("reliability/postgres-refused")
def postgres_refused(cluster: Cluster) -> Iterator[Mistake]:
    """Find settings of a PostgreSQL Cluster, its backups and poolers that CloudNativePG refuses."""
    for of in cluster.of("Cluster", _GROUP):
        for name in of.mapping("spec", "postgresql", "parameters"):
            if name in _FIXED:
                message = f"The operator sets {name} itself and refuses one of your own."
                yield Mistake(of, ("spec", "postgresql", "parameters", name), message, "Remove it.")
        path = ("spec", "backup", "barmanObjectStore", "destinationPath")
        target = of.text(*path)
        if target and not _TARGET.match(target):
            yield Mistake(
                of, path, f"'{target}' is no address of an object store.", f"Write s3://{target}, or the like."
            )
        methods = [
            key
            for key in ("initdb", "recovery", "pg_basebackup")
            if of.mapping("spec", "bootstrap").get(key) is not None
        ]
        if len(methods) > 1:
            message = f"A Cluster is bootstrapped in one way, not by {' and '.join(methods)}."
            yield Mistake(of, ("spec", "bootstrap"), message, "Leave one of them.")
        yield from _own_secrets(cluster, of)
    for of in (*cluster.of("ScheduledBackup", _GROUP), *cluster.of("Backup", _GROUP)):
        yield from _method(cluster, of)
    for of in cluster.of("Pooler", _GROUP):
        owner = of.text("spec", "cluster", "name")
        if owner and of.name in {owner, f"{owner}-rw", f"{owner}-ro", f"{owner}-r"}:
            message = f"'{of.name}' is the name of a Service that Cluster '{owner}' makes."
            yield Mistake(of, ("metadata", "name"), message, f"Call it '{owner}-pooler-rw', say.")


def _own_secrets(cluster: Cluster, of: Object) -> Iterator[Mistake]:
    """Yield the name of the operator's own Secret where it waits for one that somebody else makes.

    Source: https://cloudnative-pg.io/documentation/current/applications/#secrets
    """
    path = ("spec", "bootstrap", "initdb", "secret", "name")
    name = of.text(*path)
    if name == f"{of.name}-app" and cluster.get("", "Secret", of.namespace, name) is None:
        made = cluster.made("", "Secret", of.namespace, name)
        others = (item for item in cluster.objects if item.kind.endswith(("Secret", "Certificate")))
        named = any(f'"{name}"' in item.flat for item in others)  # an ExternalSecret, SealedSecret, ...
        if made is not None and made.by is of and not named:
            message = f"The operator makes '{name}' only where no Secret is named: here it waits for one."
            yield Mistake(of, path, message, "Remove the reference, or make a Secret of another name.")


def _method(cluster: Cluster, of: Object) -> Iterator[Mistake]:
    owner = cluster.get(_GROUP, "Cluster", of.namespace, of.text("spec", "cluster", "name"))
    method = of.text("spec", "method")
    key = {"volumeSnapshot": "volumeSnapshot", "barmanObjectStore": "barmanObjectStore", "": "barmanObjectStore"}.get(
        method
    )
    if owner is None or key is None or values.mapping(owner.value, "spec", "backup", key):
        return
    if any("barman" in values.text(plugin, "name") for _, plugin in owner.mappings("spec", "plugins")):
        message = f"{owner} is backed up by a plugin, and the backup asks for {key}."
        yield Mistake(of, ("spec", "method"), message, "Write method: plugin and name it in pluginConfiguration.")
        return
    message = f"{owner} does not say how to back up by {key}: every backup fails."
    yield Mistake(of, ("spec", "method") if method else ("spec", "cluster"), message, f"Add spec.backup.{key} to it.")
