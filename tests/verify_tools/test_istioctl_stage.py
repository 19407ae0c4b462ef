import re
import stat
from pathlib import Path

import pytest
from real_tools import real_tool

from generator.base.errors import GenError
from generator.base.problem import Problem, Severity
from generator.manifests.clusters import divide
from generator.manifests.load import load_manifests
from generator.verify.istio_messages import DROPPED, SEVERITIES
from generator.verify.istioctl import analyze, path_at
from generator.verify.outcome import Outcome

REPOSITORY = Path(__file__).parents[2]
CLEAN = (Path(__file__).parent / "istio" / "clean.yaml").read_text(encoding="utf-8")


def istioctl() -> Path:
    return real_tool("istioctl")


def analysed(folder: Path) -> Outcome:
    return analyze(divide(load_manifests(folder)).clusters, istioctl())


def found_in(folder: Path, text: str) -> tuple[Problem, ...]:
    (folder / "mesh.yaml").write_text(text, encoding="utf-8")
    return analysed(folder).problems


def test_a_clean_mesh_has_no_problem_and_the_note_says_what_istioctl_leaves_out(tmp_path: Path) -> None:
    (tmp_path / "mesh.yaml").write_text(CLEAN, encoding="utf-8")
    outcome = analysed(tmp_path)
    assert outcome.problems == ()
    assert re.fullmatch(r"\d\d analyzers need a running cluster and are left out by istioctl", outcome.note)


TELEMETRY = """---
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata:
  name: {}
  namespace: shop
spec:
  tracing:
    - randomSamplingPercentage: 5
"""


@pytest.mark.parametrize(
    ("old", "new", "rule", "severity", "path"),
    [
        ("    - edge\n", "    - infra/edge\n", "IST0101", "error", "$.spec.gateways[0]"),
        ("subset: v1\n", "subset: v9\n", "IST0101", "error", "$.spec.http[0].route[0].destination.host"),
        ("protocol: HTTPS\n      hosts", "protocol: HTTQ\n      hosts", "IST0106", "error", ""),
        ("    - cart.example.com\n", "    - cart.example.org\n", "IST0132", "warning", "$.spec.gateways[0]"),
        ("  subsets:\n", "  nosuch: 1\n  subsets:\n", "validate", "error", "$.spec"),
        (
            "  http:\n    - route:\n",
            "  http:\n    - route:\n        - destination:\n            host: cart\n    - route:\n",
            "IST0130",
            "warning",
            "",
        ),
    ],
)
def test_a_mistake_in_the_mesh_is_found_at_its_place(
    tmp_path: Path, old: str, new: str, rule: str, severity: str, path: str
) -> None:
    assert old in CLEAN
    problems = found_in(tmp_path, CLEAN.replace(old, new, 1))
    assert [(problem.rule, problem.severity.value, problem.path) for problem in problems] == [
        (f"istioctl/{rule}", severity, path)
    ]
    assert problems[0].file == "mesh.yaml"
    assert problems[0].line > 1
    assert problems[0].object is not None


def test_an_object_that_istioctl_cannot_read_is_named_with_its_reason(tmp_path: Path) -> None:
    rule = """---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: sticky, namespace: shop}
spec: {host: cart, trafficPolicy: {loadBalancer: {consistentHash: {httpCookie: {name: x, ttl: "3600"}}}}}
"""
    problems = {problem.rule: problem for problem in found_in(tmp_path, CLEAN + rule)}
    problem = problems["istioctl/unreadable"]
    assert problem.object is not None
    assert problem.object.name == "sticky"
    assert "missing unit in duration" in problem.message


def test_the_line_is_that_of_the_users_own_file(tmp_path: Path) -> None:
    text = "\n\n# a comment\n" + CLEAN.replace("    - edge\n", "    - infra/edge\n")
    (problem,) = found_in(tmp_path, text)
    assert text.splitlines()[problem.line - 1].strip() == "- infra/edge"


def test_two_telemetries_for_a_namespace_are_an_error_on_both(tmp_path: Path) -> None:
    assert found_in(tmp_path, CLEAN + TELEMETRY.format("one")) == ()
    problems = found_in(tmp_path, CLEAN + TELEMETRY.format("one") + TELEMETRY.format("two"))
    assert [(problem.rule, str(problem.object)) for problem in problems] == [
        ("istioctl/IST0160", "Telemetry shop/one"),
        ("istioctl/IST0160", "Telemetry shop/two"),
    ]


