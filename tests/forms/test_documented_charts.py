"""Charts of two design documents: the values of an agent's service, and a chart with values for three regions."""

import subprocess
from pathlib import Path
from typing import Any

import yaml
from rendered import real_toolbox
from rendering import CHECKOUT

GOLDEN = CHECKOUT / "tests" / "golden"
WORKFLOW = GOLDEN / "workflow" / "output" / "workflow" / "staging" / "charts" / "workflow"
TAI = GOLDEN / "tai" / "output" / "tai" / "production" / "charts" / "tai"

# What the document of the workflow platform lists for its agent's service.
LLM_AGENT = """
replicaCount: 3
image:
  repository: platform/llm-agent-service
  tag: v1.2.3
  pullPolicy: IfNotPresent
resources:
  requests: {cpu: 500m, memory: 1Gi}
  limits: {cpu: 2000m, memory: 2Gi}
autoscaling:
  enabled: true
  minReplicas: 3
  maxReplicas: 20
  targetCPUUtilizationPercentage: 70
  targetMemoryUtilizationPercentage: 80
service: {type: ClusterIP, port: 8080}
ingress: {enabled: false}
env:
  - name: DATABASE_URL
    valueFrom: {secretKeyRef: {name: llm-agent-db-credentials, key: url}}
  - name: VAULT_ADDR
    value: http://vault.infrastructure:8200
"""


def test_the_values_of_the_agents_service_are_those_of_its_document() -> None:
    values = yaml.safe_load((WORKFLOW / "charts" / "llm-agent-service" / "values.yaml").read_text("utf-8"))
    assert differing(yaml.safe_load(LLM_AGENT), values) == []


def test_a_value_that_the_document_has_otherwise_is_noticed() -> None:
    values = yaml.safe_load((WORKFLOW / "charts" / "llm-agent-service" / "values.yaml").read_text("utf-8"))
    values["image"]["tag"] = "v1.2.4"
    del values["service"]["port"]
    assert differing(yaml.safe_load(LLM_AGENT), values) == ["$.image.tag", "$.service.port"]


def differing(documented: Any, found: Any, path: str = "$") -> list[str]:
    """Return the paths at which a document says something that the values don't."""
    if isinstance(documented, dict) and isinstance(found, dict):
        return [each for key in documented for each in differing(documented[key], found.get(key), f"{path}.{key}")]
    return [] if documented == found else [path]


def test_the_chart_of_three_regions_has_the_files_of_its_document() -> None:
    top = {path.name for path in TAI.iterdir()}
    regions = {f"values-{region}.yaml" for region in ("us-central1", "europe-west1", "asia-southeast1")}
    assert {"Chart.yaml", "values.yaml", "templates", *regions} <= top
    templates = {path.relative_to(TAI / "charts").as_posix() for path in TAI.glob("charts/*/templates/*.yaml")}
    assert {
        "governor/templates/deployment.yaml",
        "coordinator/templates/deployment.yaml",
        "scheduler/templates/statefulset.yaml",
        "redis/templates/statefulset.yaml",
        "governor/templates/service.yaml",
        "governor/templates/configmap.yaml",
        "governor/templates/serviceaccount.yaml",
        "secrets/templates/externalsecret.yaml",  # no value of a secret stands in a chart
    } <= templates


def test_one_command_installs_a_region_of_it(tmp_path: Path) -> None:
    for region, has_scheduler in (("us-central1", True), ("europe-west1", False), ("asia-southeast1", True)):
        command = ["install", "tai", str(TAI), "-n", "tai-system", "--create-namespace", "--dry-run=client"]
        said = helm(tmp_path, *command, "-f", str(TAI / f"values-{region}.yaml"))
        assert said.returncode == 0, said.stderr
        manifest = said.stdout.partition("MANIFEST:\n")[2].partition("\nNOTES:\n")[0]
        objects = [item for item in yaml.load_all(manifest, yaml.CSafeLoader) if item]
        names = {item["metadata"]["name"] for item in objects if item["kind"] in ("Deployment", "StatefulSet")}
        assert names == {"governor", "coordinator", "redis", *(["scheduler"] if has_scheduler else [])}
        (config,) = [i for i in objects if (i["kind"], i["metadata"]["name"]) == ("ConfigMap", "governor")]
        assert config["data"]["REGION"] == region


def helm(home: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [str(real_toolbox().tools["helm"]), *words]
    environ = {"HOME": str(home), "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=environ)
