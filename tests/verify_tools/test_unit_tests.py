from pathlib import Path

import pytest
from real_tools import real_tool

from generator.base.problem import Problem
from generator.verify.promtool import check_prometheus_rules
from generator.verify.unit_tests import find_unit_tests, run_unit_tests

GROUPS = """groups:
  - name: g
    rules:
      - alert: Down
        expr: up == 0
        for: 2m
"""
TEST = """rule_files:
  - {rules}
tests:
  - name: an instance is down
    interval: 1m
    input_series:
      - series: up{{job="a"}}
        values: 0x10
    alert_rule_test:
      - eval_time: 5m
        alertname: Down
        exp_alerts:
          - exp_labels: {{job: {job}}}
"""


def rule_object() -> str:
    head = "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {name: r, namespace: n}\nspec:\n"
    return head + "".join(f"  {line}\n" for line in GROUPS.splitlines())


def run(folder: Path) -> tuple[Problem, ...]:
    return run_unit_tests(find_unit_tests(folder), real_tool("promtool"))


@pytest.mark.parametrize("rules", [GROUPS, rule_object()], ids=["plain", "object"])
def test_the_trees_own_tests_run_on_plain_files_and_on_objects(tmp_path: Path, rules: str) -> None:
    (tmp_path / "rules.yaml").write_text(rules, encoding="utf-8")
    (tmp_path / "rules_test.yaml").write_text(TEST.format(rules="rules.yaml", job="a"), encoding="utf-8")
    assert [test.shown for test in find_unit_tests(tmp_path, "shop")] == ["shop/rules_test.yaml"]
    assert run(tmp_path) == ()


@pytest.mark.parametrize(
    ("rules", "job", "said"),
    [
        ("*.yml", "b", "the test an instance is down fails"),
        ("nothere.yaml", "a", "its rule_files name no file that is there."),
    ],
)
def test_a_failing_test_is_a_problem(tmp_path: Path, rules: str, job: str, said: str) -> None:
    (tmp_path / "rules.yml").write_text(GROUPS, encoding="utf-8")
    (tmp_path / "down.test.yaml").write_text(TEST.format(rules=f'"{rules}"', job=job), encoding="utf-8")
    (problem,) = check_prometheus_rules((), real_tool("promtool"), find_unit_tests(tmp_path)).problems
    assert problem.rule == "promtool/test"
    assert problem.message.startswith(said)


def test_a_test_file_that_promtool_refuses_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(GROUPS, encoding="utf-8")
    text = TEST.format(rules="rules.yaml", job="a") + "nosuch: 1\n"
    (tmp_path / "rules_test.yaml").write_text(text, encoding="utf-8")
    (problem,) = run(tmp_path)
    assert "nosuch" in problem.message


def test_other_files_named_as_tests_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "values-test.yaml").write_text("replicas: 1\n", encoding="utf-8")
    (tmp_path / "broken_test.yaml").write_text("a: [\n", encoding="utf-8")
    assert find_unit_tests(tmp_path) == ()
