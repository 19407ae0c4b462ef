"""What stops the work. Every message names the remedy; anything else that is raised is a bug of ours."""

from collections.abc import Iterable

from generator.base.problem import Problem, sort_problems


class GenError(Exception):
    """The environment or the usage is wrong: exit code 2."""

    exit_code = 2


class ProblemsError(GenError):
    """The input has problems that the user can mend: exit code 1. Carries all of them, sorted."""

    exit_code = 1

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sort_problems(problems)
        super().__init__("\n".join(problem.text() for problem in self.problems))
