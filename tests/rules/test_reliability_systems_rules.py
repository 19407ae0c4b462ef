"""Schedules, the mesh, Services, databases, Kafka and the platform: the cases that are easy to get wrong."""

from pathlib import Path

import pytest
from reliability_trees import found, manifest, severities

from generator.rules.reliability.amounts import quantity, seconds, share
from generator.rules.reliability.cron import cron_mistake, interval_seconds, unknown_zone

ISTIO = "networking.istio.io/v1"
KAFKA = "kafka.strimzi.io/v1"


@pytest.mark.parametrize(
    "text",
    [
        "*/5 * * * *",
        "0 2 * * MON-FRI",
        "0 0 1,15 jan ?",
        "@daily",
        "@every 1h30m",
        "0 0 31 * *",
        "0 0 29 2 *",
        "0 0 31 2 1",
        "5/15 * * * *",
        "0 0-23/2 * * *",
    ],
)
def test_a_schedule_that_fires_is_right(text: str) -> None:
    assert cron_mistake(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "60 * * * *",
        "* 24 * * *",
        "0 0 0 * *",
        "0 0 * 13 *",
        "0 0 * * 8",
        "0 0 31 2 *",
        "0 0 30 feb *",
        "0 0 31 4,6 *",
        "*/0 * * * *",
        "5-1 * * * *",
        "* * * *",
        "0 0 2 * * *",
        "@dayly",
        "a b c d e",
        "0 0 * * 7",
    ],
)
def test_a_schedule_that_is_refused_or_never_fires_is_found(text: str) -> None:
    assert cron_mistake(text)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("0 2 * * *", 86400),
        ("0 * * * *", 3600),
        ("*/15 * * * *", 900),
        ("0 */6 * * *", 21600),
        ("0 2 * * 0", 604800),
        ("0 0 2 * * *", 86400),
        ("@weekly", 604800),
        ("0 2 1,15 * *", None),
    ],
)
def test_the_time_between_runs_is_the_longest_gap(text: str, length: int | None) -> None:
    assert interval_seconds(text) == length


def test_time_zones_are_those_of_the_iana_database() -> None:
    assert unknown_zone("Asia/Kolkata") is None
    assert unknown_zone("Asia/Calcutta") is None
    assert unknown_zone("Asia/Kolkatta") == (
        "'Asia/Kolkatta' is no time zone of the IANA database.",
        "Did you mean 'Asia/Kolkata'?",
    )


@pytest.mark.parametrize(
    ("text", "number"), [("1Gi", 2**30), ("1500m", 1.5), ("1e3", 1000), ("2.5", 2.5), ("1GB", None), ("", None)]
)
def test_quantities_are_exact_numbers(text: str, number: float | None) -> None:
    assert quantity(text) == number


def test_percentages_are_rounded_up_and_durations_add_up() -> None:
    assert (share("50%", 3), share("0%", 3), share(2, 3), share("x", 3)) == (2, 0, 2, None)
    assert [seconds(text) for text in ("1h2m3.5s", "10", "0", "5d")] == [3723.5, None, 0, None]


def virtual_service(route: str) -> str:
    return manifest(ISTIO, "VirtualService", "cart", f"spec: {{hosts: [cart], http: [{{{route}}}]}}")


@pytest.mark.parametrize(
    ("route", "count"),
    [
        ("timeout: 4s, retries: {attempts: 3, perTryTimeout: 1s}", 0),
        ("timeout: 3900ms, retries: {attempts: 3, perTryTimeout: 1s}", 1),
        ("retries: {attempts: 3, perTryTimeout: 1s}", 0),
        ("timeout: 2s, retries: {attempts: 3}", 0),
        ("timeout: 2s, retries: {attempts: 0, perTryTimeout: 3s}", 1),
        ("timeout: 0s, retries: {attempts: 9, perTryTimeout: 3s}", 0),
    ],
)
def test_the_first_try_counts_beside_its_retries(tmp_path: Path, route: str, count: int) -> None:
    assert len(found(tmp_path, "reliability/retries-over-timeout", virtual_service(route))) == count


def destination_rule(policy: str, more: str = "") -> str:
    return manifest(ISTIO, "DestinationRule", "cart", f"spec: {{host: cart, trafficPolicy: {{{policy}}}{more}}}")


FAILOVER = "loadBalancer: {localityLbSetting: {failover: [{from: a, to: b}]}}"


def test_a_subset_inherits_outlier_detection(tmp_path: Path) -> None:
    subset = f", subsets: [{{name: v1, trafficPolicy: {{{FAILOVER}}}}}]"
    text = destination_rule("outlierDetection: {consecutive5xxErrors: 5}", subset)
    assert found(tmp_path, "reliability/locality-without-outlier", text) == []
    assert severities(tmp_path, "reliability/locality-without-outlier", destination_rule(FAILOVER)) == ["error"]


