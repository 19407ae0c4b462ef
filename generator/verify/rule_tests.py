"""Shows by `promtool test rules` that an alert can fire and can stay silent, over inputs made from its expression."""

import json
import os
import re
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import promql_parser as promql

from generator.base.problem import Severity
from generator.manifests.finding import Finding
from generator.verify.promtool_run import run_promtool
from generator.verify.rule_files import STRING, Rule, RuleFile
from generator.verify.rule_reading import STALE, Reading, UnmakeableError, read_expression
from generator.verify.rule_series import START, Series, scenarios

_ROUNDS = (3, 6, 24, 64)  # inputs tried one round after the other, as long as an alert has not shown both
_BATCH = 500  # files a call
_EVALUATIONS = 16  # of an alert over its whole look back, or one a minute
_SAMPLES = 360  # of a series over the whole look back: 6 hours of one a minute


@dataclass(frozen=True, slots=True)
class Exercise:
    """How many alerts there are, how many were seen to fire and to stay silent, and findings on the others."""

    alerts: int
    exercised: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Pace:
    """How many samples a series has; seconds from one to the next; seconds from one evaluation to the next."""

    samples: int
    between: int
    evaluation: int


@dataclass(slots=True)
class _Trial:
    """An expression under test, with the recording rules it uses; the alerts that have it; what was seen so far."""

    rules: Sequence[Mapping[str, Any]]
    reading: Reading
    pace: _Pace
    alerts: list[tuple[RuleFile, Rule]]
    inputs: Iterator[Series]
    fired: bool = False
    silent: bool = False
    tried: int = 0

    @property
    def constant(self) -> bool:
        """Say whether the expression is the same whatever is measured."""
        return not self.reading.selectors and not self.reading.clock

    @property
    def open(self) -> bool:
        """Say whether more inputs may show something."""
        return not (self.fired and self.silent) and not (self.constant and self.tried)


@dataclass(slots=True)
class _Plan:
    trials: dict[str, _Trial] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    alerts: int = 0


