"""Texts of manifests for the tests of the reliability and drift rules, and what one rule finds in them."""

from pathlib import Path
from textwrap import indent

from trees import repository

from generator.base.problem import Problem
from generator.rules.catalogue import find_rule
from generator.rules.run import check


def found(root: Path, rule: str, *texts: str) -> list[Problem]:
    """Return what one rule finds in documents."""
    return list(check(repository(root, {"manifests.yaml": "---\n".join(texts)}), [find_rule(rule)]))


def severities(root: Path, rule: str, *texts: str) -> list[str]:
    return [problem.severity.value for problem in found(root, rule, *texts)]


def manifest(api: str, kind: str, name: str, body: str, namespace: str = "shop", labels: str = "") -> str:
    more = f", labels: {{{labels}}}" if labels else ""
    return f"apiVersion: {api}\nkind: {kind}\nmetadata: {{name: {name}, namespace: {namespace}{more}}}\n{body}\n"


def pods(
    container: str = "",
    *,
    pod: str = "",
    spec: str = "",
    kind: str = "Deployment",
    name: str = "cart",
    labels: str = "app: cart",
    selector: str = "{matchLabels: {app: cart}}",
) -> str:
    api = "argoproj.io/v1alpha1" if kind == "Rollout" else "apps/v1"
    lines = ["spec:", indent(spec or "replicas: 3", "  "), f"  selector: {selector}", "  template:"]
    lines += (
        [f"    metadata: {{labels: {{{labels}}}}}", "    spec:", indent(pod, "      ")]
        if pod
        else [f"    metadata: {{labels: {{{labels}}}}}", "    spec:"]
    )
    lines += ["      containers:", "        - name: main", "          image: example.com/main:1"]
    return manifest(api, kind, name, "\n".join([*lines, indent(container, " " * 10)]))


def budget(spec: str, name: str = "cart") -> str:
    return manifest(
        "policy/v1", "PodDisruptionBudget", name, f"spec: {{{spec}, selector: {{matchLabels: {{app: cart}}}}}}"
    )


def hpa(spec: str, name: str = "cart") -> str:
    target = f"  scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: {name}}}"
    return manifest("autoscaling/v2", "HorizontalPodAutoscaler", name, f"spec:\n{target}\n{indent(spec, '  ')}")


def scaled_object(spec: str) -> str:
    return manifest(
        "keda.sh/v1alpha1", "ScaledObject", "cart", f"spec:\n  scaleTargetRef: {{name: cart}}\n{indent(spec, '  ')}"
    )


SERVICE = manifest("v1", "Service", "cart", "spec: {selector: {app: cart}, ports: [{name: http, port: 80}]}")
