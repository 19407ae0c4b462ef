"""Rules about Argo Rollouts: what is steered, analysed and taken over."""

from pathlib import Path

import pytest
from trees import problems

TEMPLATE = """
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata: {name: errors, namespace: shop}
spec:
  args: [{name: service}, {name: window, value: 5m}]
  metrics:
    - name: errors
      provider: {prometheus: {address: "http://prometheus:9090", query: "x{app='{{args.service}}'}[{{args.window}}]"}}
---
"""


def rollout(canary: str) -> str:
    return f"""
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {{name: web, namespace: shop}}
spec:
  selector: {{matchLabels: {{app: web}}}}
  strategy: {{canary: {canary}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec: {{containers: [{{name: web, image: registry.example/web:1.0.0}}]}}
---
"""


def found(tmp_path: Path, text: str) -> set[str]:
    return {item.rule for item in problems(tmp_path, text) if item.rule.startswith("references/rollout")}


def test_a_canary_without_traffic_routing_needs_no_services(tmp_path: Path) -> None:
    assert found(tmp_path, rollout("{steps: [{setWeight: 20}, {pause: {duration: 5m}}]}")) == set()


@pytest.mark.parametrize(
    ("args", "wrong"),
    [("[{name: service, value: web}]", False), ("[]", True), ("[{name: servise, value: web}]", True)],
)
def test_an_analysis_gives_what_its_template_has_no_value_for(args: str, wrong: bool, tmp_path: Path) -> None:
    step = f"{{steps: [{{analysis: {{templates: [{{templateName: errors}}], args: {args}}}}}]}}"
    assert (found(tmp_path, TEMPLATE + rollout(step)) == {"references/rollout-analysis"}) == wrong


def test_an_argument_that_a_template_does_not_declare_is_found(tmp_path: Path) -> None:
    assert found(tmp_path, TEMPLATE.replace("{name: window, value: 5m}", "{name: span, value: 5m}")) == {
        "references/rollout-analysis"
    }


def test_subsets_take_the_place_of_services(tmp_path: Path) -> None:
    tree = """
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: web, namespace: shop}
spec:
  hosts: [web]
  http:
    - route:
        - {destination: {host: web, subset: stable}, weight: 100}
        - {destination: {host: web, subset: canary}, weight: 0}
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: web, namespace: shop}
spec:
  host: web
  subsets: [{name: stable, labels: {app: web}}, {name: canary, labels: {app: web}}]
---
"""
    rule = "{name: web, stableSubsetName: stable, canarySubsetName: %s}"
    canary = "{trafficRouting: {istio: {virtualService: {name: web}, destinationRule: " + rule + "}}}"
    assert found(tmp_path / "good", tree + rollout(canary % "canary")) == set()
    assert found(tmp_path / "bad", tree + rollout(canary % "canry")) == {"references/rollout-traffic-routing"}


def test_a_scaler_of_a_workload_that_a_rollout_took_over_is_found(tmp_path: Path) -> None:
    tree = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {replicas: 0, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {}}}
---
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web, namespace: shop}
spec: {workloadRef: {apiVersion: apps/v1, kind: Deployment, name: web}, strategy: {canary: {}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: %s, kind: %s, name: web}}
"""
    assert found(tmp_path / "good", tree % ("argoproj.io/v1alpha1", "Rollout")) == set()
    assert found(tmp_path / "bad", tree % ("apps/v1", "Deployment")) == {"references/rollout-workload"}
