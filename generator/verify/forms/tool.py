"""Runs helm and kustomize, each run in a home of its own: no plugins, no configuration, no network, no shared state."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from generator.base.errors import GenError

TIME_LIMIT = 300
"""Seconds of one run. An umbrella of 250 charts takes two or three."""
_GLANCE = 0.25
"""Seconds after which a run is asked whether it has to stop."""
_NOWHERE = "http://127.0.0.1:9"  # a port at which nothing answers


@dataclass(frozen=True, slots=True)
class Said:
    """What a run of a tool answered."""

    code: int
    output: bytes
    errors: str


@dataclass(frozen=True, slots=True)
class Turn:
    """How a stage runs beside others: how many share the processors, and a flag that somebody sets to stop them."""

    sharing: int = 1
    stopped: Event = field(default_factory=Event)


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that renders a form: its name, its binary, and the folder in which each run gets its own home."""

    name: str
    binary: Path
    homes: Path
    stopped: Event = field(default_factory=Event)

    def run(self, *arguments: str | Path) -> Said:
        """Return what the tool answers.

        Errors: GenError when it cannot be run, takes longer than TIME_LIMIT, or has to stop.
        """
        try:
            with tempfile.TemporaryDirectory(dir=self.homes) as home:
                return self._answer([str(self.binary), *map(str, arguments)], home)
        except OSError as error:
            raise GenError(f"{self.name} cannot be run ({error}). Install it again: gen tools install.") from error

    def _answer(self, command: list[str], home: str) -> Said:
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=home,
            env=_environment(home),
        ) as process:
            for _ in range(int(TIME_LIMIT / _GLANCE)):
                if self.stopped.is_set():
                    process.kill()
                    raise GenError(f"{self.name} was stopped. Run it again.")
                try:
                    output, errors = process.communicate(timeout=_GLANCE)
                except subprocess.TimeoutExpired:
                    continue
                return Said(process.returncode, output, errors.decode("utf-8", "replace").strip())
            process.kill()
        said = f"{self.name} did not end within {TIME_LIMIT} s: {' '.join(command[1:])}."
        raise GenError(f"{said} Run it by hand to see where it hangs.")


@contextmanager
def isolated(name: str, binary: Path, turn: Turn) -> Iterator[tuple[Tool, Path]]:
    """Yield the tool, and a temporary folder beside its homes for whatever else the stage writes."""
    with tempfile.TemporaryDirectory(prefix=f"gen-{name}-") as folder:
        homes, other = Path(folder, "homes"), Path(folder, "files")
        homes.mkdir()
        other.mkdir()
        yield Tool(name, binary, homes, turn.stopped), other


@contextmanager
def workers(turn: Turn) -> Iterator[ThreadPoolExecutor]:
    """Yield a pool of a thread for each processor, divided by how many stages share them.

    What has not begun when something goes wrong never begins.
    """
    pool = ThreadPoolExecutor(max(1, (os.cpu_count() or 1) // turn.sharing))
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
