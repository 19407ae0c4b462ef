"""Runs the promtool unit tests that a tree brings along, on plain rule files and on PrometheusRules alike."""

import json
import os
import re
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from generator.base.problem import Problem
from generator.manifests import values
from generator.verify.promtool_run import run_promtool
from generator.verify.trees import Manifest

_NAME = re.compile(r".+[._-]tests?\.ya?ml|tests?[._-].+\.ya?ml|tests?\.ya?ml")
_MEND = "Mend the rule or the test; `promtool test rules` on the file says the same."


def find_unit_tests(root: Path, shown: str = "") -> tuple[Manifest, ...]:
    """Return the promtool test files below a folder, sorted: named as tests, with `rule_files` and `tests` in them.

    shown is the folder's name in problems.
    """
    found = []
    for folder, below, names in os.walk(root):
        below[:] = sorted(name for name in below if not name.startswith("."))
        paths = (Path(folder, name) for name in sorted(names) if _NAME.fullmatch(name))
        found += [path for path in paths if _read(path)]
    prefix = f"{shown}/" if shown else ""
    return tuple(Manifest(f"{prefix}{path.relative_to(root).as_posix()}", path) for path in sorted(found))


def run_unit_tests(files: Sequence[Manifest], promtool: Path, features: Sequence[str] = ()) -> tuple[Problem, ...]:
    """Return a problem for each test that fails, and for each file of tests that cannot be run."""
    flags = [f"--enable-feature={feature}" for feature in features]
    return tuple(problem for file in files for problem in _run(file, promtool, flags))


def _read(file: Path) -> Mapping[str, Any] | None:
    try:
        content = yaml.load(file.read_bytes(), yaml.CSafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError):
        return None
    return content if isinstance(content, dict) and {"rule_files", "tests"} <= content.keys() else None


def _run(test: Manifest, promtool: Path, flags: Sequence[str]) -> Iterator[Problem]:
    content = _read(test.path) or {}
    with tempfile.TemporaryDirectory(prefix="gen-promtool-") as folder:
        rules = [
            name for path in values.strings(content, "rule_files") for name in _rule_files(test.path, path, folder)
        ]
        if not rules:
            yield _problem(test, "its rule_files name no file that is there.")
            return
        copy = Path(folder, "test.yaml")
        copy.write_text(_with_rule_files(test.path.read_text(encoding="utf-8"), rules), encoding="utf-8")
        said = run_promtool(promtool, [*flags, "test", "rules", "--junit=verdict.xml", "test.yaml"], folder)
        verdict = Path(folder, "verdict.xml")
        suite = ET.parse(verdict).getroot() if verdict.is_file() else ET.Element("none")  # noqa: S314 - promtool's own
    cases = list(suite.iter("testcase"))
    failures = [(case.get("name", ""), item) for case in cases for item in case.iter("failure")]
    for name, failure in failures:
        text = " ".join((failure.get("message", "") + (failure.text or "")).split())
        yield _problem(test, f"the test {name} fails: {text}.")
    if not failures and (len(cases) != len(values.items(content, "tests")) or "FAILED" in said):
        yield _problem(test, f"promtool cannot run it: {' '.join(said.split())}.")


def _with_rule_files(text: str, rules: Sequence[str]) -> str:
    """Return the test with other rule files, and all else as it is written: `0x10` is a series, not a number."""
    root = yaml.compose(text, yaml.SafeLoader)  # the C parser counts bytes
    for key, value in root.value if isinstance(root, yaml.MappingNode) else ():
        if key.value == "rule_files":
            return f"{text[: value.start_mark.index]}{json.dumps(rules)}\n{text[value.end_mark.index :]}"
    return text


def _rule_files(test: Path, pattern: str, folder: str) -> Iterator[str]:
    """Yield the plain rule files that a pattern means; of a PrometheusRule its groups, in a file of their own."""
    base = Path(pattern).parent
    for path in sorted((test.parent / base).glob(Path(pattern).name)):
        spec = _spec(path)
        if spec is None:
            yield str(path.resolve())
        else:
            copy = Path(folder, f"rules-{sum(1 for _ in Path(folder).iterdir())}.json")
            copy.write_text(json.dumps(spec), encoding="utf-8")
            yield str(copy)


def _spec(path: Path) -> Mapping[str, Any] | None:
    """Return the groups of a PrometheusRule, or None for a file that is none; promtool says what is wrong with it."""
    try:
        document = yaml.load(path.read_bytes(), yaml.CSafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError):
        return None
    return values.mapping(document, "spec") if values.text(document, "kind") == "PrometheusRule" else None


def _problem(test: Manifest, message: str) -> Problem:
    return Problem(rule="promtool/test", file=test.shown, message=message, hint=_MEND)
