"""The restore test of recovery/velero against an API server that answers as Kubernetes does, and its mishaps."""

import json
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from rendering import CHECKOUT

TEMPLATE = CHECKOUT / "templates/recovery/velero/manifests/restore-test-configmap.yaml.j2"
NOW = datetime.now(UTC)
NAME = "backups-restore-test"


def moment(hours: float) -> str:
    return (NOW - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def meta(name: str, age: float = 100, **more: object) -> dict[str, Any]:
    return {"name": name, "creationTimestamp": moment(age), **more}


def backup(name: str, age: float, phase: str = "Completed") -> dict[str, Any]:
    return {"metadata": {"name": name}, "status": {"phase": phase, "startTimestamp": moment(age)}}


@dataclass
class Kubernetes:
    """What an API server holds: objects by namespace and kind; what a restore will bring, and how it will end."""

    backups: list[dict[str, Any]] = field(default_factory=lambda: [backup("old", 26), backup("new", 2)])
    source: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {"configmaps": [meta("a"), meta("b")]})
    target: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    restored: Callable[[dict[str, Any]], bool] = lambda _: True
    ends: str = "Completed"
    restore: dict[str, Any] | None = None
    wanted: list[dict[str, Any]] = field(default_factory=list)

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> tuple[int, object]:
        parts = path.strip("/").split("/")
        if "backups" in parts:
            assert query == {"labelSelector": ["velero.io/schedule-name=backups-daily"]}
            return 200, {"items": self.backups}
        if "restores" in parts:
            return self._restores(method, body)
        namespace, kind = parts[-2:]
        if namespace not in {"shop", "scratch"}:
            return 404, {}
        held = self.source if namespace == "shop" else self.target
        if method == "DELETE":
            assert namespace == "scratch"
            assert query == {"labelSelector": [f"velero.io/restore-name={NAME}"]}
            held[kind] = [item for item in held.get(kind, []) if "velero.io/restore-name" not in item.get("labels", {})]
        return 200, {"items": [{"metadata": item} for item in held.get(kind, [])]}

    def _restores(self, method: str, body: Any) -> tuple[int, object]:
        if method == "POST":
            self.restore = {**body, "status": {"phase": self.ends}}
            self.wanted.append(body["spec"])
            assert body["metadata"]["name"] == NAME
            for kind in body["spec"]["includedResources"]:
                made = [{**item, "labels": {"velero.io/restore-name": NAME}} for item in self.source.get(kind, [])]
                self.target.setdefault(kind, []).extend(item for item in made if self.restored(item))
        elif method == "DELETE":
            self.restore = None
        return (200, self.restore) if self.restore else (404, {})


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., "subprocess.CompletedProcess[str]"]]:
    servers: list[ThreadingHTTPServer] = []
    (tmp_path / "token").write_text("abc\n", "ascii")
    text = TEMPLATE.read_text("utf-8").partition("restore_test.py: |\n")[2].partition("[% endif %]")[0]
    script = tmp_path / "restore_test.py"
    script.write_text(textwrap.dedent(text), "utf-8")

    def start(state: Kubernetes, *kinds: str, **more: str) -> "subprocess.CompletedProcess[str]":
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler(state))
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        environment = {
            "SERVER": f"http://127.0.0.1:{server.server_address[1]}",
            "ACCOUNT": str(tmp_path),
            "VELERO": "velero",
            "NAME": NAME,
            "SCHEDULE": "backups-daily",
            "SOURCE": "shop",
            "TARGET": "scratch",
            "OLDEST": str(24 * 3600),
            "PATIENCE": "0.5",
            "STEP": "0.02",
            **more,
        }
        command = [sys.executable, "-I", "-B", str(script), *(kinds or ("configmaps",))]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def handler(state: Kubernetes) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            assert self.headers["Authorization"] == "Bearer abc"
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            url = urlsplit(self.path)
            code, answer = state.answer(self.command, url.path, parse_qs(url.query), body)
            text = json.dumps(answer).encode()
            self.send_response(code)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_DELETE = _any  # noqa: N815 - names of http.server

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


Run = Callable[..., "subprocess.CompletedProcess[str]"]


def test_the_newest_complete_backup_is_restored_compared_and_removed(run: Run) -> None:
    state = Kubernetes(backups=[backup("old", 26), backup("new", 2), backup("torn", 1, "PartiallyFailed")])
    state.target["configmaps"] = [meta("kube-root-ca.crt")]
    done = run(state)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "restoring new of shop into scratch\nconfigmaps: all 2 are there\n"
    assert state.restore is None
    assert [item["name"] for item in state.target["configmaps"]] == ["kube-root-ca.crt"]


def test_the_restore_maps_one_namespace_and_takes_no_volume_and_nothing_of_the_cluster(run: Run) -> None:
    state = Kubernetes()
    assert run(state, "configmaps", "services").returncode == 0
    assert state.wanted == [
        {
            "backupName": "new",
            "includedNamespaces": ["shop"],
            "namespaceMapping": {"shop": "scratch"},
            "includedResources": ["configmaps", "services"],
            "includeClusterResources": False,
            "restorePVs": False,
        }
    ]


def test_what_is_left_of_an_earlier_test_is_removed_first_and_cannot_pass_for_restored(run: Run) -> None:
    state = Kubernetes(restored=lambda _: False)
    state.target["configmaps"] = [meta(name, labels={"velero.io/restore-name": NAME}) for name in "ab"]
    done = run(state)
    assert done.returncode == 1
    assert done.stderr == "FAILED: 2 of 2 configmaps are missing: a, b\n"


def test_what_no_backup_holds_is_not_missed(run: Run) -> None:
    state = Kubernetes(restored=lambda item: item["name"] == "a")
    state.source["configmaps"] = [
        meta("a"),
        meta("made-since", 1),
        meta("owned", ownerReferences=[{"name": "x"}]),
        meta("left-out", labels={"velero.io/exclude-from-backup": "true"}),
    ]
    assert run(state).stdout.endswith("configmaps: all 1 are there\n")


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (Kubernetes(backups=[]), "schedule backups-daily has no complete backup"),
        (Kubernetes(backups=[backup("torn", 1, "Failed")]), "schedule backups-daily has no complete backup"),
        (Kubernetes(backups=[backup("old", 25)]), "the newest backup, old, is 9"),
        (Kubernetes(restored=lambda item: item["name"] != "b"), "1 of 2 configmaps are missing: b"),
        (Kubernetes(ends="PartiallyFailed"), "the restore ended as PartiallyFailed"),
        (Kubernetes(ends="InProgress"), "waited 0 seconds for the restore to end"),
        (Kubernetes(source={}), "namespace shop holds nothing to compare"),
    ],
)
def test_a_test_that_proves_nothing_fails_says_why_and_leaves_nothing_behind(
    run: Run, state: Kubernetes, said: str
) -> None:
    done = run(state)
    assert done.returncode == 1
    assert said in done.stderr
    assert state.restore is None
    assert not state.target.get("configmaps")


def test_a_namespace_that_is_not_there_is_a_failure(run: Run) -> None:
    done = run(Kubernetes(), SOURCE="nowhere")
    assert (done.returncode, done.stderr) == (1, "FAILED: there is no namespace nowhere\n")