def test_every_namespace_is_looked_at(tmp_path: Path) -> None:
    broken = CLEAN.replace("    - edge\n", "    - infra/edge\n")
    (tmp_path / "one.yaml").write_text(broken, encoding="utf-8")
    (tmp_path / "two.yaml").write_text(broken.replace("shop", "books"), encoding="utf-8")
    assert {problem.file for problem in analysed(tmp_path).problems} == {"one.yaml", "two.yaml"}


def test_a_reference_never_leads_into_another_cluster(tmp_path: Path) -> None:
    documents = CLEAN.split("---\n")
    gateway = next(text for text in documents if "kind: Gateway" in text)
    others = [text for text in documents if text != gateway]
    for name, text in {"one": "---\n".join(others), "two": gateway}.items():
        folder = tmp_path / "clusters" / name
        folder.mkdir(parents=True)
        (folder / "mesh.yaml").write_text(text, encoding="utf-8")
    problems = analysed(tmp_path).problems
    assert [problem.file for problem in problems if problem.rule == "istioctl/IST0101"] == ["clusters/one/mesh.yaml"]


@pytest.mark.parametrize("tree", ["output/talai/production", "tests/golden"])
def test_rendered_trees_are_clean_but_for_the_advice_against_envoy_filters(tree: str) -> None:
    found = analysed(REPOSITORY / tree).problems
    # Istio gives it on each of them; whoever has some says why under `suppress`.
    assert {(problem.rule, problem.object and problem.object.kind) for problem in found} == {
        ("istioctl/IST0133", "EnvoyFilter")
    }


def test_a_tree_without_a_mesh_does_not_start_istioctl(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: b}\n", "utf-8")
    assert analyze(divide(load_manifests(tmp_path)).clusters, tmp_path / "none").problems == ()


def test_an_istioctl_that_does_not_run_is_an_error_with_its_remedy(tmp_path: Path) -> None:
    (tmp_path / "mesh.yaml").write_text(CLEAN, encoding="utf-8")
    with pytest.raises(GenError, match="gen tools install"):
        analyze(divide(load_manifests(tmp_path)).clusters, tmp_path / "none")


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ('echo "Error(s) adding files: 1 error occurred" >&2; echo "[]"', "istioctl/error"),
        ('echo "[]"; exit 3', "istioctl/error"),
    ],
)
def test_an_istioctl_that_leaves_objects_out_is_a_problem(tmp_path: Path, script: str, said: str) -> None:
    (tmp_path / "mesh.yaml").write_text(CLEAN, encoding="utf-8")
    fake = tmp_path / "istioctl"
    fake.write_text(f'#!/bin/sh\n[ "$1" = analyze ] || exit 0\n{script}\n', encoding="utf-8")
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    problems = analyze(divide(load_manifests(tmp_path)).clusters, fake).problems
    assert [problem.rule for problem in problems] == [said]


def test_an_istioctl_that_does_not_answer_in_json_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "mesh.yaml").write_text(CLEAN, encoding="utf-8")
    fake = tmp_path / "istioctl"
    fake.write_text("#!/bin/sh\necho hello\n", encoding="utf-8")
    fake.chmod(0o755)
    with pytest.raises(GenError, match="did not answer in JSON"):
        analyze(divide(load_manifests(tmp_path)).clusters, fake)


def test_a_code_is_either_ranked_or_dropped_with_a_reason() -> None:
    assert not SEVERITIES.keys() & DROPPED.keys()
    assert all(isinstance(severity, Severity) for severity in SEVERITIES.values())
    assert all(DROPPED.values())


def test_a_line_of_a_copy_tells_the_path(tmp_path: Path) -> None:
    file = tmp_path / "copy.yaml"
    file.write_text("a: 1\nb:\n- c: 2\n  d:\n  - e\n  - f\n", encoding="utf-8")
    assert [path_at(file, line) for line in (1, 2, 3, 4, 6)] == [
        (), ("b",), ("b", 0, "c"), ("b", 0, "d"), ("b", 0, "d", 1)
    ]  # fmt: skip
