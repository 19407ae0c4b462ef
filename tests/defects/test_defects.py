"""Clean trees have no error in any stage, and every defect of the corpus is caught by what the corpus names."""

import functools
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

import pytest
from corpus import TOOLS, TREES, Catch, Defect, defects
from rendered import means

from generator.base.problem import Problem, Severity
from generator.verify.run import FOLDER_STAGES, verify
from generator.verify.subject import Subject, folder_subject

CORPUS = list(defects())
QUICK = [defect for defect in CORPUS if any(catch.stage in FOLDER_STAGES for catch in defect.caught_by)]


def subject(root: Path, shown: str = "") -> Subject:
    return folder_subject(root, shown, "1.36")


def found(root: Path, stages: Sequence[str]) -> Counter[Catch]:
    return counted(verify([subject(root)], means(), stages).problems)


def counted(problems: Iterable[Problem]) -> Counter[Catch]:
    return Counter(Catch(problem.rule, str(problem.severity)) for problem in problems)


@functools.cache
def found_when_clean(tree: str, stages: tuple[str, ...]) -> Counter[Catch]:
    return found(TREES[tree], stages)


@pytest.mark.parametrize("stages", [FOLDER_STAGES, *((tool,) for tool in TOOLS)], ids="+".join)
def test_clean_trees_have_no_error(stages: Sequence[str]) -> None:
    problems = verify([subject(root, name) for name, root in TREES.items()], means(), stages).problems
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    assert [f"{problem.text()} [{problem.rule}]" for problem in errors] == []


@pytest.mark.parametrize("defect", QUICK, ids=[f"{defect.tree}: {defect.name}" for defect in QUICK])
def test_a_defect_is_caught_by_the_schema_or_the_rule_that_the_corpus_names(defect: Defect, tmp_path: Path) -> None:
    wanted = [catch for catch in defect.caught_by if catch.stage in FOLDER_STAGES]
    stages = tuple(sorted({catch.stage for catch in wanted}))
    new = found(defect.mutated(tmp_path), stages) - found_when_clean(defect.tree, stages)
    assert [catch for catch in wanted if not new[catch]] == [], f"new are only: {sorted(map(str, new))}"


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_catches_all_defects_that_the_corpus_gives_it(tool: str, tmp_path: Path) -> None:
    """One run for all of them: each mutated tree is a subject of its own, known by the name that problems carry."""
    given = [defect for defect in CORPUS if any(catch.stage == tool for catch in defect.caught_by)]
    subjects = []
    for number, defect in enumerate(given):
        root = defect.mutated(tmp_path / str(number))
        # promtool judges every PrometheusRule by itself, and takes its time: the others can stay away.
        subjects.append(subject(root / defect.file if tool == "promtool" else root, str(number)))
    at: defaultdict[str, list[Problem]] = defaultdict(list)
    for problem in verify(subjects, means(), [tool]).problems:
        at[problem.file.partition("/")[0]].append(problem)
    missed = {}
    for number, defect in enumerate(given):
        name = PurePosixPath(defect.file).name
        new = counted(problem for problem in at[str(number)] if PurePosixPath(problem.file).name == name)
        if not all(new[catch] for catch in defect.caught_by if catch.stage == tool):
            missed[f"{defect.tree}: {defect.name}"] = sorted(map(str, new))
    assert missed == {}


def test_the_corpus_is_large_and_covers_every_stage_and_group_of_rules() -> None:
    assert len(CORPUS) >= 250
    stages = Counter(catch.stage for defect in CORPUS for catch in defect.caught_by)
    assert stages["kubeconform"] >= 8
    assert stages["admission"] >= 8
    assert stages["promtool"] >= 5
    assert stages["istioctl"] >= 5
    groups = {catch.rule.partition("/")[0] for defect in CORPUS for catch in defect.caught_by}
    assert groups >= {"identity", "references", "reliability", "alerts", "security", "drift"}
    assert {defect.tree for defect in CORPUS} == set(TREES)
