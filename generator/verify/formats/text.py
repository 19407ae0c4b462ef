"""A report as text: problems grouped by object, a line each, and a summary."""

from collections.abc import Iterator

from generator.base.characters import visible
from generator.base.problem import Problem, Severity
from generator.verify.report import Report, grouped

SHOWN = 500
"""Problems that are listed; beyond as many, a list helps nobody."""

_ORDER = (Severity.ERROR, Severity.WARNING, Severity.INFO)


def as_text(report: Report, least: Severity) -> str:
    """Return the report as lines; problems below the severity `least` are counted and not listed."""
    return "\n".join(_lines(report, least))


def _lines(report: Report, least: Severity) -> Iterator[str]:
    if report.without:
        yield f"INCOMPLETE: without {', '.join(report.without)}. Nothing below speaks for what they find."
    wanted = _ORDER[: _ORDER.index(least) + 1]
    listed = [problem for problem in report.problems if problem.severity in wanted]
    for (name, file), problems in grouped(listed[:SHOWN]).items():
        yield visible(name or file)
        for problem in problems:
            yield f"  {_line(problem)}"
    if len(listed) > SHOWN:
        yield f"... and {len(listed) - SHOWN} more; `--format json` lists all."
    yield from _summary(report, least)


def _line(problem: Problem) -> str:
    place = ":".join(str(part) for part in (problem.file, problem.line, problem.column) if part)
    path = f" {problem.path}:" if problem.path else ""
    what = f"{problem.message} {problem.hint}".strip()
    return visible(f"{place}: {problem.severity}:{path} {what} [{problem.rule}]")


def _summary(report: Report, least: Severity) -> Iterator[str]:
    counts = ", ".join(_plural(report.count(severity), str(severity)) for severity in _ORDER)
    yield (
        f"{_plural(report.objects, 'object')}: {counts}; {report.skipped} skipped, {len(report.suppressed)} suppressed"
    )
    hidden = [severity for severity in _ORDER[_ORDER.index(least) + 1 :] if report.count(severity)]
    if hidden:
        yield f"  not listed: {' and '.join(map(str, hidden))}; list them with --severity {hidden[-1]}"
    for stage in report.stages:
        note = f" ({stage.note})" if stage.note else ""
        yield visible(f"  {stage.name:<12} {stage.seconds:>6.1f} s  {_plural(stage.problems, 'problem')}{note}")


def _plural(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 or word == "info" else f"{count} {word}s"
