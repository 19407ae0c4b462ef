"""Rules know the pods that the operators make of jobs: their labels, and the ports that their templates name."""

from pathlib import Path

import pytest
from trees import problems

FLINK = """
apiVersion: flink.apache.org/v1beta1
kind: FlinkDeployment
metadata: {name: clicks, namespace: pipeline}
spec:
  image: flink:1.20
  flinkVersion: v1_20
  serviceAccount: default
  podTemplate:
    metadata: {labels: {team: search}}
    spec:
      containers:
        - name: flink-main-container
          ports: [{name: metrics, containerPort: 9249}]
---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: clicks, namespace: pipeline}
spec:
  selector: {matchLabels: {team: TEAM}}
  podMetricsEndpoints: [{port: PORT}]
"""
SPARK = """
apiVersion: sparkoperator.k8s.io/v1beta2
kind: KIND
metadata: {name: report, namespace: pipeline}
spec: SPEC
---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata: {name: report, namespace: pipeline}
spec:
  selector: {matchLabels: {team: search, spark-role: ROLE}}
  podMetricsEndpoints: [{port: spark-ui}]
"""
POD = "{cores: 1, labels: {team: search}}"
JOB = f"type: Python, mainApplicationFile: local:///report.py, sparkVersion: 3.5.7, driver: {POD}, executor: {POD}"
SPECS = {
    "SparkApplication": f"{{{JOB}}}",
    "ScheduledSparkApplication": f"{{schedule: 15 2 * * *, template: {{{JOB}}}}}",
}


def of_monitors(folder: Path, text: str) -> set[str]:
    return {found.rule for found in problems(folder, text) if found.rule.startswith("references/monitor")}


def flink(folder: Path, team: str, port: str) -> set[str]:
    return of_monitors(folder, FLINK.replace("TEAM", team).replace("PORT", port))


def spark(folder: Path, kind: str, role: str) -> set[str]:
    return of_monitors(folder, SPARK.replace("KIND", kind).replace("SPEC", SPECS[kind]).replace("ROLE", role))


def test_a_port_of_the_pod_template_is_one_of_the_jobs_pods(tmp_path: Path) -> None:
    assert not flink(tmp_path, "search", "metrics")


def test_a_port_that_no_pod_template_names_is_reported(tmp_path: Path) -> None:
    assert flink(tmp_path, "search", "metric") == {"references/monitor-port-unknown"}


@pytest.mark.parametrize("kind", SPECS)
def test_drivers_have_the_labels_of_their_application_and_the_port_of_their_page(tmp_path: Path, kind: str) -> None:
    assert not spark(tmp_path, kind, "driver")


@pytest.mark.parametrize("kind", SPECS)
def test_a_role_that_no_pod_has_is_reported(tmp_path: Path, kind: str) -> None:
    assert spark(tmp_path, kind, "drivers")
