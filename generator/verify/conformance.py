"""The kubeconform stage: turns its verdicts into problems. Whatever was not judged, or judged twice, is a problem."""

import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from generator.base.nearest import did_you_mean
from generator.base.problem import Problem, Severity
from generator.documents.node import json_path
from generator.manifests import values
from generator.manifests.object import Object
from generator.manifests.problems import problem_at
from generator.rules.references.lookup import is_near
from generator.tools.crds import write_tree_schemas
from generator.tools.toolbox import Toolbox
from generator.verify.findings import Finding, findings
from generator.verify.kubeconform import Answer, Verdict, ask
from generator.verify.outcome import Outcome
from generator.verify.schema import known_fields
from generator.verify.subject import Subject
from generator.verify.trees import Tree

_NO_SCHEMA = "could not find schema for "


def check_conformance(
    subjects: Sequence[Subject], toolbox: Toolbox, definitions: Sequence[Mapping[str, Any]] = ()
) -> Outcome:
    """Return what kubeconform finds wrong with subjects.

    The schemas are those that are pinned, of the CustomResourceDefinitions that a subject holds itself, and of
    `definitions` (further ones, as parsed).
    """
    outcomes = []
    for subject in subjects:
        own = [item.value for item in subject.repository.manifests.objects if _is_definition(item)]
        known = toolbox if subject.tree is not None else toolbox.upstream()
        with tempfile.TemporaryDirectory(prefix="gen-schemas-") as folder:
            write_tree_schemas([*definitions, *own], Path(folder))
            outcomes.append(judge(ask(subject, known, Path(folder)), subject, known))
    problems = tuple(problem for outcome in outcomes for problem in outcome.problems)
    return Outcome(problems, sum(outcome.skipped for outcome in outcomes))


def _is_definition(item: Object) -> bool:
    return (item.group, item.kind, item.version) == ("apiextensions.k8s.io", "CustomResourceDefinition", "v1")


def judge(answer: Answer, subject: Subject, toolbox: Toolbox) -> Outcome:
    """Return the problems that kubeconform's answer on a subject amounts to."""
    objects = _by_name(subject)
    problems: list[Problem] = []
    for verdict in answer.verdicts:
        if verdict.status not in {"statusValid", ""} or (verdict.status and not verdict.name):
            problems.extend(_Case(verdict, _object(verdict, objects), subject, toolbox).problems())
    problems.extend(_miscounted(answer, subject))
    if answer.complaint:
        message = f"kubeconform said: {answer.complaint}"
        problems.append(Problem(rule="kubeconform/error", file=subject.shown, message=message))
    # A kind of a group that nobody here knows is only warned of; it was not judged all the same.
    skipped = sum(verdict.status == "statusSkipped" for verdict in answer.verdicts)
    skipped += sum(problem.severity is Severity.WARNING for problem in problems)
    return Outcome(tuple(problems), skipped)


_Named = Mapping[tuple[str, str, str], list[Object]]


def _by_name(subject: Subject) -> _Named:
    found: dict[tuple[str, str, str], list[Object]] = defaultdict(list)
    for item in subject.repository.manifests.objects:
        found[str(item.place.file), item.kind, item.name].append(item)
    return found


def _object(verdict: Verdict, objects: _Named) -> Object | None:
    """Return the object that a verdict is on; None when the file cannot be read as objects."""
    found = objects.get((verdict.file, verdict.kind, verdict.name), [])
    wanted = verdict.api_version.rpartition("/")
    return next((item for item in found if (item.group, item.version) == (wanted[0], wanted[2])), None)


