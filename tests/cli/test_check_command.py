"""`gen check` on folders that gen never made."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from generator.base.errors import GenError
from generator.cli.check import command

SERVICE = """apiVersion: v1
kind: Service
metadata: {name: legacy, namespace: shop}
spec: {selector: {app: legacy}, ports: [{port: 80}]}
"""
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: shop}\ndata: {A: b}\n"
WIDGET = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a, namespace: shop}\nspec: {size: 3}\n"
CRD = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  names: {kind: Widget, plural: widgets, singular: widget}
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties: {spec: {type: object, properties: {size: {type: integer}}}}
"""


def run(*words: object) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words])


def write(root: Path, **files: str) -> Path:
    for name, text in files.items():
        (root / f"{name}.yaml").write_text(text)
    return root


def test_a_folder_without_mistakes_exits_0_with_a_summary(tmp_path: Path) -> None:
    result = run(write(tmp_path, config=CONFIG))
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("1 object: 0 errors, ")
    assert "0 skipped, 0 suppressed" in result.stdout


def test_mistakes_are_grouped_by_object_with_file_and_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, service=SERVICE)
    monkeypatch.chdir(tmp_path)
    result = run(".")
    assert result.exit_code == 1
    first, second = result.stdout.splitlines()[:2]
    assert first == "Service shop/legacy"
    assert second.startswith("  service.yaml:4:8: error: $.spec.selector: ")
    assert second.endswith("[references/service-no-pods]")


def test_a_single_file_is_checked_like_a_folder(tmp_path: Path) -> None:
    write(tmp_path, service=SERVICE)
    result = run(tmp_path / "service.yaml", "--format", "json")
    (problem, *_) = json.loads(result.stdout)["problems"]
    assert (result.exit_code, problem["file"]) == (1, f"{tmp_path}/service.yaml")


def test_several_folders_are_checked_together_and_counted(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    write(tmp_path / "a", config=CONFIG)
    write(tmp_path / "b", service=SERVICE)
    report = json.loads(run(tmp_path / "a", tmp_path / "b", "--format", "json").stdout)
    assert report["objects"] == 2
    assert {problem["file"] for problem in report["problems"]} == {f"{tmp_path}/b/service.yaml"}


def test_warnings_fail_only_when_strict(tmp_path: Path) -> None:
    text = "apiVersion: v1\nkind: Service\nmetadata: {name: db, namespace: shop}\nspec: {ports: [{port: 80}]}\n"
    write(tmp_path, service=text)
    report = json.loads(run(tmp_path, "--format", "json").stdout)
    assert {problem["severity"] for problem in report["problems"]} == {"warning"}
    assert run(tmp_path).exit_code == 0
    assert run(tmp_path, "--strict").exit_code == 1


def test_a_kind_of_an_unknown_group_is_a_warning_until_its_definition_is_named(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    write(tmp_path / "tree", widget=WIDGET)
    write(tmp_path, crd=CRD)
    unknown = run(tmp_path / "tree")
    assert unknown.exit_code == 0
    assert "[kubeconform/no-schema]" in unknown.stdout
    assert run(tmp_path / "tree", "--crds", tmp_path / "crd.yaml").exit_code == 0
    write(tmp_path / "tree", widget=WIDGET.replace("size: 3", "size: x"))
    assert "[kubeconform/invalid]" in run(tmp_path / "tree", "--crds", tmp_path / "crd.yaml").stdout


def test_definitions_in_the_tree_are_schemas_too(tmp_path: Path) -> None:
    write(tmp_path, crd=CRD, widget=WIDGET.replace("size: 3", "size: x"))
    assert "got string, want integer" in run(tmp_path).stdout


@pytest.mark.parametrize("version", ["argoproj.oi/v1alpha1", "argoproj.io/v1alpha9", "apps/v1beta3"])
def test_a_kind_without_a_schema_in_a_known_group_or_nearly_is_an_error(version: str, tmp_path: Path) -> None:
    write(tmp_path, widget=f"apiVersion: {version}\nkind: Rollout\nmetadata:\n  name: a\n  namespace: a\nspec: {{}}\n")
    report = json.loads(run(tmp_path, "--format", "json").stdout)
    found = [item["severity"] for item in report["problems"] if item["rule"] == "kubeconform/no-schema"]
    assert found == ["error"]


def test_one_rule_alone_needs_no_schema(tmp_path: Path) -> None:
    write(tmp_path, service=SERVICE, widget=WIDGET)
    report = json.loads(run(tmp_path, "--rule", "references/service-no-pods", "--format", "json").stdout)
    assert {problem["rule"] for problem in report["problems"]} == {"references/service-no-pods"}
    assert [stage["name"] for stage in report["stages"]] == ["rules"]


def test_what_is_left_out_is_said_and_fails(tmp_path: Path) -> None:
    write(tmp_path, config=CONFIG)
    result = run(tmp_path, "--without", "kubeconform")
    assert (result.exit_code, result.stdout.splitlines()[0][:31]) == (1, "INCOMPLETE: without kubeconform")
    assert run(tmp_path, "--without", "kubeconform", "--allow-incomplete").exit_code == 0


def test_what_is_excluded_is_not_read(tmp_path: Path) -> None:
    write(tmp_path, config=CONFIG, service=SERVICE)
    assert run(tmp_path, "--exclude", "service.yaml").exit_code == 0


def test_a_rule_is_explained_with_its_examples() -> None:
    result = run("--explain", "references/service-no-pods")
    assert result.exit_code == 0
    assert "references/service-no-pods (error)" in result.stdout
    assert "## Bad" in result.stdout


def test_the_rules_are_listed_with_severity_and_title() -> None:
    lines = run("--list").stdout.splitlines()
    assert len(lines) > 200
    assert any(line.startswith("references/service-no-pods") and " error " in line for line in lines)


@pytest.mark.parametrize("words", [["--explain", "references/service-no-pod"], [".", "--rule", "reference/x"]])
def test_a_rule_that_is_not_there_gets_a_suggestion(words: list[str]) -> None:
    error = run(*words).exception
    assert isinstance(error, GenError)
    assert "There is no rule" in str(error)


def test_a_folder_without_manifests_is_an_error(tmp_path: Path) -> None:
    error = run(tmp_path).exception
    assert isinstance(error, GenError)
    assert "no manifest is there" in str(error)


def test_without_a_folder_the_usage_is_shown() -> None:
    assert run().exit_code == 2
