"""etcd and kube-apiserver as plain processes on this machine, reachable by nobody else, gone whatever happens.

etcd listens on a socket file in a private folder; the API server on one loopback port, with a random token.
"""

import json
import os
import secrets
import select
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from generator.base.errors import GenError
from generator.verify.admission.client import Client, ClientError
from generator.verify.admission.sparse import copy_tree

_PATIENCE = 120.0
"""Seconds until a server must be ready; measured are 3 to 4 on two cores."""
_KEEPER = Path(__file__).with_name("keeper.py")
_LAST_LINES = 12


@dataclass(frozen=True, slots=True)
class Programs:
    """The two programs, by their paths."""

    etcd: Path
    apiserver: Path


@dataclass(frozen=True, slots=True)
class Server:
    """A running API server: how to talk to it, and its private folder."""

    folder: Path
    client: Client
    keeper: "subprocess.Popen[bytes]"

    @property
    def data(self) -> Path:
        """Return the folder of etcd's data."""
        return self.folder / "etcd"

    def stop(self) -> None:
        """End the servers cleanly and leave their files, until the context ends."""
        self.client.close()
        _order(self.keeper, "stop")
        said = self.keeper.stdout.readline() if self.keeper.stdout is not None else b""
        if said != b"stopped\n":
            raise GenError(f"{said.decode(errors='replace').strip()}.\n{last_words(self.folder)}")


@contextmanager
def serve(programs: Programs, data: Path | None = None) -> Iterator[Server]:
    """Run etcd (on a copy of the data, if some is given) and the API server; GenError with their words if it fails.

    Both end, and their folder goes, when the context ends or this process does.
    """
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="gitops-gen-admission-"))  # of mode 0700
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        if data is not None:
            copy_tree(data, folder / "etcd")
        token = secrets.token_hex(32)
        _write_private(folder / "tokens.csv", f'{token},gen,gen,"system:masters"\n')
        port = _reserve_port(stack)
        keeper = _start_keeper(stack, folder, _commands(programs, port))
        client = _connect(folder, keeper, port, token)
        stack.callback(client.close)
        yield Server(folder, client, keeper)


def last_words(folder: Path) -> str:
    """Return the last lines of the servers' logs, with a line that names each."""
    parts = []
    for log in sorted(folder.glob("*.log")):
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        parts += [f"The last lines of {log.stem}:", *(f"  {line[:500]}" for line in lines[-_LAST_LINES:])]
    return "\n".join(parts)


def _commands(programs: Programs, port: int) -> list[list[str]]:
    etcd = [
        "etcd",
        str(programs.etcd),
        "--name=gen",
        "--data-dir=etcd",
        # Relative to the folder, so that its length cannot pass the limit of a socket's name (about 100 bytes).
        *(f"--{flag}=unix://etcd.sock" for flag in ("listen-client-urls", "advertise-client-urls")),
        *(f"--{flag}=unix://peer.sock" for flag in ("listen-peer-urls", "initial-advertise-peer-urls")),
        "--initial-cluster=gen=unix://peer.sock",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]
    key = "certs/apiserver.key"  # made by the server itself when it starts
    apiserver = [
        "kube-apiserver",
        str(programs.apiserver),
        "--etcd-servers=unix://etcd.sock",
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        f"--secure-port={port}",
        "--permit-port-sharing",
        "--endpoint-reconciler-type=none",
        "--cert-dir=certs",
        "--token-auth-file=tokens.csv",
        "--anonymous-auth=false",
        "--authorization-mode=AlwaysAllow",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={key}",
        f"--service-account-signing-key-file={key}",
        # Both families, so that a Service may ask for either.
        "--service-cluster-ip-range=10.0.0.0/8,fd00::/108",
        "--allow-privileged",
        # It only looks whether a Pod's ServiceAccount is there and mounts its token: our rules follow the reference.
        "--disable-admission-plugins=ServiceAccount",
        "--enable-priority-and-fairness=false",
        "--max-requests-inflight=0",
        "--max-mutating-requests-inflight=0",
        "--profiling=false",
    ]
    return [etcd, apiserver]


def _reserve_port(stack: ExitStack) -> int:
    """Return a free loopback port that nobody else is given until the context ends.

    The socket is bound and never listens: the kernel hands its port to no other program, and the API server, which
    is of the same user and shares ports, may still bind it. So two runs at once cannot take each other's port.
    """
    held = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    held.bind(("127.0.0.1", 0))
    port: int = held.getsockname()[1]
    return port


def _start_keeper(stack: ExitStack, folder: Path, commands: list[list[str]]) -> "subprocess.Popen[bytes]":
    keeper = subprocess.Popen(
        [sys.executable, "-I", "-S", str(_KEEPER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C reaches us alone, and the servers end in their order
    )
    stack.callback(_end_keeper, keeper)
    _order(keeper, json.dumps({"folder": str(folder), "programs": commands}))
    return keeper


def _order(keeper: "subprocess.Popen[bytes]", line: str) -> None:
    if keeper.stdin is not None:
        with suppress(BrokenPipeError):  # that it has ended shows when it says nothing
            keeper.stdin.write(f"{line}\n".encode())
            keeper.stdin.flush()


def _end_keeper(keeper: "subprocess.Popen[bytes]") -> None:
    if keeper.stdin is not None and keeper.stdout is not None:
        with suppress(BrokenPipeError):
            keeper.stdin.close()
        keeper.stdout.read()  # until it has ended
        keeper.stdout.close()
    # Nothing is left of its group unless somebody killed it. Its number is its own until it is waited for.
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(keeper.pid, signal.SIGKILL)
    keeper.wait()


def _connect(folder: Path, keeper: "subprocess.Popen[bytes]", port: int, token: str) -> Client:
    """Return a client once the server says that it is ready, trusting no other certificate with the token."""
    deadline = time.monotonic() + _PATIENCE
    certificate = folder / "certs" / "apiserver.crt"
    while time.monotonic() < deadline:
        if keeper.stdout is not None and select.select([keeper.stdout], [], [], 0.05)[0]:
            said = keeper.stdout.readline().decode(errors="replace").strip()
            raise GenError(f"The API server for admission does not start: {said}.\n{last_words(folder)}")
        with suppress(OSError):  # no certificate yet, or half of one
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.load_verify_locations(certificate)
            client = Client(port, context, token, lambda: last_words(folder))
            with suppress(ClientError):
                if client.request("GET", "/readyz").status == 200:
                    return client
            client.close()
    raise GenError(f"The API server for admission is not ready after {_PATIENCE:.0f} s.\n{last_words(folder)}")


def _write_private(file: Path, text: str) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        stream.write(text)
