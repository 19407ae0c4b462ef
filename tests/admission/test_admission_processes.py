"""No test here shares a server: each ends one in its own way. They take a few seconds each."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from servers import HERE, all_gone, pids, real_programs

from generator.base.errors import GenError
from generator.verify.admission.client import Client
from generator.verify.admission.server import Programs, Server, serve


class _PlannedError(Exception):
    """Something that goes wrong while the servers run."""


def test_servers_answer_only_the_token_through_private_files() -> None:
    with serve(real_programs()) as server:
        assert server.client.request("GET", "/readyz").status == 200
        stranger = Client(server.client.port, server.client.context, "guessed", lambda: "")
        assert stranger.request("GET", "/readyz").status == 401
        stranger.close()
        assert server.folder.stat().st_mode & 0o077 == 0
        assert (server.folder / "tokens.csv").stat().st_mode & 0o077 == 0
        assert (server.folder / "etcd.sock").is_socket()
        folder, numbers = server.folder, pids(server.folder)
    assert all_gone(numbers, folder)


def test_servers_are_gone_after_an_exception_while_they_run() -> None:
    seen: list[Server] = []
    with pytest.raises(_PlannedError):
        _fail_while_they_run(seen)
    (server,) = seen
    assert not server.folder.exists()
    assert server.keeper.returncode == 0


def _fail_while_they_run(seen: list[Server]) -> None:
    with serve(real_programs()) as server:
        seen.append(server)
        assert len(pids(server.folder)) == 2
        raise _PlannedError


def test_two_runs_at_once_have_servers_of_their_own() -> None:
    with serve(real_programs()) as one, serve(real_programs()) as other:
        assert one.client.port != other.client.port
        space = {"metadata": {"name": "only-here"}}
        assert one.client.request("POST", "/api/v1/namespaces", space).status == 201
        assert other.client.request("GET", "/api/v1/namespaces/only-here").status == 404
        folders, numbers = (one.folder, other.folder), pids(one.folder) + pids(other.folder)
    assert all(all_gone(numbers, folder) for folder in folders)


def test_the_end_of_a_server_in_the_middle_is_an_error_with_its_words() -> None:
    with serve(real_programs()) as server:
        folder, numbers = server.folder, pids(server.folder)
        os.kill(numbers[1], signal.SIGKILL)
        with pytest.raises(GenError, match=r"(?s)gave no answer.*last lines of kube-apiserver"):
            server.client.each(lambda _: server.client.request("GET", "/readyz"), range(100))
    assert all_gone(numbers, folder)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_servers_are_gone_after_a_signal(number: signal.Signals) -> None:
    programs = real_programs()
    command = [sys.executable, str(HERE / "serving.py"), str(programs.etcd), str(programs.apiserver)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        numbers = pids(folder)
        process.send_signal(number)
        process.wait(30)
    assert process.returncode != 0
    assert all_gone(numbers, folder)


def test_servers_are_gone_when_their_keeper_is_killed() -> None:
    with serve(real_programs()) as server:
        folder, numbers = server.folder, pids(server.folder)
        server.keeper.kill()
    assert all_gone(numbers, folder)


def test_a_server_that_does_not_start_is_an_error_with_its_words(tmp_path: Path) -> None:
    broken = tmp_path / "etcd"
    broken.write_text("#!/bin/sh\necho 'the moon is in the wrong house' >&2\nexit 3\n", encoding="utf-8")
    broken.chmod(0o755)
    with pytest.raises(GenError) as caught, serve(Programs(broken, real_programs().apiserver)):
        pass
    assert "etcd ended with 3" in str(caught.value)
    assert "the moon is in the wrong house" in str(caught.value)


def test_a_program_that_is_none_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(GenError, match="absent"), serve(Programs(tmp_path / "absent", real_programs().apiserver)):
        pass
