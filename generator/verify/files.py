"""The stages that read the files of rendered trees and nothing else, so that a second process can run them."""

import time
from collections.abc import Sequence

from generator.verify.inventory import check_inventory
from generator.verify.lint import lint
from generator.verify.outcome import Outcome
from generator.verify.trees import Tree


def check_files(name: str, trees: Sequence[Tree]) -> tuple[Outcome, float]:
    """Return what the stage "inventory" or "yamllint" finds in trees, and its wall-clock seconds."""
    start = time.perf_counter()
    if name == "inventory":
        problems = check_inventory(trees)
    else:
        problems = lint([file for tree in trees for file in tree.manifests()])
    return Outcome(tuple(problems)), time.perf_counter() - start
