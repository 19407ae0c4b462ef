"""How long `gen` takes before it does anything: `python -m benchmarks.startup`.

Each command runs as a whole process, in turn with `python -c pass`, so that a busy machine slows both.
"""

import argparse
import sys
from pathlib import Path

from benchmarks.processes import GEN, run, spread

CHECKOUT = Path(__file__).resolve().parent.parent
GOAL = 150  # milliseconds for `gen --help`
COMMANDS = (
    ("gen --help", (GEN, "--help")),
    ("gen --version", (GEN, "--version")),
    ("gen validate", (GEN, "validate", "--workspace", str(CHECKOUT))),
    ("gen render --check", (GEN, "render", "--check", "--workspace", str(CHECKOUT))),
)
NOTHING = (sys.executable, "-c", "pass")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=11, help="runs of each command")
    runs: int = parser.parse_args().runs
    for name, command in COMMANDS:
        run(command, expected=(0, 1))  # a first run, for the file cache and the bytecode
        figures, bare = [], []
        for _ in range(runs):
            bare.append(run(NOTHING).seconds)
            figures.append(run(command, expected=(0, 1)).seconds)
        ratios = [ours / nothing for ours, nothing in zip(figures, bare, strict=True)]
        goal = f"; goal: under {GOAL} ms" if name == "gen --help" else ""
        print(f"{name:20} {spread(figures, 1000, 0):>18} ms; {spread(ratios, digits=1)} times python -c pass{goal}")


if __name__ == "__main__":
    main()
