"""Runs the stages of verification over trees and collects what they find."""

import time
from collections.abc import Callable, Sequence

from generator.base.problem import Problem, sort_problems
from generator.tools.toolbox import Toolbox
from generator.verify.conformance import check_conformance
from generator.verify.inventory import check_inventory
from generator.verify.lint import lint
from generator.verify.outcome import Outcome
from generator.verify.report import Report, Stage
from generator.verify.trees import Tree

_STAGES: tuple[tuple[str, Callable[[Sequence[Tree], Toolbox], Outcome]], ...] = (
    ("inventory", lambda trees, _: Outcome(check_inventory(trees))),
    ("yamllint", lambda trees, _: Outcome(lint([file for tree in trees for file in tree.manifests()]))),
    ("kubeconform", check_conformance),
)


def verify(trees: Sequence[Tree], toolbox: Toolbox, progress: Callable[[str], None]) -> Report:
    """Return what every stage finds in the trees; progress takes one line when a stage begins.

    Errors: GenError when an inventory cannot be read or a tool does not answer.
    """
    count = sum(len(tree.manifests()) for tree in trees)
    problems: list[Problem] = []
    stages: list[Stage] = []
    skipped = 0
    for name, check in _STAGES:
        progress(f"{name}: {count} manifests")
        start = time.perf_counter()
        outcome = check(trees, toolbox)
        stages.append(Stage(name, count, len(outcome.problems), round(time.perf_counter() - start, 3)))
        problems.extend(outcome.problems)
        skipped += outcome.skipped
    return Report(sort_problems(problems), count, skipped, tuple(stages))
