"""A problem is suppressed by a written reason, on its object or in the spec, and never silently."""

from pathlib import Path

import pytest
from trees import repository

from generator.base.problem import Problem
from generator.manifests.clusters import Repository
from generator.rules.catalogue import all_rules
from generator.rules.run import check
from generator.rules.suppression import Suppressed, Suppression, from_spec, suppress

RULE = "references/service-no-pods"
SERVICE = """apiVersion: v1
kind: Service
metadata: {{name: legacy, namespace: shop{more}}}
spec: {{selector: {{app: legacy}}, ports: [{{port: 80}}]}}
"""
KNOWN = {rule.id: True for rule in all_rules()}


def tree(root: Path, annotation: str = "") -> Repository:
    more = f", annotations: {{{annotation}}}" if annotation else ""
    return repository(root, {"service.yaml": SERVICE.format(more=more)})


def judged(found: Repository, *wanted: Suppression) -> tuple[tuple[Problem, ...], tuple[Suppressed, ...]]:
    return suppress(check(found, all_rules()), found.manifests.objects, wanted, KNOWN)


def rules(problems: tuple[Problem, ...]) -> set[str]:
    return {problem.rule for problem in problems}


def test_without_a_suppression_the_problem_stays(tmp_path: Path) -> None:
    remaining, gone = judged(tree(tmp_path))
    assert RULE in rules(remaining)
    assert gone == ()


def test_an_annotation_with_a_reason_suppresses_that_rule_on_its_object(tmp_path: Path) -> None:
    remaining, gone = judged(
        tree(tmp_path, "suppress.gen/references.service-no-pods: its pods run on another platform")
    )
    assert RULE not in rules(remaining)
    assert [(item.problem.rule, item.reason) for item in gone] == [(RULE, "its pods run on another platform")]


@pytest.mark.parametrize(
    "annotation", ["suppress.gen/references.service-no-pods: ''", "suppress.gen/references.nothing: x"]
)
def test_an_annotation_without_a_reason_or_rule_suppresses_nothing_and_is_a_problem(
    annotation: str, tmp_path: Path
) -> None:
    remaining, gone = judged(tree(tmp_path, annotation))
    assert {RULE, "suppression/invalid"} <= rules(remaining)
    assert gone == ()


@pytest.mark.parametrize("objects", ["Service shop/legacy", "Service shop/*", "*"])
def test_the_spec_suppresses_by_rule_and_objects(objects: str, tmp_path: Path) -> None:
    remaining, gone = judged(tree(tmp_path), *from_spec({RULE: {objects: "another platform"}}, "environments/shop"))
    assert rules(remaining).isdisjoint({RULE, "suppression/unused"})
    assert len(gone) == 1


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ({RULE: {"Service shop/other": "not here"}}, "suppression/unused"),
        ({"references/nothing": {"*": "no such rule"}}, "suppression/invalid"),
    ],
)
def test_a_suppression_of_nothing_is_a_problem(
    written: dict[str, dict[str, str]], problem: str, tmp_path: Path
) -> None:
    remaining, _ = judged(tree(tmp_path), *from_spec(written, "environments/shop"))
    assert {RULE, problem} <= rules(remaining)


def test_what_a_schema_finds_cannot_be_suppressed(tmp_path: Path) -> None:
    found = tree(tmp_path)
    fact = Problem(rule="kubeconform/invalid", message="x.", object=found.manifests.objects[0].ref())
    wanted = Suppression("kubeconform/invalid", "*", "I know better", "environments/shop")
    remaining, gone = suppress([fact], found.manifests.objects, [wanted], KNOWN)
    assert fact in remaining
    assert gone == ()


def test_a_rule_that_did_not_run_leaves_its_suppressions_alone(tmp_path: Path) -> None:
    found = tree(tmp_path)
    wanted = from_spec({RULE: {"Service shop/other": "not here"}}, "environments/shop")
    remaining, _ = suppress([], found.manifests.objects, wanted, {**KNOWN, RULE: False})
    assert remaining == ()
