"""Runs the stages of verification over subjects and collects what they find."""

import multiprocessing
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from generator.base.problem import Problem, sort_problems
from generator.components.catalogue import Catalogue
from generator.rules.catalogue import all_rules
from generator.rules.rule import Rule
from generator.rules.run import check as check_rules
from generator.rules.suppression import Suppression, suppress
from generator.tools.cache import Cache
from generator.tools.toolbox import Toolbox
from generator.verify.conformance import check_conformance
from generator.verify.files import FILE_STAGES, check_files, start_worker
from generator.verify.forms.tool import Turn
from generator.verify.forms.tree import FormTree
from generator.verify.outcome import Outcome
from generator.verify.report import Report, Stage
from generator.verify.subject import Rendering, Subject
from generator.verify.trees import Tree

Progress = Callable[[str], None]

TOOLS: Mapping[str, tuple[str, ...]] = {
    "kubeconform": ("kubeconform",),
    "promtool": ("promtool",),
    "istioctl": ("istioctl",),
    "helm": ("helm",),
    "kustomize": ("kustomize",),
    "admission": ("etcd", "kube-apiserver"),
}
"""Stage → the tools that it needs; the other stages need none."""

TREE_STAGES = (
    "inventory",
    "render",
    "yamllint",
    "kubeconform",
    "promtool",
    "istioctl",
    "rules",
    "reachability",
    "runbooks",
    "admission",
    "helm",
    "kustomize",
)
"""The stages of `gen verify`, for rendered trees; see stages_of()."""

FOLDER_STAGES = ("kubeconform", "rules")
"""The stages of `gen check`, for any folder; reading the files is a part of the rules."""


def stages_of(trees: Iterable[Tree]) -> tuple[str, ...]:
    """Return the stages that trees need: those of a form only where a tree has it."""
    folders = {name for tree in trees for name in _FORM_FOLDERS.values() if (tree.root / name).is_dir()}
    return tuple(name for name in TREE_STAGES if _FORM_FOLDERS.get(name, "") in {"", *folders})


@dataclass(frozen=True, slots=True)
class Means:
    """What stages work with: tools and schemas, the cache, the components, further CRDs, the rules, suppressions.

    turn: how the stages of forms run beside one another.
    """

    toolbox: Toolbox
    cache: Cache
    progress: Progress
    catalogue: Catalogue | None = None
    definitions: Sequence[Mapping[str, Any]] = ()
    rules: Sequence[Rule] | None = None
    suppressions: Sequence[Suppression] = ()
    turn: Turn | None = None


def verify(subjects: Sequence[Subject], means: Means, stages: Collection[str], without: Sequence[str] = ()) -> Report:
    """Return what the stages find in the subjects; the means' progress takes one line when a stage begins.

    Stages that only wait for a program run beside the others. Errors: GenError when an inventory cannot be read or a
    tool does not answer.
    """
    known = all_rules()
    means = replace(means, rules=means.rules if means.rules is not None else known)
    count = sum(subject.count for subject in subjects)
    chosen = [name for name in _STAGES if name in stages and name not in without]
    done: dict[str, tuple[Outcome, float]] = {}
    with ThreadPoolExecutor(max_workers=1) as threads, _processes(count) as processes:
        waiting: dict[str, Future[tuple[Outcome, float]]] = {}
        for name in chosen:
            if name in FILE_STAGES and processes is not None:
                means.progress(f"{name}: {count} objects")
                waiting[name] = processes.submit(check_files, name, _renderings(subjects), means.catalogue)
        # Before the programs start, which take every processor that there is.
        if "rules" in chosen:
            done["rules"] = _timed("rules", subjects, means, count)
        waiting |= {name: threads.submit(_timed, name, subjects, means, count) for name in chosen if name in _WAITING}
        rest = [name for name in chosen if name not in {*waiting, *done, *_FORM_FOLDERS}]
        done |= {name: _timed(name, subjects, means, count) for name in rest}
        done |= _at_once([name for name in chosen if name in _FORM_FOLDERS], subjects, means, count)
        done |= {name: future.result() for name, future in waiting.items()}
    problems = [problem for name in chosen for problem in done[name][0].problems]
    found = [
        Stage(name, count, len(done[name][0].problems), round(done[name][1], 3), done[name][0].note) for name in chosen
    ]
    objects = [item for subject in subjects for item in subject.repository.manifests.objects]
    remaining, suppressed = suppress(sort_problems(problems), objects, means.suppressions, _known(known, chosen, means))
    skipped = sum(outcome.skipped for outcome, _ in done.values())
    return Report(sort_problems(remaining), count, skipped, tuple(found), suppressed, tuple(without))


def _at_once(
    names: Sequence[str], subjects: Sequence[Subject], means: Means, count: int
) -> dict[str, tuple[Outcome, float]]:
    """Return the outcomes of the stages of forms: together they keep every processor busy, so that they run alone."""
    turn = Turn(max(1, len(names)))
    sharing = replace(means, turn=turn)
    with ThreadPoolExecutor(max_workers=len(_FORM_FOLDERS)) as pool:
        try:
            futures = {name: pool.submit(_timed, name, subjects, sharing, count) for name in names}
            return {name: future.result() for name, future in futures.items()}
        except BaseException:
            turn.stopped.set()  # an interrupt does not wait for what still runs
            raise


