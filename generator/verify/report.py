"""What verification found."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass

from generator.base.problem import Problem, failed


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage over all trees: manifest files looked at, problems found, wall-clock seconds."""

    name: str
    objects: int
    problems: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Report:
    """The sorted problems of all stages; objects counts manifest files, skipped those that a tool did not judge."""

    problems: tuple[Problem, ...]
    objects: int
    skipped: int
    stages: tuple[Stage, ...]

    @property
    def failed(self) -> bool:
        """Say whether the trees must not be merged."""
        return failed(self.problems)

    def as_json(self) -> Mapping[str, object]:
        """Return the report as plain values: problems, objects, skipped, stages."""
        return {
            "problems": [problem.as_json() for problem in self.problems],
            "objects": self.objects,
            "skipped": self.skipped,
            "stages": [asdict(stage) for stage in self.stages],
        }
