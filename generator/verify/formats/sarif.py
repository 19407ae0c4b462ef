"""A report as SARIF 2.1.0, which code hosts show on the line. Source: OASIS, SARIF Version 2.1.0."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from generator import __version__
from generator.base.problem import Problem, Severity
from generator.rules.page import read_page
from generator.rules.rule import Rule
from generator.verify.report import Report

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def as_sarif(report: Report, rules: Iterable[Rule]) -> str:
    """Return the report as a SARIF log of one run; rules carry the pages of those that found something."""
    known = {rule.id: rule for rule in rules}
    found = [*report.problems, *(item.problem for item in report.suppressed)]
    ids = sorted({problem.rule for problem in found})
    results = [_result(problem, ids) for problem in report.problems]
    for item in report.suppressed:
        reason = {"kind": "external", "justification": item.reason}
        results.append({**_result(item.problem, ids), "suppressions": [reason]})
    driver = {"name": "gen", "version": __version__, "rules": [_rule(name, known) for name in ids]}
    run: dict[str, Any] = {"tool": {"driver": driver}, "results": results, "columnKind": "unicodeCodePoints"}
    complete = not report.without
    notes = [{"level": "error", "message": {"text": f"left out: {name}"}} for name in report.without]
    run["invocations"] = [{"executionSuccessful": complete, "toolExecutionNotifications": notes}]
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(name: str, known: Mapping[str, Rule]) -> dict[str, Any]:
    if name not in known:
        return {"id": name, "shortDescription": {"text": name}}
    page = read_page(known[name])
    return {
        "id": name,
        "shortDescription": {"text": page.title},
        "help": {"text": page.text, "markdown": page.text},
        "defaultConfiguration": {"level": _LEVELS[known[name].severity]},
    }


def _result(problem: Problem, ids: list[str]) -> dict[str, Any]:
    subject = f"{problem.object}: " if problem.object else ""
    text = f"{subject}{problem.message} {problem.hint}".strip()
    place: dict[str, Any] = {"artifactLocation": {"uri": quote(problem.file)}}
    if problem.line:
        place["region"] = {"startLine": problem.line, "startColumn": max(problem.column, 1)}
    location: dict[str, Any] = {"physicalLocation": place}
    if problem.object:
        name = f"{problem.object}{problem.path.removeprefix('$')}"
        location["logicalLocations"] = [{"fullyQualifiedName": name, "kind": "object"}]
    # The same problem after lines were moved is the same problem.
    identity = "\0".join((problem.rule, problem.file, str(problem.object or ""), problem.path))
    return {
        "ruleId": problem.rule,
        "ruleIndex": ids.index(problem.rule),
        "level": _LEVELS[problem.severity],
        "message": {"text": text},
        "locations": [location] if problem.file else [],
        "partialFingerprints": {"gen/v1": hashlib.sha256(identity.encode()).hexdigest()},
    }
