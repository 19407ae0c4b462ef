"""What one stage of verification hands back."""

from dataclasses import dataclass

from generator.base.problem import Problem


@dataclass(frozen=True, slots=True)
class Outcome:
    """The problems that a stage found, and how many objects its tool did not judge; note is a fact for the summary."""

    problems: tuple[Problem, ...]
    skipped: int = 0
    note: str = ""
