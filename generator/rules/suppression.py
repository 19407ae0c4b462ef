"""Suppressed problems: each by a written reason, on the object or in the spec, and counted in every summary."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from generator.base.problem import ObjectRef, Problem, Severity
from generator.manifests.object import Object
from generator.manifests.problems import problem_at

ANNOTATION = "suppress.gen/"
"""Prefix of the annotation: `suppress.gen/references.service-no-pods: <reason>`; the id's "/" is written as "."."""

_OBJECTIVE = ("inventory/", "render/", "kubeconform/", "admission/", "yamllint/", "manifests/")


@dataclass(frozen=True, slots=True)
class Suppression:
    """A rule id, a glob of objects ("Service talai/*", "*") and the reason; by is where it is written."""

    rule: str
    object: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A problem that is not to be reported, and why."""

    problem: Problem
    reason: str


def from_spec(written: Mapping[str, Mapping[str, str]], by: str) -> tuple[Suppression, ...]:
    """Return the suppressions of a spec: rule id → glob of objects → reason."""
    return tuple(
        Suppression(rule, glob, reason, by) for rule, objects in written.items() for glob, reason in objects.items()
    )


def suppress(
    problems: Iterable[Problem], objects: Iterable[Object], wanted: Sequence[Suppression], known: Mapping[str, bool]
) -> tuple[tuple[Problem, ...], tuple[Suppressed, ...]]:
    """Return (problems that remain, suppressed ones).

    What a schema, the API server or a comparison of bytes finds is a fact, and cannot be suppressed. A suppression
    without a reason, of a rule that is not among the `known` ids, or of nothing is a problem itself; known says of
    each rule whether it ran, since only then a suppression can be known to be of no use.
    """
    annotated, remaining = _annotated(objects, known)
    used: set[Suppression] = set()
    gone: list[Suppressed] = []
    for problem in problems:
        reason = annotated.get((problem.file, problem.object, problem.rule), "")
        for item in wanted if not reason and problem.object is not None else ():
            if item.rule == problem.rule and fnmatchcase(str(problem.object), item.object):
                reason = item.reason
                used.add(item)
        if reason and not problem.rule.startswith(_OBJECTIVE):
            gone.append(Suppressed(problem, reason))
        else:
            remaining.append(problem)
    remaining += [_unused(item, known) for item in wanted if item not in used and known.get(item.rule, True)]
    return tuple(remaining), tuple(gone)


def _annotated(
    objects: Iterable[Object], known: Mapping[str, bool]
) -> tuple[Mapping[tuple[str, ObjectRef | None, str], str], list[Problem]]:
    found: dict[tuple[str, ObjectRef | None, str], str] = {}
    problems = []
    for item in objects:
        for key, reason in item.annotations.items():
            if not key.startswith(ANNOTATION):
                continue
            rule = key.removeprefix(ANNOTATION).replace(".", "/", 1)
            path = ("metadata", "annotations", key)
            if not _is_rule(rule, known):
                message = f"there is no rule '{rule}' to suppress."
                problems.append(_wrong(item, path, message, "`gen check --list` shows the rules."))
            elif not reason.strip():
                problems.append(_wrong(item, path, "a suppression without a reason.", "Write why as its value."))
            else:
                found[item.place.shown, item.ref(), rule] = reason
    return found, problems


def _wrong(item: Object, path: tuple[str, ...], message: str, hint: str) -> Problem:
    return problem_at(item, path, rule="suppression/invalid", message=message, hint=hint)


def _is_rule(name: str, known: Mapping[str, bool]) -> bool:
    # What istioctl and promtool find is named by their own codes.
    return name in known or name.startswith(("istioctl/", "promtool/"))


def _unused(item: Suppression, known: Mapping[str, bool]) -> Problem:
    if not _is_rule(item.rule, known):
        message = f"there is no rule '{item.rule}' to suppress."
        hint = "`gen check --list` shows the rules."
        path = f"$.suppress['{item.rule}']"
        return Problem(rule="suppression/invalid", file=item.by, path=path, message=message, hint=hint)
    return Problem(
        rule="suppression/unused",
        severity=Severity.WARNING,
        file=item.by,
        path=f"$.suppress['{item.rule}']['{item.object}']",
        message="this suppresses nothing.",
        hint="Remove it, or correct the name of the object.",
    )
