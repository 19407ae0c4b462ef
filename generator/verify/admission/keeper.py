"""The parent of the servers, run as a process of its own: it ends them in order when its standard input closes.

However `gen` ends (also by SIGKILL), the operating system closes its end of the pipe: nothing has to poll, no process
id can be mistaken, and it is the same on every POSIX system. Run as `python -I -S keeper.py`: the first line that it
reads is JSON, {"folder": the servers' own, "programs": [[name, program, argument...]...]}; a second one stops them.
"""

import json
import select
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

_PATIENCE = 10.0
"""Seconds that a server has for ending by itself; measured are 0.1."""
_STEP = 0.05


def main() -> None:
    """Run the programs until standard input closes; say so when one ends before; remove the folder at last."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, _leave)
    # Unbuffered: what has been read ahead, `select` would not see.
    with open(sys.stdin.fileno(), "rb", buffering=0) as orders:  # noqa: PTH123  (a descriptor)
        first = orders.readline()
        if first:
            order = json.loads(first)
            _keep(order["programs"], Path(order["folder"]), orders)


def _keep(programs: list[list[str]], folder: Path, orders: IO[bytes]) -> None:
    servers: dict[str, subprocess.Popen[bytes]] = {}
    try:
        ended = _start_all(programs, folder, servers) or _watch(orders, servers)
        if ended:
            _stop(servers, patience=0)  # the API server would wait long for an etcd that is no more
            _say(ended)
        else:
            _stop(servers)
            if orders.readline():  # the files are wanted, so they stay until the pipe closes
                _say("stopped")
        orders.read()
    finally:
        _stop(servers)
        shutil.rmtree(folder, ignore_errors=True)


def _start_all(programs: list[list[str]], folder: Path, servers: "dict[str, subprocess.Popen[bytes]]") -> str:
    """Start the programs and return "", or why one does not."""
    for name, *command in programs:
        try:
            servers[name] = _start(name, command, folder)
        except OSError as error:
            return f"{command[0]}: {error.strerror}"
    return ""


def _start(name: str, command: list[str], folder: Path) -> "subprocess.Popen[bytes]":
    # A clean environment: no proxy, no configuration of the user's reaches a server.
    environment = {"HOME": str(folder), "TMPDIR": str(folder)}
    with (folder / f"{name}.log").open("wb") as log:
        server = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
    (folder / f"{name}.pid").write_text(f"{server.pid}\n", encoding="ascii")
    return server


def _watch(orders: IO[bytes], servers: "dict[str, subprocess.Popen[bytes]]") -> str:
    """Return when there is an order, or no more of them (""), or when a server has ended (how)."""
    while not select.select([orders], [], [], _STEP)[0]:
        for name, server in servers.items():
            if server.poll() is not None:
                return f"{name} ended with {server.returncode}"
    return ""


def _stop(servers: "dict[str, subprocess.Popen[bytes]]", patience: float = _PATIENCE) -> None:
    """End the servers, the last one first: the API server needs etcd to end cleanly."""
    for server in reversed(servers.values()):
        server.terminate()
        deadline = time.monotonic() + patience
        while server.poll() is None and time.monotonic() < deadline:
            time.sleep(_STEP / 5)
        if server.poll() is None:
            server.kill()
            server.wait()


def _say(line: str) -> None:
    with suppress(BrokenPipeError):  # nobody listens any more
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def _leave(*_: object) -> None:
    raise SystemExit(1)


if __name__ == "__main__":
    main()
