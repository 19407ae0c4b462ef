"""The kubeconform stage: turns its verdicts into problems. Whatever was not judged, or judged twice, is a problem."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from generator.base.nearest import did_you_mean
from generator.base.problem import Problem
from generator.tools.toolbox import Toolbox
from generator.verify.findings import Finding, findings, json_path
from generator.verify.kubeconform import Answer, Verdict, ask
from generator.verify.outcome import Outcome
from generator.verify.schema import known_fields
from generator.verify.source import Source, read_source
from generator.verify.trees import Manifest, Tree

_NO_SCHEMA = "could not find schema for "
_MEND = "Mend the template or the patch that wrote it, and render again."


def check_conformance(trees: Sequence[Tree], toolbox: Toolbox) -> Outcome:
    """Return what kubeconform finds wrong with trees."""
    outcomes = [judge(ask(tree, toolbox), tree, toolbox) for tree in trees]
    problems = tuple(problem for outcome in outcomes for problem in outcome.problems)
    return Outcome(problems, sum(outcome.skipped for outcome in outcomes))


def judge(answer: Answer, tree: Tree, toolbox: Toolbox) -> Outcome:
    """Return the problems that kubeconform's answer on a tree amounts to."""
    manifests = {str(manifest.path): manifest for manifest in tree.manifests()}
    problems: list[Problem] = []
    for verdict in answer.verdicts:
        if verdict.status not in {"statusValid", ""} or (verdict.status and not verdict.name):
            problems.extend(_case(verdict, tree, toolbox).problems())
    problems.extend(_miscounted(answer, tree, manifests))
    if answer.complaint:
        message = f"kubeconform said: {answer.complaint}"
        problems.append(Problem(rule="kubeconform/error", file=tree.shown, message=message))
    skipped = sum(verdict.status == "statusSkipped" for verdict in answer.verdicts)
    return Outcome(tuple(problems), skipped)


@dataclass(frozen=True, slots=True)
class _Case:
    """A verdict that is not good, with what is needed to explain it."""

    verdict: Verdict
    manifest: Manifest
    source: Source
    kubernetes: str
    toolbox: Toolbox

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong with the object."""
        verdict = self.verdict
        if verdict.status == "statusInvalid":
            for finding in findings(verdict.message) or (Finding((), verdict.message),):
                yield self._problem("invalid", f"{finding.message}.", self._nearest(finding) or _MEND, finding.path)
        elif verdict.status == "statusSkipped":
            yield self._problem("skipped", "kubeconform skipped this object, so nothing is known about it.", _MEND)
        elif verdict.status == "statusValid":
            yield self._problem("no-name", "the object has no name.", _MEND, ("metadata",))
        elif verdict.message.startswith(_NO_SCHEMA):
            what = f"{verdict.kind} of {verdict.api_version}"
            message = f"there is no schema for {what}, in Kubernetes {self.kubernetes} or in the pinned CRDs."
            hint = "Correct apiVersion and kind, or add where its CRD comes from to generator/tools/pins.toml."
            yield self._problem("no-schema", message, hint, ("apiVersion",))
        else:
            yield self._problem("error", f"kubeconform cannot read this: {verdict.message}.", _MEND)

    def _nearest(self, finding: Finding) -> str:
        """Return the field that was probably meant, as a question, or ""."""
        verdict = self.verdict
        schema = self.toolbox.schema_file(self.kubernetes, verdict.api_version, verdict.kind)
        if not (finding.unknown and schema):
            return ""
        return did_you_mean(finding.path[-1], known_fields(schema, finding.path[:-1]))

    def _problem(self, rule: str, message: str, hint: str, path: tuple[str, ...] = ()) -> Problem:
        line, column = self.source.place(path)
        return Problem(
            rule=f"kubeconform/{rule}",
            file=self.manifest.shown,
            line=line,
            column=column,
            path=json_path(path) if path else "",
            object=self.source.object(),
            message=message,
            hint=hint,
        )


def _case(verdict: Verdict, tree: Tree, toolbox: Toolbox) -> _Case:
    path = tree.root / verdict.file
    return _Case(verdict, Manifest(tree.name(path), path), read_source(path), tree.kubernetes, toolbox)


def _miscounted(answer: Answer, tree: Tree, manifests: Mapping[str, Manifest]) -> Iterator[Problem]:
    """Yield a problem for each file for which kubeconform did not judge exactly one object."""
    judged = Counter(verdict.file for verdict in answer.verdicts if verdict.status)
    for file in sorted(judged.keys() - manifests.keys()):
        yield Problem(
            rule="kubeconform/count",
            file=tree.name(tree.root / file),
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