def untested(files: Sequence[RuleFile], promtool: Path, features: Sequence[str]) -> Exercise:
    """Return what tests over generated inputs show of every alert.

    An alert whose expression depends on nothing and is never true is an error: that is certain. One that inputs could
    not bring to fire, or to stay silent, is named as information: other inputs may.
    """
    plan = _Plan()
    for file in files:
        for rule in file.rules:
            if rule.value.get("alert"):
                plan.alerts += 1
                _add(plan, file, rule)
    cores = os.cpu_count() or 1
    for size in _ROUNDS:
        pending = [trial for trial in plan.trials.values() if trial.open]
        calls = max(min(len(pending), cores), -(-len(pending) // _BATCH))
        with ThreadPoolExecutor(cores) as pool:
            done = [pool.submit(_try, pending[call::calls], size, promtool, features) for call in range(calls)]
        for call in done:
            call.result()
    exercised = 0
    for trial in plan.trials.values():
        found = list(_verdict(trial))
        plan.findings += found
        exercised += 0 if found else len(trial.alerts)
    return Exercise(plan.alerts, exercised, tuple(plan.findings))


def _add(plan: _Plan, file: RuleFile, rule: Rule) -> None:
    used = _used(file, rule)
    kept = [{key: value for key, value in item.value.items() if key != "keep_firing_for"} for item in (*used, rule)]
    bare: list[dict[str, Any]] = [
        {key: item[key] for key in ("record", "expr", "for", "labels") if key in item} for item in kept
    ]
    bare[-1]["alert"] = "probe"
    key = _key(bare, file)
    if key in plan.trials:
        plan.trials[key].alerts.append((file, rule))
        return
    try:
        reading = read_expression(bare)
        pace = _pace(reading, bare[-1])
        inputs = scenarios(reading, key, pace.samples, pace.between)
        first = next(inputs)  # says whether labels can be made at all
    except UnmakeableError as reason:
        plan.findings.append(_untested(file, rule, f"it is not tested: {reason}"))
        return
    plan.trials[key] = _Trial(bare, reading, pace, [(file, rule)], _with(first, inputs))


def _key(rules: Sequence[Mapping[str, Any]], file: RuleFile) -> str:
    """Return what alerts have in common that differ in nothing but their object's own names, in label values only."""
    item = file.object
    # Rules of one application may stand in several objects, each with a name of its own beside the application's.
    known = {item.name, item.namespace, item.labels.get("app.kubernetes.io/name", "")} - {""}
    names = sorted(sorted(known), key=len, reverse=True)
    if not names:
        return json.dumps(rules, sort_keys=True, default=str)
    word = re.compile("|".join(rf"(?<![\w])({re.escape(name)})(?![\w])" for name in names))

    def renamed(text: re.Match[str]) -> str:
        return word.sub(lambda found: f"\0{found.lastindex}", text[0])

    plain = [{**rule, "expr": STRING.sub(renamed, str(rule["expr"]))} for rule in rules]
    return json.dumps([*plain[:-1], {**plain[-1], "labels": {}}], sort_keys=True, default=str)


def _with(first: Series, rest: Iterator[Series]) -> Iterator[Series]:
    yield first
    yield from rest


def _used(file: RuleFile, rule: Rule) -> list[Rule]:
    """Return the recording rules of the same object that a rule uses, directly or not, in the order of their use."""
    recorded: dict[str, Rule] = {item.name: item for item in file.rules if item.value.get("record")}
    found: dict[str, Rule] = {}

    def follow(expression: str, above: tuple[str, ...]) -> None:
        for name in _metrics(expression):
            if name in recorded and name not in found and name not in above:
                follow(str(recorded[name].value.get("expr", "")), (*above, name))
                found[name] = recorded[name]

    follow(str(rule.value.get("expr", "")), ())
    return list(found.values())


def _metrics(expression: str) -> list[str]:
    names: list[str] = []

    def note(node: Any) -> None:
        if isinstance(node, promql.VectorSelector) and node.name:
            names.append(node.name)
        elif isinstance(node, promql.MatrixSelector) and node.vector_selector.name:
            names.append(node.vector_selector.name)

    try:
        promql.walk(promql.parse(expression), pre_visit=note)
    except ValueError:
        return []  # said when its inputs are made
    return names


def _pace(reading: Reading, alert: Mapping[str, Any]) -> _Pace:
    """Return a pace that covers look back and `for`; the longer they are, the slower, as far as ranges allow."""
    hold = int(promql.parse_duration(str(alert["for"])).total_seconds()) if "for" in alert else 0
    seconds = reading.seconds + hold
    seconds += max(900, seconds // 5)  # for more than two evaluations with all that is looked back on
    between = max(60, min(seconds // _SAMPLES, reading.shortest // 3, STALE)) if reading.shortest >= 240 else 15
    evaluation = max(60, seconds // _EVALUATIONS)
    if reading.fresh is not None:
        evaluation = max(15, min(evaluation, reading.fresh))
    return _Pace(seconds // between + 1, between, evaluation)


def _try(trials: Sequence[_Trial], size: int, promtool: Path, features: Sequence[str]) -> None:
    """Run a number of inputs for each trial and note what was seen."""
    with tempfile.TemporaryDirectory(prefix="gen-promtool-") as folder:
        for number, trial in enumerate(trials):
            _write(Path(folder), number, trial, 1 if trial.constant else size)
        flags = [f"--enable-feature={feature}" for feature in features]
        names = [f"t{number}.yaml" for number in range(len(trials))]
        run_promtool(promtool, [*flags, "test", "rules", "--junit=verdict.xml", *names], folder)
        root = ET.parse(Path(folder, "verdict.xml")).getroot()  # noqa: S314 - promtool wrote it
    for suite in root.iter("testsuite"):
        trial = trials[int(suite.attrib["name"][1:].partition(".")[0])]
        for case in suite.iter("testcase"):
            failures = [str(item.get("message", "")) + str(item.text or "") for item in case.iter("failure")]
            trial.tried += 1
            trial.silent = trial.silent or not failures
            trial.fired = trial.fired or any("got:[" in text for text in failures)


def _write(folder: Path, number: int, trial: _Trial, size: int) -> None:
    pace = trial.pace
    tests = [
        {
            "name": f"s{position}",
            "interval": f"{pace.between}s",
            "start_timestamp": str(START),
            "input_series": [{"series": series, "values": values} for series, values in inputs.items()],
            "alert_rule_test": [
                {"eval_time": f"{pace.samples * pace.between}s", "alertname": "probe", "exp_alerts": []}
            ],
        }
        for position, inputs in enumerate(islice(trial.inputs, size))
    ]
    rules = {"groups": [{"name": "probe", "rules": list(trial.rules)}]}
    Path(folder, f"r{number}.yaml").write_text(json.dumps(rules), encoding="utf-8")
    content = {"rule_files": [f"r{number}.yaml"], "evaluation_interval": f"{pace.evaluation}s", "tests": tests}
    Path(folder, f"t{number}.yaml").write_text(json.dumps(content), encoding="utf-8")


def _verdict(trial: _Trial) -> Iterator[Finding]:
    if trial.fired and trial.silent:
        return
    for file, rule in trial.alerts:
        if trial.constant and trial.silent:
            message = f"{rule.name} can never fire: its expression depends on no metric and is not true."
            hint = "Compare a metric, or take the alert out."
            yield Finding(
                rule="promtool/never-fires", object=file.object, path=rule.at("expr"), message=message, hint=hint
            )
        elif trial.constant and trial.fired:
            if any(sign in str(rule.value["expr"]) for sign in "<>="):
                message = f"{rule.name} fires always: its expression depends on no metric and is true."
                yield Finding(
                    rule="promtool/always-fires",
                    object=file.object,
                    path=rule.at("expr"),
                    message=message,
                    hint="Compare a metric; a watchdog is written vector(1).",
                    severity=Severity.WARNING,
                )
        else:
            seen = "fired with all" if trial.fired else "stayed silent with all" if trial.silent else "failed with all"
            yield _untested(file, rule, f"it {seen} of {trial.tried} generated inputs")


def _untested(file: RuleFile, rule: Rule, why: str) -> Finding:
    return Finding(
        rule="promtool/untested",
        object=file.object,
        path=rule.at("expr"),
        message=f"{rule.name} was not seen to fire and to stay silent: {why}.",
        hint="A promtool unit test of your own can show both.",
        severity=Severity.INFO,
    )
