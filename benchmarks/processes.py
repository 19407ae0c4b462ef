"""Runs a command as a new process and takes its wall time, its processor time and its largest memory."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

GEN = str(Path(sys.executable).with_name("gen"))
"""The console script as it is installed beside the running interpreter."""


@dataclass(frozen=True, slots=True)
class Run:
    """Wall seconds, processor seconds, the largest resident memory in MiB, and what was printed."""

    seconds: float
    processor: float
    memory: float
    output: str


def run(command: Sequence[str], *, expected: Sequence[int] = (0,)) -> Run:
    """Run the command; raise RuntimeError with its errors when it exits with another code than expected."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    if process.returncode not in expected:
        raise RuntimeError(f"{' '.join(command)} exited with {process.returncode}:\n{output}")
    unit = 1 if sys.platform == "darwin" else 1024  # bytes there, KiB elsewhere
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit / 2**20, output)


def spread(figures: Sequence[float], scale: float = 1.0, digits: int = 2) -> str:
    """Return "median (min to max)" of figures, each multiplied by `scale`."""
    low, middle, high = (round(each * scale, digits) for each in (min(figures), median(figures), max(figures)))
    return f"{middle:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"
