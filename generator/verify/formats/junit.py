"""A report as JUnit XML, which CI systems list as tests: a suite a stage, a case an object with problems."""

from collections import defaultdict
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from generator.base.characters import visible
from generator.base.problem import Problem, Severity
from generator.verify.report import Report, grouped

# Problems of a stage are named after it; what is none of these comes from our own rules.
_BY_PREFIX = ("inventory", "render", "yamllint", "kubeconform", "promtool", "istioctl", "admission", "reachability")


def as_junit(report: Report) -> str:
    """Return the report as JUnit XML: an error is a failure, the rest the output of a case that passed."""
    root = ET.Element("testsuites", name="gen")
    by_stage: dict[str, list[Problem]] = defaultdict(list)
    for problem in report.problems:
        prefix = problem.rule.partition("/")[0]
        by_stage[prefix if prefix in _BY_PREFIX else "rules"].append(problem)
    for stage in report.stages:
        _suite(root, stage.name, by_stage.pop(stage.name, []), stage.seconds)
    for name, problems in sorted(by_stage.items()):
        _suite(root, name, problems, 0)
    for name in report.without:
        suite = _suite(root, name, [], 0)
        ET.SubElement(suite[0], "skipped", message="left out: the result is incomplete")
        suite.set("skipped", "1")
    for key in ("tests", "failures"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}'


def _suite(root: ET.Element, name: str, problems: Sequence[Problem], seconds: float) -> ET.Element:
    suite = ET.SubElement(root, "testsuite", name=name, time=f"{seconds:.3f}")
    failures = 0
    for (subject, file), found in grouped(problems).items():
        case = ET.SubElement(suite, "testcase", name=visible(subject or file), classname=visible(file))
        errors = [problem for problem in found if problem.severity is Severity.ERROR]
        failures += len(errors) > 0
        if errors:
            failure = ET.SubElement(case, "failure", message=visible(errors[0].message), type=errors[0].rule)
            failure.text = "\n".join(f"{problem.text()} [{problem.rule}]" for problem in errors)
        rest = [problem for problem in found if problem not in errors]
        if rest:
            lines = "\n".join(f"{problem.severity}: {problem.text()} [{problem.rule}]" for problem in rest)
            ET.SubElement(case, "system-out").text = lines
    if not len(suite):
        ET.SubElement(suite, "testcase", name=name, classname=name)
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(failures))
    return suite
