"""The Pythons of this machine that gen supports, each with the locked dependencies, for tests that compare them."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
SUPPORTED = ((3, 11), (3, 12), (3, 13), (3, 14))
_ASK = "import json, sys; print(json.dumps([sys.version_info[:3], sys.executable, sys.implementation.name]))"


@dataclass(frozen=True, slots=True)
class Python:
    """An interpreter: its whole version and where it is."""

    version: str
    executable: str

    @property
    def minor(self) -> tuple[int, ...]:
        return tuple(int(part) for part in self.version.split(".")[:2])


@cache
def others() -> tuple[Python, ...]:
    """Return the newest interpreter of each supported minor version other than the running one."""
    newest: dict[tuple[int, ...], tuple[tuple[int, ...], Python]] = {}
    for place in _places():
        found = _ask(place)
        if found is None or found.minor not in SUPPORTED or found.minor == sys.version_info[:2]:
            continue
        whole = tuple(int(part) for part in found.version.split("."))
        if found.minor not in newest or newest[found.minor][0] < whole:
            newest[found.minor] = (whole, found)
    return tuple(newest[minor][1] for minor in sorted(newest))


def report() -> str:
    """Say which Pythons the determinism tests compare, and which supported ones this machine does not have."""
    here = ".".join(map(str, sys.version_info[:3]))
    there = {python.minor for python in others()} | {sys.version_info[:2]}
    missing = [".".join(map(str, minor)) for minor in SUPPORTED if minor not in there]
    compared = ", ".join([f"{here} (this one)", *(python.version for python in others())])
    return f"gen compared under Python: {compared}; not on this machine: {', '.join(missing) or 'none'}"


def equipped(python: Python) -> Path:
    """Return the python of a virtual environment that holds the locked dependencies; it is made once and kept."""
    lock = CHECKOUT / "requirements.lock"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:12]
    folder = CHECKOUT / ".cache" / "pythons" / f"{python.version}-{digest}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / f"{folder.name}.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not (folder / ".done").exists():
            shutil.rmtree(folder, ignore_errors=True)
            _run(python.executable, "-m", "venv", str(folder))
            pip = (str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
            _run(*pip, "--require-hashes", "-r", str(lock))
            (folder / ".done").touch()
    return folder / "bin" / "python"


def _places() -> list[str]:
    names = [f"python{major}.{minor}" for major, minor in SUPPORTED]
    on_path = [found for name in names if (found := shutil.which(name))]
    kept = sorted((Path.home() / ".pyenv" / "versions").glob("*/bin/python"))
    return [*on_path, *map(str, kept)]


def _ask(place: str) -> Python | None:
    """Return what an executable says that it is; None when it is a shim of a version that is not chosen."""
    told = subprocess.run([place, "-I", "-c", _ASK], capture_output=True, text=True, check=False, timeout=30)
    if told.returncode != 0:
        return None
    version, executable, implementation = json.loads(told.stdout)
    return Python(".".join(map(str, version)), executable) if implementation == "cpython" else None


def _run(*command: str) -> None:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=clean)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
