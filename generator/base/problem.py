"""A problem: something the user can mend, with its place and its remedy. Problems are collected, never raised."""

import enum
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from generator.base.characters import visible


class Severity(enum.StrEnum):
    """How much a problem matters: only errors make a command fail."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True, order=True)
class ObjectRef:
    """The identity of a Kubernetes object, as the API server knows it (group is "" for the core group)."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong (message), where (file, line, column, path, object) and what to do (hint).

    file is POSIX and relative to the workspace; line and column count from 1, 0 means unknown;
    path is the JSONPath-like place in the document ("$.services.orchex.scale").
    """

    rule: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR
    file: str = ""
    line: int = 0
    column: int = 0
    path: str = ""
    object: ObjectRef | None = None

    def text(self) -> str:
        """Return the problem on one line, as `file:line:column  $.path: what is wrong. What to do.`.

        What the user wrote may stand in each part, so that nothing in it reaches a terminal unseen.
        """
        position = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        where = "  ".join(part for part in (position, self.path or str(self.object or "")) if part)
        what = f"{self.message} {self.hint}".strip()
        return visible(f"{where}: {what}" if where else what)

    def as_json(self) -> dict[str, Any]:
        """Return the problem as plain values, in the form that every `--format json` uses."""
        return asdict(self)


def sort_problems(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the problems without repetitions, in the order of file, line and column."""
    return tuple(sorted(set(problems), key=lambda p: (p.file, p.line, p.column, p.path, p.rule, p.message)))


def failed(problems: Iterable[Problem]) -> bool:
    """Say whether any of the problems is an error."""
    return any(problem.severity is Severity.ERROR for problem in problems)