@pytest.mark.parametrize(("to", "count"), [("{a: 80, b: 20}", 0), ("{a: 80, b: 10}", 1)])
def test_weights_of_localities_add_up(tmp_path: Path, to: str, count: int) -> None:
    text = destination_rule(f"loadBalancer: {{localityLbSetting: {{distribute: [{{from: a, to: {to}}}]}}}}")
    assert len(found(tmp_path, "reliability/locality-without-outlier", text)) == count


@pytest.mark.parametrize(
    ("settings", "severity"),
    [
        ("consecutive5xxErrors: 0", ["error"]),
        ("consecutive5xxErrors: 0, consecutiveGatewayErrors: 5", []),
        ("interval: 0s", ["error"]),
        ("maxEjectionPercent: 100", ["warning"]),
        ("consecutive5xxErrors: 5", []),
        ("interval: 10s", []),
        ("consecutiveGatewayErrors: 0", []),
    ],
)
def test_outlier_detection_ejects_some(tmp_path: Path, settings: str, severity: list[str]) -> None:
    text = destination_rule(f"outlierDetection: {{{settings}}}")
    assert severities(tmp_path, "reliability/outlier-detection", text) == severity


def pool(name: str, replicas: int, roles: str = "broker") -> str:
    body = f"spec: {{replicas: {replicas}, roles: [{roles}]}}"
    return manifest(KAFKA, "KafkaNodePool", name, body, labels="strimzi.io/cluster: events")


def kafka(config: str) -> str:
    return manifest(KAFKA, "Kafka", "events", f"spec: {{kafka: {{config: {{{config}}}}}}}")


@pytest.mark.parametrize(
    ("config", "severity"),
    [
        ("default.replication.factor: 3, min.insync.replicas: 2", []),
        ("default.replication.factor: 5", ["error"]),
        ("default.replication.factor: 3, min.insync.replicas: 3", ["warning"]),
        ("min.insync.replicas: 2", ["error"]),
        ("transaction.state.log.min.isr: 4", ["error"]),
        ("default.replication.factor: '3', min.insync.replicas: '4'", ["error"]),
    ],
)
def test_replication_is_compared_with_all_pools_of_brokers(tmp_path: Path, config: str, severity: list[str]) -> None:
    pools = (pool("a", 2), pool("b", 2), pool("c", 3, "controller"))
    assert severities(tmp_path, "reliability/kafka-replication", kafka(config), *pools) == severity


@pytest.mark.parametrize(
    ("spec", "severity"),
    [
        ("replicas: 3", []),
        ("replicas: 5", ["error"]),
        ("replicas: 1", ["warning"]),
        ("replicas: 0", ["error"]),
        ("replicas: 3, config: {min.insync.replicas: 4}", ["error"]),
        ("replicas: 3, config: {min.insync.replicas: 3}", ["warning"]),
        ("replicas: 3, config: {retention.ms: -1}", []),
        ("replicas: 3, config: {retention.ms: -2}", ["error"]),
    ],
)
def test_a_topic_is_compared_with_its_brokers(tmp_path: Path, spec: str, severity: list[str]) -> None:
    topic = manifest(KAFKA, "KafkaTopic", "t", f"spec: {{{spec}}}", labels="strimzi.io/cluster: events")
    assert severities(tmp_path, "reliability/kafka-topic", topic, kafka(""), pool("a", 3)) == severity


@pytest.mark.parametrize(
    ("spec", "severity"),
    [
        ("instances: 3", []),
        ("instances: 1", ["warning"]),
        ("instances: 3, maxSyncReplicas: 3", ["error"]),
        ("instances: 3, minSyncReplicas: 2, maxSyncReplicas: 1", ["error"]),
        ("instances: 3, minSyncReplicas: 1, maxSyncReplicas: 2", []),
    ],
)
def test_synchronous_replicas_are_fewer_than_instances(tmp_path: Path, spec: str, severity: list[str]) -> None:
    text = manifest("postgresql.cnpg.io/v1", "Cluster", "orders", f"spec: {{{spec}}}")
    assert severities(tmp_path, "reliability/postgres-instances", text) == severity


def test_a_replica_cluster_needs_no_backup_of_its_own(tmp_path: Path) -> None:
    text = manifest("postgresql.cnpg.io/v1", "Cluster", "orders", "spec: {instances: 3, replica: {enabled: true}}")
    assert found(tmp_path, "reliability/no-backup", text) == []


