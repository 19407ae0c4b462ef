"""What a tool cannot carry is refused when it is rendered; each refusal rests on what the real tool does."""

import subprocess
from pathlib import Path

import pytest
from form_texts import LARGEST
from form_workspace import NAME, PLATFORM, REGIONS, Case, write_workspace
from rendered import real_toolbox

from generator.base.errors import ProblemsError
from generator.base.problem import Problem
from generator.deliver.tree import Narrowing, render_tree
from generator.spec.load import load
from generator.spec.workspace import open_workspace

KUSTOMIZATION = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [{}]\n"
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n{}"
ANNOTATED = (
    'apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: a\n  namespace: hostile\n  annotations:\n    "{}": b\n'
)


def problems(workspace: Path, form: str) -> tuple[Problem, ...]:
    """Return why a workspace cannot be rendered in a form; () when it can."""
    opened = open_workspace(workspace)
    platform = load(opened, PLATFORM, "test")
    try:
        render_tree(platform, opened.catalogue, Narrowing(forms=(form,)))
    except ProblemsError as error:
        return tuple(error.problems)
    return ()


def of_text(text: str, form: str, folder: Path) -> tuple[Problem, ...]:
    return problems(write_workspace(folder, Case((text,), (1,))), form)


def of_annotation(name: str, form: str, folder: Path) -> tuple[Problem, ...]:
    workspace = write_workspace(folder, Case(("a",), (1,)))
    component = workspace / "templates" / "tests" / NAME
    (component / "manifests" / "account.yaml.j2").write_text(ANNOTATED.format(name), "utf-8")
    marker = component / "component.yaml"
    marker.write_text(marker.read_text("utf-8") + "  - ServiceAccount\n", "utf-8")
    return problems(workspace, form)


def test_what_helm_deletes_is_refused_in_charts_only(tmp_path: Path) -> None:
    found = of_text("a <no value> b", "helm", tmp_path)
    assert {problem.rule for problem in found} == {"render/helm-text"}
    assert "templates/tests/texts/manifests/each.yaml.j2" in {problem.file for problem in found}
    assert "Helm deletes the text '<no value>'" in found[0].message
    assert of_text("a <no value> b", "kustomize", tmp_path) == ()
    assert of_text("a no value b", "helm", tmp_path) == ()


def test_an_annotation_of_lines_of_which_the_first_begins_with_a_tab_is_refused_in_kustomize_only(
    tmp_path: Path,
) -> None:
    found = of_text("\ta\nb\n", "kustomize", tmp_path)
    assert {problem.object.name for problem in found if problem.object} == {f"{NAME}-fixed"}
    assert "its first line begins with a tab" in found[0].message
    assert of_text("\ta\nb\n", "helm", tmp_path) == ()
    assert of_text("\ta", "kustomize", tmp_path) == ()


def test_the_key_that_merges_is_refused_in_kustomize_only(tmp_path: Path) -> None:
    found = of_text("<<", "kustomize", tmp_path)
    assert "the key '<<' comes back from kustomize as a merge" in found[0].message
    assert of_text("<<", "helm", tmp_path) == ()


def test_an_integer_of_which_a_chart_would_lose_digits_is_refused_in_helm_only(tmp_path: Path) -> None:
    def of_number(number: int, form: str) -> tuple[Problem, ...]:
        return problems(write_workspace(tmp_path, Case(("a",), (number,))), form)

    assert {problem.file.rpartition("/")[2] for problem in of_number(LARGEST + 1, "helm")} >= {"each.yaml.j2"}
    assert of_number(LARGEST, "helm") == ()
    assert of_number(LARGEST + 1, "kustomize") == ()


@pytest.mark.parametrize("name", ["true", "null", "0", "1.20", "012", "1e3"])
def test_an_annotation_that_reads_as_no_string_is_refused_in_kustomize_only(name: str, tmp_path: Path) -> None:
    found = of_annotation(name, "kustomize", tmp_path)
    assert [problem.message for problem in found] == [
        f"in {region}, kustomize takes the annotation's name '{name}' for no string." for region in REGIONS
    ]
    assert {problem.file for problem in found} == {"templates/tests/texts/manifests/account.yaml.j2"}
    assert of_annotation(name, "helm", tmp_path) == ()


@pytest.mark.parametrize("name", ["yes", "no", "a", "1.20a", "example.com/0"])
def test_an_annotation_with_any_other_name_is_rendered(name: str, tmp_path: Path) -> None:
    assert of_annotation(name, "kustomize", tmp_path) == ()


def test_helm_does_delete_it(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: a\nversion: 0.1.0\n", "utf-8")
    (tmp_path / "values.yaml").write_text("text: a <no value> b\n", "utf-8")
    template = CONFIG.format("data:\n  text: {{ .Values.text | quote }}\n")
    (tmp_path / "templates" / "a.yaml").write_text(template, "utf-8")
    assert 'text: "a  b"' in ran("helm", "template", "a", str(tmp_path))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('data:\n  a: "\\tb\\nc"\n  z: a\n', "found a tab character"),
        ('  annotations: {"true": a}\ndata:\n  z: a\n', "unsupported type: map[interface {}]interface {}"),
    ],
)
def test_kustomize_does_fail(content: str, said: str, tmp_path: Path) -> None:
    assert said in patched(content, tmp_path)


def test_kustomize_does_print_a_key_that_merges(tmp_path: Path) -> None:
    text = patched('data:\n  "<<": a\n  z: a\n', tmp_path)
    assert "<<" not in text or "\n  <<: a\n" in text


def patched(content: str, folder: Path) -> str:
    """Return what Kustomize makes of a ConfigMap of which an overlay patches another value."""
    for name, kustomization in (("base", "a.yaml"), ("overlay", "../base")):
        (folder / name).mkdir()
        (folder / name / "kustomization.yaml").write_text(KUSTOMIZATION.format(kustomization), "utf-8")
    (folder / "base" / "a.yaml").write_text(CONFIG.format(content), "utf-8")
    with (folder / "overlay" / "kustomization.yaml").open("a", encoding="utf-8") as file:
        file.write("patches: [{path: patch.yaml, target: {kind: ConfigMap, name: a}}]\n")
    (folder / "overlay" / "patch.yaml").write_text("- op: replace\n  path: /data/z\n  value: b\n", "utf-8")
    return ran("kustomize", "build", str(folder / "overlay"))


def ran(tool: str, *arguments: str) -> str:
    done = subprocess.run([str(real_toolbox().tools[tool]), *arguments], capture_output=True, check=False)
    return (done.stdout + done.stderr).decode("utf-8")
