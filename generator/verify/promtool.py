"""The promtool stage: what Prometheus itself says of the rules in the objects, each rule and each group."""

import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from generator.base.problem import Severity
from generator.manifests import values
from generator.manifests.finding import Finding
from generator.manifests.object import Object
from generator.manifests.problems import problems_at
from generator.verify.outcome import Outcome
from generator.verify.promtool_run import run_promtool
from generator.verify.rule_files import Rule, RuleFile, rule_files
from generator.verify.rule_tests import untested
from generator.verify.trees import Manifest
from generator.verify.unit_tests import run_unit_tests

_BATCH = 2000  # files a call, well under the length of a command line
_CHECKING = re.compile(r"^Checking (?P<file>[a-z]\d+\.yaml)$", re.MULTILINE)
_FOUND = re.compile(r"^  SUCCESS: (?P<count>\d+) rules found$", re.MULTILINE)
_PLACES = re.compile(r"^(?:[a-z]\d+\.yaml: )?(?:\d+:\d+: )*(?:group \"(?:[^\"\\]|\\.)*\", rule \d+, \".*?\": )?")
_METRIC = re.compile(r"^Metric: (.*)$", re.MULTILINE)
_FIELD = re.compile(
    r"(?P<expr>could not parse expression|field 'expr')|invalid field '(?P<field>[a-z_]+)'|^field (?P<unknown>\S+) not"
    r"|^(?P<map>label|annotation) \"(?P<key>[^\"]*)\"|invalid label (?:name|value): (?P<label>.*)"
    r"|invalid annotation name: (?P<annotation>.*)|(?P<record>recording rule name)|(?P<duration>duration)",
)
_MEND = "Mend the rule; `promtool check rules` on its groups says the same."


@dataclass(frozen=True, slots=True)
class _Probe:
    """A file given to promtool: one rule by itself, or (rule None) an object's groups with rules that cannot fail."""

    name: str
    source: RuleFile
    rule: Rule | None
    content: Mapping[str, Any]
    count: int


def check_prometheus_rules(objects: Sequence[Object], promtool: Path, unit_tests: Sequence[Manifest] = ()) -> Outcome:
    """Return what `promtool check rules` says of every rule, and which alerts generated tests could not exercise.

    unit_tests are the tree's own test files (see `find_unit_tests`); they are run too.
    Errors: GenError when promtool does not run.
    """
    files = tuple(rule_files(objects))
    probes = [probe for number, file in enumerate(files) for probe in _probes(number, file)]
    probes = [_named(probe, number) for number, probe in enumerate(probes)]
    features = _features(objects)
    findings = [found for probe, said in _ask(probes, promtool, features) for found in _judge(probe, said)]
    bad = {(found.object, found.path) for found in findings if found.severity is Severity.ERROR}
    count = sum(len(file.rules) for file in files)
    tested = untested([_sound(file, bad) for file in files], promtool, features)
    own = run_unit_tests(unit_tests, promtool, features)
    problems = (*problems_at([*findings, *tested.findings]), *own)
    note = f"{count} rules; {tested.exercised} of {tested.alerts} alerts fired and stayed silent in generated tests"
    return Outcome(problems, 0, note if count else "")


def _sound(file: RuleFile, bad: set[tuple[Object, values.Path]]) -> RuleFile:
    """Return the file with the rules in which nothing is wrong."""
    wrong = {path for item, path in bad if item is file.object}
    kept = [rule for rule in file.rules if not any(path[: len(rule.path)] == rule.path for path in wrong)]
    return replace(file, rules=kept)


def _features(objects: Sequence[Object]) -> tuple[str, ...]:
    """Return the PromQL features that a Prometheus of the tree switches on."""
    found = {
        feature
        for item in objects
        if item.kind == "Prometheus" and item.group == "monitoring.coreos.com"
        for feature in item.strings("spec", "enableFeatures")
        if feature.startswith("promql-")
    }
    return tuple(sorted(found))


def _probes(_number: int, file: RuleFile) -> Iterator[_Probe]:
    for rule in file.rules:
        yield _Probe("", file, rule, {"groups": [{"name": "probe", "rules": [rule.value]}]}, 1)
    # Names and labels only: what is wrong inside of a rule is said of the rule.
    groups = []
    for index, group in enumerate(file.groups):
        groups.append({**group, "rules": [_husk(rule) for rule in file.in_group(index)]})
    yield _Probe("", file, None, {"groups": groups}, len(file.rules))


def _husk(rule: Rule) -> Mapping[str, Any]:
    kept = {key: rule.value[key] for key in ("alert", "record") if key in rule.value}
    labels = {key: item for key, item in values.mapping(rule.value, "labels").items() if isinstance(item, str)}
    return {**kept, "expr": "1", "labels": {key: re.sub(r"[{}]", "", item) for key, item in labels.items()}}


