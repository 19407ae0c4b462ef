"""Runs gen: within this process, as its main function, or as a process of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rendering import CHECKOUT, SHOP, copied

TREE = "output/shop/production"
Gen = Callable[..., "Ran"]


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command left behind: exit code, stdout, stderr."""

    code: int
    out: str
    err: str


def shop(folder: Path) -> Path:
    """Return a fresh workspace with the shop's specs."""
    return copied(SHOP, folder / "workspace")


def process(*words: str, cwd: Path, program: tuple[str, ...] = ("-m", "generator.cli.main"), **environ: str) -> Ran:
    """Run gen as a process of its own."""
    done = subprocess.run(
        [sys.executable, *program, *words],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)
