import json
from pathlib import Path

import pytest
from real_tools import real_tool
from rendering import rendered_once

from generator.base.errors import GenError
from generator.base.problem import Problem
from generator.manifests.load import load_manifests
from generator.verify.example_text import example
from generator.verify.outcome import Outcome
from generator.verify.promtool import check_prometheus_rules

REPOSITORY = Path(__file__).parents[2]
CLEAN = (Path(__file__).parent / "rules" / "clean.yaml").read_text(encoding="utf-8")


def checked(folder: Path) -> Outcome:
    return check_prometheus_rules(load_manifests(folder).objects, real_tool("promtool"))


def found_in(folder: Path, text: str) -> tuple[Problem, ...]:
    (folder / "rules.yaml").write_text(text, encoding="utf-8")
    return checked(folder).problems


def rule_object(*rules: str) -> str:
    head = "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {name: r, namespace: n}\n"
    return head + "spec:\n  groups:\n    - name: g\n      rules:\n" + "".join(f"        - {rule}\n" for rule in rules)


def test_good_rules_pass_and_every_alert_is_seen_to_fire_and_to_stay_silent(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(CLEAN, encoding="utf-8")
    outcome = checked(tmp_path)
    assert outcome.problems == ()
    assert outcome.note == "10 rules; 9 of 9 alerts fired and stayed silent in generated tests"


@pytest.mark.parametrize(
    ("old", "new", "rule", "severity", "path", "said"),
    [
        ("> 0.05", "> ", "rule", "error", "$.spec.groups[0].rules[1].expr", "unexpected end of input"),
        ("rate(http_requests_total{code", "rate(http_requests_total[5m] {code", "rule", "error",
         "$.spec.groups[0].rules[0].expr", "could not parse expression"),
        ("for: 10m\n          keep", "for: 10x\n          keep", "rule", "error",
         "$.spec.groups[0].rules[1].for", 'unknown unit "x"'),
        ("{{ $value | humanizePercentage }}", "{{ $value | humanizePercent }}", "rule", "error",
         "$.spec.groups[0].rules[1].annotations.summary", 'function "humanizePercent" not defined'),
        ("record: job:errors:ratio5m\n", "record: job:errors:ratio5m\n          for: 5m\n", "rule", "error",
         "$.spec.groups[0].rules[0].for", "invalid field 'for' in recording rule"),
        ("        - alert: Down\n", "        - annotations: {}\n", "rule", "error",
         "$.spec.groups[0].rules[2]", "one of 'record' or 'alert' must be set"),
        ("        - alert: Down\n", "        - alert: Down\n          record: down\n", "rule", "error",
         "$.spec.groups[0].rules[2]", "only one of 'record' and 'alert' must be set"),
        ("          for: 5m\n", "          hold: 5m\n", "rule", "error",
         "$.spec.groups[0].rules[3].hold", "field hold not found"),
        ("alert: Gone", "alert: Down", "duplicate", "warning",
         "$.spec.groups[0].rules[3]", "Down stands here more than once"),
        ("      interval: 30s\n", "      interval: 30q\n", "group", "error",
         "$.spec.groups[0].interval", "unknown unit"),
        ("    - name: cart\n", "    - name: cart\n      rules: []\n    - name: cart\n", "group", "error",
         "$.spec.groups[1].name", "is repeated in the same file"),
        ("paused == 1", "paused ==", "rule", "error", "$.data['rules.yaml']", "Lagging: could not parse expression"),
        ("vector(1)", "vector(1) > 2", "never-fires", "error", "$.spec.groups[0].rules[8].expr", "can never fire"),
        ("vector(1)", "vector(1) < 2", "always-fires", "warning", "$.spec.groups[0].rules[8].expr", "fires always"),
        ('up{job="cart"} == 0', 'up{job="cart"} > 5 and up{job="cart"} < 2', "untested", "info",
         "$.spec.groups[0].rules[2].expr", "it stayed silent with all of 97 generated inputs"),
        ('up{job="cart"} == 0', 'up{job="cart"} or on () vector(1)', "untested", "info",
         "$.spec.groups[0].rules[2].expr", "it fired with all of 97 generated inputs"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_rule_is_found_at_its_place(
    tmp_path: Path, old: str, new: str, *, rule: str, severity: str, path: str, said: str
) -> None:
    assert old in CLEAN
    problems = found_in(tmp_path, CLEAN.replace(old, new, 1))
    assert [(problem.rule, problem.severity.value) for problem in problems] == [(f"promtool/{rule}", severity)]
    assert problems[0].path.startswith(path)
    assert said in problems[0].message
    assert problems[0].line > 1


def test_one_broken_rule_hides_no_other(tmp_path: Path) -> None:
    problems = found_in(
        tmp_path,
        rule_object('{alert: A, expr: "up =="}', "{alert: B, expr: up > 0, for: 1x}", "{record: C, expr: rate(up)}"),
    )
    assert [problem.path for problem in problems] == [
        "$.spec.groups[0].rules[0].expr",
        "$.spec.groups[0].rules[1].for",
        "$.spec.groups[0].rules[2].expr",
    ]


def test_an_experimental_function_passes_where_prometheus_has_the_feature(tmp_path: Path) -> None:
    rules = rule_object("{record: a, expr: info(up)}")
    assert [problem.rule for problem in found_in(tmp_path, rules)] == ["promtool/rule"]
    prometheus = "---\napiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: p, namespace: n}\n"
    feature = "spec: {enableFeatures: [promql-experimental-functions, exemplar-storage]}\n"
    assert found_in(tmp_path, rules + prometheus + feature) == ()


def test_what_cannot_be_tested_is_named_never_left_out(tmp_path: Path) -> None:
    (problem,) = found_in(tmp_path, rule_object("{alert: A, expr: up @ 1609746000 > 1}"))
    assert (problem.rule, problem.severity.value) == ("promtool/untested", "info")
    assert "no inputs can be made for @" in problem.message


LONG = """
    - name: slo
      rules:
        - record: service:errors:ratio5m
          expr: |
            sum by (service) (rate(requests_total{code=~"5.."}[5m])) / sum by (service) (rate(requests_total[5m]))
        - record: service:errors:ratio3d
          expr: |
            sum by (service) (rate(requests_total{code=~"5.."}[3d])) / sum by (service) (rate(requests_total[3d]))
        - alert: Burns
          expr: service:errors:ratio3d{service="a"} > 0.001 and service:errors:ratio5m{service="a"} > 0.001
          for: 3h
"""


def with_long_window(head: str = rule_object()) -> str:
    return head.partition("    - name")[0] + LONG.lstrip("\n")


def test_labels_asked_of_a_recorded_series_are_asked_of_what_it_is_made_from(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(with_long_window(), encoding="utf-8")
    outcome = checked(tmp_path)
    assert outcome.problems == ()
    assert outcome.note == "3 rules; 1 of 1 alerts fired and stayed silent in generated tests"


def test_an_alert_on_a_label_that_is_not_recorded_is_named(tmp_path: Path) -> None:
    (problem,) = found_in(tmp_path, with_long_window().replace("sum by (service) (", "sum("))
    assert (problem.rule, problem.path) == ("promtool/untested", "$.spec.groups[0].rules[2].expr")


@pytest.mark.parametrize(
    "expr",
    [
        "avg_over_time(a[5m]) > 3",
        "a offset 1d > 3 and a offset 2h > 3",
        "max_over_time(a[3d:]) > 3",
        "max_over_time(a[3d:1h]) > 3",
        "deriv(a[1h]) > 0.1",
        'a{job="x"} > 2 unless on () a{job="y"} > 1',
    ],
)
def test_a_recorded_series_that_is_read_over_time_does_not_grow_stale(tmp_path: Path, expr: str) -> None:
    rules = rule_object("{record: a, expr: sum by (job) (up)}", f"{{alert: A, for: 5m, expr: '{expr}'}}")
    assert found_in(tmp_path, rules) == ()


def test_an_alert_that_looks_back_for_days_is_evaluated_no_oftener_than_one_of_minutes(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(with_long_window(), encoding="utf-8")
    kept = tmp_path / "kept"
    kept.mkdir()
    spy = tmp_path / "promtool"
    spy.write_text(f'#!/bin/sh\ncp t*.yaml {kept} 2>/dev/null\nexec {real_tool("promtool")} "$@"\n', encoding="utf-8")
    spy.chmod(0o755)
    assert check_prometheus_rules(load_manifests(tmp_path).objects, spy).problems == ()
    content = json.loads((kept / "t0.yaml").read_text(encoding="utf-8"))
    until = int(content["tests"][0]["alert_rule_test"][0]["eval_time"].removesuffix("s"))
    assert until > 3 * 24 * 3600 + 3 * 3600
    assert until // int(content["evaluation_interval"].removesuffix("s")) <= 16
    assert int(content["tests"][0]["interval"].removesuffix("s")) * 3 <= 300


def test_a_rendered_tree_is_clean_and_all_its_alerts_are_exercised() -> None:
    """`make test` asks the same of TalAI's trees, by `gen verify`."""
    atlas = REPOSITORY / "tests" / "golden" / "atlas"
    outcome = checked(atlas / "output" / "atlas" / "live")
    assert outcome.problems == ()
    rules = [
        rule
        for o in rendered_once(atlas, "atlas", "live").of_kind("PrometheusRule").values()
        for group in o["spec"]["groups"]
        for rule in group["rules"]
    ]
    alerts = len([rule for rule in rules if "alert" in rule])
    assert alerts > 10
    expected = f"{len(rules)} rules; {alerts} of {alerts} alerts fired and stayed silent in generated tests"
    assert outcome.note == expected


def test_a_rule_that_promtool_says_nothing_about_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(rule_object("{record: a, expr: up}"), encoding="utf-8")
    silent = tmp_path / "promtool"
    silent.write_text("#!/bin/sh\n", encoding="utf-8")
    silent.chmod(0o755)
    problems = check_prometheus_rules(load_manifests(tmp_path).objects, silent).problems
    assert {problem.rule for problem in problems} == {"promtool/count"}


def test_a_promtool_that_counts_otherwise_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "rules.yaml").write_text(rule_object("{record: a, expr: up}"), encoding="utf-8")
    wrong = tmp_path / "promtool"
    wrong.write_text('#!/bin/sh\nfor f; do echo "Checking $f"; echo "  SUCCESS: 7 rules found"; done\n', "utf-8")
    wrong.chmod(0o755)
    problems = check_prometheus_rules(load_manifests(tmp_path).objects, wrong).problems
    assert problems[0].message == "promtool judged 7 of the 1 rules here."


@pytest.mark.parametrize("script", [None, "#!/bin/sh\necho Killed\nexit 9\n"])
def test_a_promtool_that_does_not_run_is_an_error_with_its_remedy(tmp_path: Path, script: str | None) -> None:
    (tmp_path / "rules.yaml").write_text(rule_object("{record: a, expr: up}"), encoding="utf-8")
    broken = tmp_path / "promtool"
    if script:
        broken.write_text(script, encoding="utf-8")
        broken.chmod(0o755)
    with pytest.raises(GenError, match="gen tools install"):
        check_prometheus_rules(load_manifests(tmp_path).objects, broken)


def test_objects_without_rules_do_not_start_promtool(tmp_path: Path) -> None:
    assert check_prometheus_rules((), tmp_path / "none") == Outcome(())


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("5..", "5xx"),
        ("4..|5..", "4xx"),
        ("api-[a-z0-9]+-[a-z0-9]{5}", "api-a-aaaaa"),
        ("(?:a|b)c?", "ac"),
        ("[^a]+", "x"),
        (r"\d+\.x", "0.x"),
        ("", ""),
        ("(?i)x", None),
        ("(a", None),
    ],
)
def test_an_example_is_accepted_by_its_pattern(pattern: str, text: str | None) -> None:
    assert example(pattern) == text