@pytest.mark.parametrize(("schedule", "count"), [("0 0 2 * * *", 0), ("0 2 * * *", 1), ("@daily", 0)])
def test_a_scheduled_backup_has_six_fields(tmp_path: Path, schedule: str, count: int) -> None:
    text = manifest("postgresql.cnpg.io/v1", "ScheduledBackup", "b", f'spec: {{schedule: "{schedule}"}}')
    assert len(found(tmp_path, "reliability/cron-schedule", text)) == count


@pytest.mark.parametrize(("policy", "severity"), [("30d", []), ("", ["warning"]), ("30", ["error"]), ("0d", ["error"])])
def test_retention_has_a_unit(tmp_path: Path, policy: str, severity: list[str]) -> None:
    body = f"spec: {{configuration: {{}}, retentionPolicy: '{policy}'}}"
    text = manifest("barmancloud.cnpg.io/v1", "ObjectStore", "o", body)
    assert severities(tmp_path, "reliability/backup-no-retention", text) == severity


@pytest.mark.parametrize(
    ("spec", "count"),
    [
        ("clusterIP: None, selector: {a: b}", 0),
        ("type: ExternalName, externalName: db.example.com", 0),
        ("type: ExternalName, externalName: 10.0.0.1", 1),
        ("type: ExternalName, externalName: 'https://db.example.com'", 1),
        ("type: LoadBalancer, clusterIP: None, ports: [{port: 80}]", 1),
        ("ports: []", 1),
        (
            "ports: [{port: 80}], sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 0}}",
            1,
        ),
        ("ports: [{port: 80}], externalTrafficPolicy: Cluster, externalIPs: [192.0.2.1]", 0),
    ],
)
def test_the_fields_of_a_service_go_with_its_type(tmp_path: Path, spec: str, count: int) -> None:
    text = manifest("v1", "Service", "s", f"spec: {{{spec}}}")
    assert len(found(tmp_path, "reliability/service-invalid", text)) == count


@pytest.mark.parametrize(
    ("ports", "count"),
    [
        ("{name: dns, port: 53, protocol: UDP}, {name: dns-tcp, port: 53}", 0),
        ("{port: 80}", 0),
        ("{port: 80}, {port: 81}", 2),
        ("{name: a, port: 80}, {name: a, port: 81}", 1),
        ("{name: a, port: 80}, {name: b, port: 80}", 1),
        ("{port: 70000}", 1),
        ("{port: 80, nodePort: 30001}", 1),
    ],
)
def test_ports_of_a_service_are_unique_and_named(tmp_path: Path, ports: str, count: int) -> None:
    text = manifest("v1", "Service", "s", f"spec: {{ports: [{ports}]}}")
    assert len(found(tmp_path, "reliability/service-port-invalid", text)) == count


def test_a_quorum_counts_the_voters_of_all_pools(tmp_path: Path) -> None:
    assert found(tmp_path, "reliability/quorum", pool("a", 2, "controller"), pool("b", 1, "broker, controller")) == []
    assert severities(tmp_path, "reliability/quorum", pool("a", 2, "controller"), pool("b", 2, "controller")) == [
        "warning"
    ]


def test_data_nodes_do_not_vote(tmp_path: Path) -> None:
    sets = "{name: m, count: 3, config: {node.roles: [master]}}, {name: d, count: 4, config: {node.roles: [data]}}"
    text = manifest("elasticsearch.k8s.elastic.co/v1", "Elasticsearch", "logs", f"spec: {{nodeSets: [{sets}]}}")
    assert found(tmp_path, "reliability/quorum", text) == []


@pytest.mark.parametrize(("zone", "count"), [("Europe/Berlin", 0), ("Europe/Berln", 1), ("Local", 1)])
def test_a_cron_job_names_a_zone_that_exists(tmp_path: Path, zone: str, count: int) -> None:
    text = manifest("batch/v1", "CronJob", "c", f'spec: {{schedule: "0 2 * * *", timeZone: {zone}}}')
    assert len(found(tmp_path, "reliability/cron-schedule", text)) == count


@pytest.mark.parametrize(("ttl", "severity"), [("12h0m0s", ["error"]), ("24h", []), ("720h", [])])
def test_a_backup_outlives_the_time_to_the_next(tmp_path: Path, ttl: str, severity: list[str]) -> None:
    body = f"spec: {{schedule: 0 2 * * *, template: {{ttl: {ttl}}}}}"
    text = manifest("velero.io/v1", "Schedule", "b", body, namespace="velero")
    assert severities(tmp_path, "reliability/velero-backup", text) == severity


def test_two_defaults_of_priority_are_found(tmp_path: Path) -> None:
    texts = [manifest("scheduling.k8s.io/v1", "PriorityClass", name, "value: 1\nglobalDefault: true") for name in "ab"]
    assert severities(tmp_path, "reliability/priority-class", texts[0]) == []
    assert severities(tmp_path, "reliability/priority-class", *texts) == ["error"]
