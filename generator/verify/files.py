"""The stages that look at the files of rendered trees, not at their objects: a second process can run them."""

import gc
import signal
import time
from collections.abc import Sequence

from generator.components.catalogue import Catalogue
from generator.verify.fresh import check_fresh
from generator.verify.inventory import check_inventory
from generator.verify.lint import lint
from generator.verify.outcome import Outcome
from generator.verify.subject import Rendering

FILE_STAGES = frozenset({"inventory", "render", "yamllint"})


def check_files(name: str, renderings: Sequence[Rendering], catalogue: Catalogue | None) -> tuple[Outcome, float]:
    """Return what one of FILE_STAGES finds in rendered trees, and its wall-clock seconds; render needs components."""
    start = time.perf_counter()
    trees = [rendering.tree for rendering in renderings]
    if name == "inventory":
        outcome = Outcome(check_inventory(trees))
    elif name == "yamllint":
        outcome = Outcome(lint([file for tree in trees for file in tree.documents()]))
    elif catalogue is not None:
        outcome = check_fresh(renderings, catalogue)
    else:
        raise ValueError("the render stage needs the components")
    return outcome, time.perf_counter() - start


def start_worker() -> None:
    """Prepare a process for these stages: the one that started it is told of an interrupt, and it lives briefly."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()
