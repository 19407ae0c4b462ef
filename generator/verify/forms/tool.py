"""Runs helm and kustomize, each run in a home of its own: no plugins, no configuration, no network, no shared state."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from generator.base.errors import GenError

TIME_LIMIT = 300
"""Seconds of one run. An umbrella of 250 charts takes two or three."""
_NOWHERE = "http://127.0.0.1:9"  # a port at which nothing answers


@dataclass(frozen=True, slots=True)
class Said:
    """What a run of a tool answered."""

    code: int
    output: bytes
    errors: str


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that renders a form: its name, its binary, and the folder in which each run gets its own home."""

    name: str
    binary: Path
    homes: Path

    def run(self, *arguments: str | Path) -> Said:
        """Return what the tool answers; GenError when it cannot be run or takes longer than TIME_LIMIT."""
        try:
            with tempfile.TemporaryDirectory(dir=self.homes) as home:
                done = subprocess.run(
                    [str(self.binary), *map(str, arguments)],
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    check=False,
                    cwd=home,
                    env=_environment(home),
                    timeout=TIME_LIMIT,
                )
        except OSError as error:
            raise GenError(f"{self.name} cannot be run ({error}). Install it again: gen tools install.") from error
        except subprocess.TimeoutExpired as error:
            said = f"{self.name} did not end within {TIME_LIMIT} s: {' '.join(map(str, arguments))}."
            raise GenError(f"{said} Run it by hand to see where it hangs.") from error
        return Said(done.returncode, done.stdout, done.stderr.decode("utf-8", "replace").strip())


@contextmanager
def isolated(name: str, binary: Path) -> Iterator[tuple[Tool, Path]]:
    """Yield the tool, and a temporary folder beside its homes for whatever else the stage writes."""
    with tempfile.TemporaryDirectory(prefix=f"gen-{name}-") as folder:
        homes, other = Path(folder, "homes"), Path(folder, "files")
        homes.mkdir()
        other.mkdir()
        yield Tool(name, binary, homes), other


@contextmanager
def workers(sharing: int) -> Iterator[ThreadPoolExecutor]:
    """Yield a pool of a thread for each processor, divided by how many stages share them.

    What has not begun when something goes wrong never begins.
    """
    pool = ThreadPoolExecutor(max(1, (os.cpu_count() or 1) // sharing))
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=True, cancel_futures=True)
        raise
    pool.shutdown()


def _environment(home: str) -> dict[str, str]:
    places = {f"HELM_{name}_HOME": f"{home}/{name.lower()}" for name in ("CACHE", "CONFIG", "DATA")}
    proxies = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY"), _NOWHERE)
    # Short runs, one for each processor: a collection of garbage costs more than the memory that it saves, and threads
    # beside one another get in each other's way. PATH is empty, so that no helper (git, a plugin) is found.
    runtime = {"GOGC": "400", "GOMAXPROCS": "1"}
    return {"HOME": home, "TMPDIR": home, "PATH": "", "KUBECONFIG": "/dev/null", **runtime, **places, **proxies}
