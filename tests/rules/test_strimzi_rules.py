"""What rules know of the pods that Strimzi makes, and of how its mirror names Secrets."""

from pathlib import Path

from trees import repository

from generator.rules.catalogue import find_rule
from generator.rules.run import check

KAFKA = """\
apiVersion: kafka.strimzi.io/v1
kind: Kafka
metadata: {name: events, namespace: data}
spec:
  kafka:
    listeners: [{name: tls, port: 9093, type: internal, tls: true}]
  entityOperator: {topicOperator: {}, userOperator: {}}
"""
MONITOR = """\
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: events, namespace: data}
spec:
  selector: {matchLabels: {strimzi.io/cluster: events}}
  podMetricsEndpoints: [{port: PORT}]
"""
SERVICE = """\
apiVersion: v1
kind: Service
metadata: {name: registry, namespace: data}
spec:
  selector: {app.kubernetes.io/name: NAME}
  ports: [{port: 8080}]
"""
MIRROR = """\
apiVersion: kafka.strimzi.io/v1
kind: KafkaMirrorMaker2
metadata: {name: mirror, namespace: data}
spec:
  replicas: 2
  target: {alias: here, bootstrapServers: "events-kafka-bootstrap:9093"}
  mirrors:
    - source:
        alias: there
        bootstrapServers: kafka.example.com:9094
        authentication: {type: scram-sha-512, username: mirror, ENTRY}
"""


def found(root: Path, text: str, rule: str) -> list[str]:
    return [problem.message for problem in check(repository(root, {"x.yaml": text}), [find_rule(rule)])]


def test_the_health_ports_of_both_operators_can_be_scraped(tmp_path: Path) -> None:
    for port in ("healthcheck-to", "healthcheck-uo", "tcp-prometheus"):
        text = f"{KAFKA}---\n{MONITOR.replace('PORT', port)}"
        assert found(tmp_path / port, text, "references/monitor-port-unknown") == []
    wrong = f"{KAFKA}---\n{MONITOR.replace('PORT', 'healthcheck-xo')}"
    assert found(tmp_path / "wrong", wrong, "references/monitor-port-unknown")


def test_a_service_of_another_name_selects_none_of_its_pods(tmp_path: Path) -> None:
    other = f"{KAFKA}---\n{SERVICE.replace('NAME', 'registry')}"
    assert found(tmp_path / "other", other, "references/service-no-pods")
    own = f"{KAFKA}---\n{SERVICE.replace('NAME', 'cruise-control')}"
    assert (
        found(
            tmp_path / "own",
            own.replace("  entityOperator", "  cruiseControl: {}\n  entityOperator"),
            "references/service-no-pods",
        )
        == []
    )


def test_the_key_of_a_password_is_no_password(tmp_path: Path) -> None:
    key = MIRROR.replace("ENTRY", "passwordSecret: {secretName: there, password: password}")
    assert found(tmp_path / "key", key, "security/literal-secret") == []
    written = MIRROR.replace("ENTRY", "password: kL9vQ2mX7pZr4T")
    assert found(tmp_path / "written", written, "security/literal-secret")
