"""The machine that provisions: its environment, its Python and a way to run a program on it."""

import platform
import shlex
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from generator.base.errors import GenError

_SHOWN_LINES = 8


@dataclass(frozen=True, slots=True)
class Host:
    """What provisioning may use: environment variables, a Python with pip, and a callback that takes one line.

    `downloads` says whether official releases may be downloaded; packages and modules always may.
    """

    environ: Mapping[str, str]
    python: str
    progress: Callable[[str], None]
    downloads: bool = True

    @property
    def search_path(self) -> str:
        """Return PATH, or "" when there is none."""
        return self.environ.get("PATH", "")


def system() -> str:
    """Return the operating system and processor, as in "linux-x86_64"."""
    return f"{platform.system()}-{platform.machine()}".lower()


def go_platform() -> str:
    """Return this platform in Go's words, which releases use, as in "linux-amd64"."""
    machine = platform.machine().lower()
    words = {"x86_64": "amd64", "aarch64": "arm64"}
    return f"{platform.system().lower()}-{words.get(machine, machine)}"


def run(command: Sequence[str | Path], environ: Mapping[str, str], folder: Path, remedy: str) -> str:
    """Run a program in a folder and return its standard output; GenError with its last lines when it fails."""
    try:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise GenError(f"{command[0]}: {error.strerror}. {remedy}") from error
    if done.returncode:
        said = "\n".join((done.stderr or done.stdout).strip().splitlines()[-_SHOWN_LINES:])
        shown = shlex.join(str(part) for part in command)
        raise GenError(f"{shown}: exit code {done.returncode}.\n{said}\n{remedy}")
    return done.stdout


def default_cache(environ: Mapping[str, str]) -> Path:
    """Return the cache folder that an environment means: gitops-gen in XDG_CACHE_HOME, else in ~/.cache."""
    shared = Path(environ.get("XDG_CACHE_HOME", ""))
    # The XDG base directory specification: a relative path is to be ignored.
    base = shared if shared.is_absolute() else Path.home() / ".cache"
    return base / "gitops-gen"