@dataclass(frozen=True, slots=True)
class _Case:
    """A verdict that is not good, with what is needed to explain it."""

    verdict: Verdict
    object: Object | None
    subject: Subject
    toolbox: Toolbox

    @property
    def mend(self) -> str:
        if self.subject.tree is None:
            return "Mend the manifest."
        return "Mend the template or the patch that wrote it, and render again."

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong with the object."""
        verdict = self.verdict
        if verdict.status == "statusInvalid":
            for finding in findings(verdict.message) or (Finding((), verdict.message),):
                path = self.path(finding)
                yield self.problem("invalid", f"{finding.message}.", self.nearest(finding) or self.mend, path)
        elif verdict.status == "statusSkipped":
            yield self.problem("skipped", "kubeconform skipped this object, so nothing is known about it.", self.mend)
        elif verdict.status == "statusValid":
            yield self.problem("no-name", "the object has no name.", self.mend, ("metadata",))
        elif verdict.message.startswith(_NO_SCHEMA):
            yield self.no_schema()
        else:
            yield self.problem("error", f"kubeconform cannot read this: {verdict.message}.", self.mend)

    def no_schema(self) -> Problem:
        what = f"{self.verdict.kind} of {self.verdict.api_version}"
        kubernetes = self.subject.kubernetes
        message = f"there is no schema for {what}, in Kubernetes {kubernetes}, in the pinned CRDs or in the tree."
        hint = "Correct apiVersion and kind, or name the file of its CRD: --crds FILE."
        item = self.verdict.kind.removesuffix("List")
        if item != self.verdict.kind and self.toolbox.schema_file(kubernetes, self.verdict.api_version, item):
            message = f"kubeconform does not look into a {self.verdict.kind}."
            listed = self.problem("no-schema", message, "Write the objects as documents, or as a List.", ("kind",))
            return replace(listed, severity=Severity.WARNING)
        found = self.problem("no-schema", message, hint, ("apiVersion",))
        return found if self.known_group() else replace(found, severity=Severity.WARNING)

    def known_group(self) -> bool:
        """Say whether the API group is one of which schemas are there, or nearly: then the kind or version is wrong.

        Of any other the tree may well hold a kind that an operator brings; but a tree of ours must be known in full.
        """
        group = self.verdict.api_version.rpartition("/")[0]
        own = {item.text("spec", "group") for item in self.subject.repository.manifests.objects if _is_definition(item)}
        groups = own | {name for name, _ in self.toolbox.crds.kinds}
        native = "." not in group or (group.endswith(".k8s.io") and not group.endswith(".sigs.k8s.io"))
        return self.subject.tree is not None or native or group in groups or is_near(group, groups, 0.85)

    def path(self, finding: Finding) -> values.Path:
        """Return a finding's path with indexes as numbers, as the object at hand tells them from keys."""
        node: Any = self.object.value if self.object else None
        path: list[str | int] = []
        for token in finding.path:
            step: str | int = int(token) if token.isdecimal() and (isinstance(node, list) or node is None) else token
            path.append(step)
            node = values.dig(node, step)
        return tuple(path)

    def nearest(self, finding: Finding) -> str:
        """Return the field that was probably meant, as a question, or ""."""
        verdict = self.verdict
        schema = self.toolbox.schema_file(self.subject.kubernetes, verdict.api_version, verdict.kind)
        if not (finding.unknown and schema):
            return ""
        return did_you_mean(finding.path[-1], known_fields(schema, finding.path[:-1]))

    def problem(self, rule: str, message: str, hint: str, path: values.Path = ()) -> Problem:
        rule = f"kubeconform/{rule}"
        if self.object is not None:
            return problem_at(self.object, path, rule=rule, message=message, hint=hint)
        shown = self.subject.name(Path(self.verdict.file))
        return Problem(rule=rule, file=shown, path=json_path(path) if path else "", message=message, hint=hint)


def _miscounted(answer: Answer, subject: Subject) -> Iterator[Problem]:
    """Yield a problem for each file whose objects kubeconform did not judge exactly once."""
    judged = Counter(Path(verdict.file) for verdict in answer.verdicts if verdict.status)
    if subject.tree is not None:
        yield from _not_one(judged, subject, subject.tree)
        return
    for file, count in subject.repository.manifests.counts.items():
        if judged[file] < count:  # more: documents that are no objects, for each of which there is a problem
            yield Problem(
                rule="kubeconform/count",
                file=subject.name(file),
                message=f"the file holds {count} objects, of which kubeconform judged {judged[file]}.",
                hint="Look for what else is wrong with the file.",
            )


def _not_one(judged: Counter[Path], subject: Subject, tree: Tree) -> Iterator[Problem]:
    manifests = {manifest.path: manifest for manifest in tree.manifests()}
    for file in sorted(judged.keys() - manifests.keys()):
        yield Problem(
            rule="kubeconform/count",
            file=subject.name(file),
            message="the file holds an object, but its name does not end in .yaml.",
            hint="Name it *.yaml, so that every stage looks at it.",
        )
    for file, manifest in manifests.items():
        if judged[file] != 1:
            yield Problem(
                rule="kubeconform/count",
                file=manifest.shown,
                message=f"the file holds {judged[file]} objects, where a manifest holds exactly one.",
                hint="Write one object a file.",
            )
