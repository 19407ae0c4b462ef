"""Every component with instances shows itself: examples that render and verify alone, mistakes with their messages.

An example is an environment of the platform in examples/components/platform.yaml.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rendering import CHECKOUT, example_workspace

from generator.base.errors import GenError
from generator.components.catalogue import read_catalogue
from generator.deliver.tree import render_tree
from generator.documents.schema import Schemas
from generator.spec.load import load
from generator.spec.workspace import open_workspace

TEMPLATES = CHECKOUT / "templates"
VALID = sorted(TEMPLATES.glob("*/*/examples/valid/*.yaml"))
INVALID = sorted(TEMPLATES.glob("*/*/examples/invalid/*.yaml"))
CATALOGUE = read_catalogue([TEMPLATES], Schemas(CHECKOUT / "schemas"))
INSTANCES = [component for component in CATALOGUE.components.values() if component.scope == "instance"]


def shown(example: Path) -> str:
    return "/".join(example.relative_to(TEMPLATES).with_suffix("").parts)


def gen(workspace: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "generator.cli.main", *arguments, "--workspace", str(workspace)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def said_of(workspace: Path) -> str:
    try:
        opened = open_workspace(workspace)
        render_tree(load(opened, "shop", "example"), opened.catalogue)
    except GenError as error:
        return f"{error}\n"
    return ""


@pytest.mark.parametrize("example", VALID, ids=shown)
def test_an_example_renders_and_verifies_on_its_own(example: Path, tmp_path: Path) -> None:
    workspace = example_workspace(example, tmp_path)
    # What comes from an upstream chart has no forms of ours.
    operator = CATALOGUE.components["/".join(example.relative_to(TEMPLATES).parts[:2])].chart is not None
    forms = ("manifests",) if operator else ("manifests", "helm", "kustomize")
    rendered = gen(workspace, "render", "--env", "example", "--form", ",".join(forms))
    assert rendered.returncode == 0, rendered.stderr
    without = ("--without", "admission", "--without", "istioctl", "--allow-incomplete")
    done = gen(workspace, "verify", "--env", "example", "--format", "json", *without)
    report: dict[str, Any] = json.loads(done.stdout)
    wrong = [problem for problem in report["problems"] if problem["severity"] == "error"]
    assert not wrong, json.dumps(wrong, indent=1)
    assert done.returncode == 0, done.stderr
    assert {"kubeconform", "rules", *forms[1:]} <= {stage["name"] for stage in report["stages"]}


@pytest.mark.parametrize("example", INVALID, ids=shown)
def test_a_mistake_in_an_example_is_refused_with_exactly_these_messages(example: Path, tmp_path: Path) -> None:
    assert said_of(example_workspace(example, tmp_path)) == example.with_suffix(".txt").read_text("utf-8")


@pytest.mark.parametrize("component", INSTANCES, ids=lambda component: component.name)
def test_a_component_explains_itself(component: Any) -> None:
    folder = TEMPLATES / component.name
    readme = (folder / "README.md").read_text("utf-8")
    assert readme.startswith("# ")
    assert list((folder / "examples" / "valid").glob("*.yaml"))
    assert list((folder / "examples" / "invalid").glob("*.yaml"))
    for name in component.schema.get("properties", {}) if component.schema else ():
        assert name in readme, f"{component.name}: the README says nothing of '{name}'"


@pytest.mark.parametrize("component", INSTANCES, ids=lambda component: component.name)
def test_every_parameter_of_a_component_is_described_with_an_example(component: Any) -> None:
    undocumented = []

    def walk(schema: Any, path: str) -> None:
        for name, below in schema.get("properties", {}).items():
            place = f"{path}.{name}"
            if "description" not in below or ("examples" not in below and "properties" not in below):
                undocumented.append(place)
            walk(below, place)
        for key in ("items", "additionalProperties"):
            if isinstance(schema.get(key), dict):
                walk(schema[key], f"{path}.*")
        for name, below in schema.get("$defs", {}).items():
            walk(below, f"#{name}")

    walk(component.schema or {}, "$")
    assert not undocumented
    assert component.schema is None or component.schema.get("additionalProperties") is False
