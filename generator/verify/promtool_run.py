"""Runs promtool in a folder and returns what it prints."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from generator.base.errors import GenError


def run_promtool(promtool: Path, arguments: Sequence[str], folder: str) -> str:
    """Return what promtool prints, both streams in order; GenError when it cannot be run."""
    try:
        done = subprocess.run(
            [str(promtool), *arguments],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
    except OSError as error:
        raise GenError(f"promtool cannot be run ({error}). Install it again: gen tools install.") from error
    if done.returncode not in {0, 1, 3}:
        text = done.stdout.decode("utf-8", "replace").strip()[-500:]
        raise GenError(f"promtool ended with {done.returncode}: {text}. Install it again: gen tools install.")
    return done.stdout.decode("utf-8", "replace")
