"""A small tree in three forms, in which all is right: what the negative controls change."""

from collections.abc import Mapping
from pathlib import Path

from generator.verify.forms.tree import FormTree

REGIONS = ("east", "west")

_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: control
  namespace: default
spec:
  replicas: {replicas}
  selector:
    matchLabels:
      app: control
  template:
    metadata:
      labels:
        app: control
    spec:
      containers:
        - name: control
          image: {image}
"""
_CHART = """\
apiVersion: v2
name: control
description: What the negative controls change
type: application
version: 0.1.0
"""
_VALUES = "replicaCount: 2\nimage: registry.example.com/control:1.0\n"
_BASE = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - deployment.yaml
"""
_OVERLAY = """\
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - ../../base
"""
_PATCHES = """\
patches:
  - path: patch-deployment.yaml
    target:
      group: apps
      version: v1
      kind: Deployment
      name: control
"""
_PATCH = "- op: replace\n  path: /spec/replicas\n  value: 3\n"


def write_control_tree(root: Path) -> FormTree:
    """Write the tree into a folder that is not there yet, and return it."""
    for path, text in _files().items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    manifests = {
        f"clusters/{region}/control/deployment.yaml": _manifest(count).encode()
        for region, count in zip(REGIONS, (2, 3), strict=True)
    }
    return FormTree(root, "the stage's own control", REGIONS, manifests)


def _manifest(replicas: int) -> str:
    return _DEPLOYMENT.format(replicas=replicas, image="registry.example.com/control:1.0")


def _files() -> Mapping[str, str]:
    chart, kustomize = "charts/own/charts/control", "kustomize/control"
    template = _DEPLOYMENT.format(replicas="{{ int64 .Values.replicaCount }}", image="{{ quote .Values.image }}")
    return {
        f"{chart}/Chart.yaml": _CHART,
        f"{chart}/values.yaml": _VALUES,
        f"{chart}/values-east.yaml": "{}\n",
        f"{chart}/values-west.yaml": "replicaCount: 3\n",
        f"{chart}/templates/deployment.yaml": template,
        f"{kustomize}/base/kustomization.yaml": _BASE,
        f"{kustomize}/base/deployment.yaml": _manifest(2),
        f"{kustomize}/overlays/east/kustomization.yaml": _OVERLAY,
        f"{kustomize}/overlays/west/kustomization.yaml": _OVERLAY + _PATCHES,
        f"{kustomize}/overlays/west/patch-deployment.yaml": _PATCH,
    }
