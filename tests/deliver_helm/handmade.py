"""Charts made by hand, and the real helm that reads them."""

import json
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from rendered import real_toolbox

from generator.deliver.document import File
from generator.deliver.helm.chart import render_chart
from generator.deliver.helm.model import Chart
from generator.deliver.helm.umbrella import render_umbrella

WEST, EUROPE, INDIA = "us-west-2", "eu-central-1", "ap-south-1"
REGIONS = (WEST, EUROPE, INDIA)

FOLDER = "charts/talai/charts/orchex/"

# All values as JSON, so that a test reads back what a template sees.
READ_BACK = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Chart.Name }}
data:
  values: {{ toJson .Values | quote }}
"""
POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: orchex
  namespace: talai
spec:
  podSelector: {}
  ingress:
    {{- range $flow := .Values.ingress }}
    - from:
        - podSelector:
            matchLabels:
              app: {{ $flow.from | quote }}
      ports:
        - port: {{ int64 $flow.port }}
    {{- end }}
"""


def service_schema() -> dict[str, Any]:
    path = Path(__file__).with_name("service.values.schema.json")
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schema


def service_values(replicas: int, **further: object) -> dict[str, object]:
    """Return values that templates of a service use, in another order than the schema's."""
    return {
        "ingress": [{"from": "gateway", "port": 8000}],
        "autoscaling": {"maxReplicas": 100, "enabled": True},
        "image": {"repository": "registry.example/talai/orchex", "tag": "2.4.1"},
        "replicaCount": replicas,
        "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}},
        "nodeSelector": {"cloud": "aws", "pool": "general"},
        "podAnnotations": {},
        "quotas": {"talai": {"pods": 1_000_000}, "data": {"pods": 50}},
        **further,
    }


USED = frozenset(
    {
        ("ingress", "[]", "from"),
        ("ingress", "[]", "port"),
        ("autoscaling", "maxReplicas"),
        ("autoscaling", "enabled"),
        ("image", "repository"),
        ("image", "tag"),
        ("replicaCount",),
        ("resources",),
        ("nodeSelector",),
        ("podAnnotations",),
        ("quotas", "talai", "pods"),
        ("quotas", "data", "pods"),
    }
)


def service(name: str = "orchex") -> Chart:
    """Return the chart of a service whose regions differ in a number, a list, a whole mapping and removed keys."""
    return Chart(
        name=name,
        description="Orchestrates research workflows: plans, runs and resumes them",
        version="1.4.0",
        app_version="2.4.1",
        kubernetes="1.36",
        platform="talai",
        environment="production",
        namespace="research",
        regions=REGIONS,
        templates={"values.yaml": READ_BACK, "network-policy.yaml": POLICY},
        values={
            WEST: service_values(3),
            EUROPE: service_values(
                2_000_000, nodeSelector={"pool": "general"}, podAnnotations={"note": "{{ $labels.x }}"}
            ),
            INDIA: service_values(
                3,
                ingress=[],
                nodeSelector={"cloud": "azure", "disk": "true"},
                resources={"limits": {"cpu": "2"}},
                autoscaling={"maxReplicas": 12, "enabled": False},
            ),
        },
        used=USED,
        schema=service_schema(),
        schema_file="templates/workload/service/values.schema.json",
        notes=("Service orchex in namespace talai", "https://api.example/orchex, {{ not a template }}"),
        input_hash="0" * 64,
    )


def of_one_region(name: str, region: str) -> Chart:
    """Return a chart that only one region has, without values that differ."""
    return replace(
        service(name),
        description="Serves the edge",
        regions=(region,),
        values={region: {"replicaCount": 4}},
        used=frozenset({("replicaCount",)}),
        templates={"values.yaml": READ_BACK},
    )


def umbrella(*charts: Chart, about: str = "Research workflows") -> tuple[File, ...]:
    return render_umbrella("talai", "production", about, "1.4.0", "1.36", REGIONS, charts, input_hash="1" * 64)


def write(root: Path, *charts: Chart) -> Path:
    """Write an umbrella with its components below a folder; return the umbrella's."""
    for file in (*umbrella(*charts), *(file for chart in charts for file in render_chart(chart))):
        path = root / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
    return root / "charts" / "talai"


def helm(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the real helm, with nothing of this machine's own settings; `folder` holds what it keeps for itself."""
    return subprocess.run(
        [str(real_toolbox().tools["helm"]), *words],
        env={"HOME": str(folder / "home"), "KUBECONFIG": str(folder / "none")},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def template(chart: Path, *words: str) -> str:
    """Return what `helm template` prints; fails when it warns."""
    done = helm("template", "talai", str(chart), *words, folder=chart.parent)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def read_back(output: str) -> dict[str, dict[str, Any]]:
    """Return the values that the templates of each chart saw, without what Helm adds and without nulls in mappings."""
    found = {}
    for document in yaml.safe_load_all(output):
        if document and document["kind"] == "ConfigMap":
            seen = json.loads(document["data"]["values"])
            found[document["metadata"]["name"]] = without_nulls(
                {name: value for name, value in seen.items() if name not in {"enabled", "global"}}
            )
    return found


def without_nulls(value: Any) -> Any:
    """Return values as Helm's templates see them: a key whose value is null is as one that is not there."""
    if isinstance(value, Mapping):
        return {name: without_nulls(entry) for name, entry in value.items() if entry is not None}
    return value


def texts(files: Iterable[File]) -> dict[str, str]:
    return {file.path: file.content.decode() for file in files}


def chart_files(chart: Chart) -> dict[str, str]:
    return {path.removeprefix(FOLDER): text for path, text in texts(render_chart(chart)).items()}


def schema_of(chart: Chart) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(chart_files(chart)["values.schema.json"])
    return schema


def with_schema(schema: dict[str, Any]) -> Chart:
    return replace(service(), schema=schema)
