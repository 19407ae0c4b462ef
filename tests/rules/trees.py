"""Trees of manifests for the tests of rules, written from texts."""

from collections.abc import Mapping
from pathlib import Path

from generator.base.problem import Problem
from generator.manifests.clusters import Repository, divide
from generator.manifests.load import load_manifests
from generator.rules.catalogue import all_rules
from generator.rules.run import check


def write_files(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def repository(root: Path, files: Mapping[str, str]) -> Repository:
    return divide(load_manifests(write_files(root, files)))


def problems(root: Path, files: Mapping[str, str] | str) -> tuple[Problem, ...]:
    """Return what all rules find in files (path → text), or in one text of several documents."""
    named = {"manifests.yaml": files} if isinstance(files, str) else files
    return check(repository(root, named), all_rules())
