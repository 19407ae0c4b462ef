"""Short manifests for the tests of rules about references, and what those rules find in them."""

from pathlib import Path

from trees import repository

from generator.base.problem import Problem
from generator.rules.catalogue import all_rules
from generator.rules.run import check

RULES = [rule for rule in all_rules() if rule.id.startswith("references/")]


def found(root: Path, text: str) -> tuple[Problem, ...]:
    return check(repository(root, {"manifests.yaml": text}), RULES)


def errors(root: Path, text: str) -> set[str]:
    return {problem.rule for problem in found(root, text) if problem.severity == "error"}


def deployment(name: str, container: str = "", more: str = "") -> str:
    return f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: shop}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      containers: [{{name: {name}, image: "{name}:1"{container}}}]
{more}
---
"""


def service(name: str, port: str = "name: http, port: 80", more: str = "") -> str:
    return f"""
apiVersion: v1
kind: Service
metadata: {{name: {name}, namespace: shop, labels: {{app: {name}}}}}
spec: {{selector: {{app: {name}}}, ports: [{{{port}}}]{more}}}
---
"""


HTTP = ", ports: [{name: http, containerPort: 8080}]"
CLUSTER = """
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata: {name: orders, namespace: shop}
spec: {instances: 3, storage: {size: 1Gi}}
---
"""


def env(value: str, name: str = "URL") -> str:
    return f', env: [{{name: {name}, value: "{value}"}}]'
