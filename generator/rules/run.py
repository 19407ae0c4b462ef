"""Runs the rules over a tree."""

from collections.abc import Iterable, Iterator

from generator.base.problem import Problem, sort_problems
from generator.manifests.clusters import Repository
from generator.manifests.finding import Finding
from generator.manifests.problems import problems_at
from generator.rules.rule import Rule


def check(repository: Repository, rules: Iterable[Rule]) -> tuple[Problem, ...]:
    """Return what the rules find in a tree, sorted; the same mistake in several clusters is one problem a file."""
    return sort_problems(problems_at(_findings(repository, rules)))


def _findings(repository: Repository, rules: Iterable[Rule]) -> Iterator[Finding]:
    for rule in rules:
        yield from rule.run(repository)
