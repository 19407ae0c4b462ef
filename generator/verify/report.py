"""What verification found."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from generator.base.problem import Problem, Severity, failed
from generator.rules.suppression import Suppressed


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage over all subjects: objects looked at, problems found, wall-clock seconds, and a fact worth a note."""

    name: str
    objects: int
    problems: int
    seconds: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """The sorted problems of all stages.

    objects counts what was verified, skipped what a tool did not judge; suppressed problems are not among the
    problems; without names the stages that were left out.
    """

    problems: tuple[Problem, ...]
    objects: int
    skipped: int
    stages: tuple[Stage, ...]
    suppressed: tuple[Suppressed, ...] = ()
    without: tuple[str, ...] = ()

    def count(self, severity: Severity) -> int:
        """Return how many problems are of a severity."""
        return sum(problem.severity is severity for problem in self.problems)

    def failed(self, *, strict: bool = False, allow_incomplete: bool = False) -> bool:
        """Say whether what was verified must not be merged: errors, with `strict` warnings too, or a stage left out."""
        warned = strict and self.count(Severity.WARNING) > 0
        return failed(self.problems) or warned or bool(self.without and not allow_incomplete)

    def as_json(self) -> Mapping[str, object]:
        """Return the report as plain values, in the form of `--format json`."""
        return {
            "problems": [problem.as_json() for problem in self.problems],
            "objects": self.objects,
            "skipped": self.skipped,
            "suppressed": [{**item.problem.as_json(), "reason": item.reason} for item in self.suppressed],
            "without": list(self.without),
            "stages": [asdict(stage) for stage in self.stages],
        }


def grouped(problems: Sequence[Problem]) -> Mapping[tuple[str, str], list[Problem]]:
    """Return problems by (object, file), in the order of files; what is of no object by its file alone."""
    groups: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        groups.setdefault((str(problem.object or ""), problem.file), []).append(problem)
    return groups