def _named(probe: _Probe, number: int) -> _Probe:
    return _Probe(f"f{number}.yaml", probe.source, probe.rule, probe.content, probe.count)


def _ask(probes: Sequence[_Probe], promtool: Path, features: Sequence[str]) -> Iterator[tuple[_Probe, str]]:
    """Yield each probe with what promtool printed about it ("" when it said nothing)."""
    with tempfile.TemporaryDirectory(prefix="gen-promtool-") as folder:
        for probe in probes:
            Path(folder, probe.name).write_text(json.dumps(probe.content), encoding="utf-8")
        for start in range(0, len(probes), _BATCH):
            batch = probes[start : start + _BATCH]
            flags = [f"--enable-feature={feature}" for feature in features]
            arguments = ["check", "rules", "--lint=all", *flags, *(probe.name for probe in batch)]
            said = _sections(run_promtool(promtool, arguments, folder))
            yield from ((probe, said.get(probe.name, "")) for probe in batch)


def _sections(output: str) -> Mapping[str, str]:
    marks = list(_CHECKING.finditer(output))
    ends = [mark.start() for mark in marks[1:]] + [len(output)]
    return {mark["file"]: output[mark.end() : end] for mark, end in zip(marks, ends, strict=False)}


def _judge(probe: _Probe, said: str) -> Iterator[Finding]:
    found = _FOUND.search(said)
    if found and int(found["count"]) == probe.count:
        return
    lines = [line.strip() for line in said.partition("  FAILED:")[2].splitlines() if line.strip()]
    if not lines or found:
        message = f"promtool judged {found['count'] if found else 'none'} of the {probe.count} rules here."
        yield _finding(probe, "count", probe.source.path, message)
    elif lines[0].startswith("lint error"):
        yield from _duplicates(probe, "\n".join(lines))
    elif probe.rule is None:
        yield from (found for line in dict.fromkeys(lines) for found in _group_finding(probe, line))
    else:
        for text in dict.fromkeys(_message(line) for line in lines):
            if text and text != "yaml: unmarshal errors:":
                yield _finding(probe, "rule", probe.rule.at(*_field(text, probe.rule)), f"{_who(probe.rule)}{text}.")


def _message(line: str) -> str:
    return re.sub(r"^line \d+: ", "", _PLACES.sub("", line))


def _who(rule: Rule) -> str:
    return f"{rule.name}: " if rule.name else ""


def _field(text: str, rule: Rule) -> tuple[str, ...]:
    """Return the field of the rule that a message of promtool is about."""
    found = _FIELD.search(text)
    if not found:
        return ()
    if found["map"]:
        return (f"{found['map']}s", found["key"])
    for kind, where in (("expr", ("expr",)), ("record", ("record",))):
        if found[kind]:
            return where
    if found["label"] is not None or found["annotation"] is not None:
        return ("labels" if found["label"] is not None else "annotations",)
    if found["duration"]:
        quoted = [key for key in ("for", "keep_firing_for") if f'"{rule.value.get(key)}"' in text]
        return (quoted[0],) if quoted else ("for",)
    name = found["field"] or found["unknown"]
    return (name,) if name in rule.value else ()


def _group_finding(probe: _Probe, line: str) -> Iterator[Finding]:
    text = _message(line)
    if re.search(r'group "(?:[^"\\]|\\.)*", rule \d+', line) or text == "yaml: unmarshal errors:":
        return  # said of the rule itself
    place = probe.source.path
    repeated = re.search(r'groupname: "(.*)" is repeated', text)
    for index, group in enumerate(probe.source.groups):
        if repeated and group.get("name") == repeated[1]:
            place = probe.source.group_path(index, "name")  # the last of them
        for key in ("interval", "query_offset"):
            if f'"{group.get(key)}"' in text:
                place = probe.source.group_path(index, key)
    yield _finding(probe, "group", place, f"{text}.")


def _duplicates(probe: _Probe, text: str) -> Iterator[Finding]:
    """Yield a warning for each rule that stands there twice under the same name and labels."""
    for metric in dict.fromkeys(_METRIC.findall(text)):
        twins = [rule for rule in probe.source.rules if rule.name == metric]
        message = f"{metric} stands here more than once with the same labels."
        hint = "Give each its own name or a label that tells them apart."
        place = twins[-1].path if twins else probe.source.path
        yield _finding(probe, "duplicate", place, message, hint, Severity.WARNING)


def _finding(
    probe: _Probe,
    rule: str,
    path: values.Path,
    message: str,
    hint: str = _MEND,
    severity: Severity = Severity.ERROR,
) -> Finding:
    return Finding(
        rule=f"promtool/{rule}", object=probe.source.object, path=path, message=message, hint=hint, severity=severity
    )
