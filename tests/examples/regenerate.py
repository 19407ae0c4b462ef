"""Writes expected.txt of every case again: `.venv/bin/python tests/examples/regenerate.py`. Review the diff."""

import sys
import tempfile
from pathlib import Path

from invalid_examples import CASES, EXPECTED, build_workspace, said_of


def regenerate() -> list[str]:
    """Write the messages of all cases; return the names of those in which nothing is found wrong."""
    silent = []
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            said = said_of(build_workspace(case, Path(folder)))
        (case / EXPECTED).write_text(said, "utf-8")
        if not said:
            silent.append(case.name)
    return silent


if __name__ == "__main__":
    silent = regenerate()
    sys.exit(f"Nothing is found wrong in: {', '.join(silent)}." if silent else 0)