@contextmanager
def _processes(count: int) -> Iterator[ProcessPoolExecutor | None]:
    """Yield a second process for what reads files only; None when there is too little to pay for its start."""
    if count < _LARGE:
        yield None
        return
    # Spawned, not forked: a progress display may have threads, whose locks a fork would copy as they are.
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn, initializer=start_worker) as pool:
        yield pool


def _timed(name: str, subjects: Sequence[Subject], means: Means, count: int) -> tuple[Outcome, float]:
    means.progress(f"{name}: {count} objects")
    start = time.perf_counter()
    outcome = _STAGES[name](subjects, means)
    return outcome, time.perf_counter() - start


def _known(known: Sequence[Rule], chosen: Collection[str], means: Means) -> Mapping[str, bool]:
    """Return the ids of all rules, with whether they ran."""
    ran = {rule.id for rule in means.rules or ()} if "rules" in chosen else set()
    return {rule.id: rule.id in ran for rule in known}


def _renderings(subjects: Sequence[Subject]) -> list[Rendering]:
    return [subject.rendering for subject in subjects if subject.rendering]


def _files(name: str) -> Callable[[Sequence[Subject], Means], Outcome]:
    return lambda subjects, means: check_files(name, _renderings(subjects), means.catalogue)[0]


def _conformance(subjects: Sequence[Subject], means: Means) -> Outcome:
    return check_conformance(subjects, means.toolbox, means.definitions)


def _prometheus(subjects: Sequence[Subject], means: Means) -> Outcome:
    from generator.verify.promtool import check_prometheus_rules  # noqa: PLC0415  (only what runs is imported)
    from generator.verify.unit_tests import find_unit_tests  # noqa: PLC0415

    objects = [item for subject in subjects for item in subject.repository.manifests.objects]
    tests = [test for subject in subjects for test in find_unit_tests(subject.root, subject.shown)]
    return check_prometheus_rules(objects, means.toolbox.tools["promtool"], tests)


def _istio(subjects: Sequence[Subject], means: Means) -> Outcome:
    from generator.verify.istioctl import analyze  # noqa: PLC0415  (only what runs is imported)

    clusters = [cluster for subject in subjects for cluster in subject.repository.clusters]
    return analyze(clusters, means.toolbox.tools["istioctl"])


def _rules(subjects: Sequence[Subject], means: Means) -> Outcome:
    problems: list[Problem] = []
    for subject in subjects:
        problems += subject.repository.manifests.problems
        problems += check_rules(subject.repository, means.rules or ())
    return Outcome(tuple(problems))


def _reachability(subjects: Sequence[Subject], _: Means) -> Outcome:
    from generator.verify.reachability.stage import check_reachability  # noqa: PLC0415  (only what runs is imported)

    return check_reachability(subjects)


def _runbooks(subjects: Sequence[Subject], means: Means) -> Outcome:
    from generator.verify.runbooks.stage import check_runbooks  # noqa: PLC0415  (only what runs is imported)

    return check_runbooks(subjects, means.toolbox.crds)


def _admission(subjects: Sequence[Subject], means: Means) -> Outcome:
    from generator.verify.admission.stage import admit  # noqa: PLC0415  (only what runs is imported)

    clusters = [cluster for subject in subjects for cluster in subject.repository.clusters]
    rendered = all(subject.tree is not None for subject in subjects)
    toolbox = means.toolbox if rendered else means.toolbox.upstream()
    return admit(clusters, toolbox, means.cache, means.progress, definitions=means.definitions)


def _helm(subjects: Sequence[Subject], means: Means) -> Outcome:
    from generator.verify.forms.helm import check_helm  # noqa: PLC0415  (only what runs is imported)

    return check_helm(_form_trees(subjects), means.toolbox.tools["helm"], means.progress, means.turn)


def _kustomize(subjects: Sequence[Subject], means: Means) -> Outcome:
    from generator.verify.forms.kustomize import check_kustomize  # noqa: PLC0415  (only what runs is imported)

    return check_kustomize(_form_trees(subjects), means.toolbox.tools["kustomize"], means.progress, means.turn)


def _form_trees(subjects: Sequence[Subject]) -> list[FormTree]:
    trees = []
    for subject in subjects:
        if subject.tree is not None and subject.rendering is not None:
            found = subject.tree.manifests()
            paths = {manifest.path.relative_to(subject.root).as_posix(): manifest.path for manifest in found}
            plain = {name: path for name, path in paths.items() if name.startswith("clusters/")}
            regions = [region.name for region in subject.platform.regions] if subject.platform else []
            regions += sorted({name.split("/")[1] for name in plain}.difference(regions))
            contents = {name: path.read_bytes() for name, path in plain.items()}
            root = subject.rendering.tree.root
            trees.append(FormTree(root, subject.shown, tuple(regions), contents, subject.kubernetes))
    return trees


_STAGES: Mapping[str, Callable[[Sequence[Subject], Means], Outcome]] = {
    "inventory": _files("inventory"),
    "render": _files("render"),
    "yamllint": _files("yamllint"),
    "kubeconform": _conformance,
    "promtool": _prometheus,
    "istioctl": _istio,
    "rules": _rules,
    "reachability": _reachability,
    "runbooks": _runbooks,
    "admission": _admission,
    "helm": _helm,
    "kustomize": _kustomize,
}
_WAITING = frozenset({"kubeconform", "promtool", "istioctl"})
_FORM_FOLDERS: Mapping[str, str] = {"helm": "charts", "kustomize": "kustomize"}
_LARGE = 2000  # objects
