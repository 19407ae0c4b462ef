"""Specs as untrusted input: what is too much is refused by the command with exit code 1, and a large spec is not."""

import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from specs import loaded, problems, write

from generator.spec import layers

TIMEOUT = 60  # seconds; each takes well under one


def validate(root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "generator.cli.main", "validate", "--workspace", str(root)],
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


def bomb() -> str:
    levels = "".join(f"  {c}: &{c} [{', '.join([f'*{p}'] * 9)}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True))
    return f"regions: [north]\nservices:\n  a: &a [x, x, x, x, x, x, x, x, x]\n{levels}"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"description: " + b"x" * 10_000_000, "larger than 2 MiB. Split the platform"),
        (b"services: " + b"{a: " * 200 + b"1" + b"}" * 200 + b"\n", "more than 40 levels deep."),
        (b"services: " + b"[" * 100_000, "more than 40 levels deep."),
        (bomb().encode(), "more than 200,000 values, aliases written out."),
        (b"regions: [north]\ndescription: \xff\n", "byte 0xff is not UTF-8."),
        (b"regions: [north]\n\x00\n", "the character U+0000 is not allowed here."),
        (b"regions: [north]\nkubernetes: " + b"9" * 100_000 + b"\n", "is beyond 64 bits."),
        (b"regions: [" + b"north, " * 150_000 + b"]\n", "the list has more than 100 items."),
    ],
    ids=["10 MB", "200 levels", "100,000 brackets", "alias bomb", "not UTF-8", "NUL", "long number", "long list"],
)
def test_a_hostile_document_is_refused_with_its_file_and_the_reason(content: bytes, said: str, tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "environments/shop/live.yaml").write_bytes(content)
    done = validate(tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("environments/shop/live.yaml")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_document_that_is_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    import os

    write(tmp_path)
    (tmp_path / "environments/shop/live.yaml").unlink()
    os.mkfifo(tmp_path / "environments/shop/live.yaml")
    done = validate(tmp_path)
    assert (done.returncode, "not a regular file." in done.stderr) == (1, True)


def test_the_same_spec_without_the_hostile_document_is_accepted(tmp_path: Path) -> None:
    assert validate(write(tmp_path)).returncode == 0


def large(services: int) -> dict[str, Any]:
    """Return a platform of many services, each exposed and calling its neighbour."""
    return {
        "mesh": {},
        "gateway": {"certificate": "tls"},
        "namespaces": {"shop": {"mesh": True}, "istio-system": {}, "istio-ingress": {}},
        "secrets": {
            "tls": {
                "namespace": "istio-ingress",
                "type": "kubernetes.io/tls",
                "keys": {"tls.crt": "tls-crt", "tls.key": "tls-key"},
            }
        },
        "regions": {
            "north": {"host": "n.example.com", "secretStore": {"role": "arn:aws:iam::111122223333:role/shop"}},
            "south": {
                "host": "s.example.com",
                "secretStore": {
                    "project": "shop-live",
                    "serviceAccount": "secrets@shop-live.iam.gserviceaccount.com",
                },
            },
        },
        "defaults": {"service": {"namespace": "shop"}},
        "services": {
            "catalog": None,
            **{
                f"service-{i}": {
                    "image": {"tag": "1.0.0"},
                    "exposes": {"paths": [f"/service/{i}"]},
                    "calls": {f"service-{(i + 1) % services}": {"timeout": "5s"}},
                }
                for i in range(services)
            },
        },
    }


def counted_merges(root: Path, services: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """Return how many maps are merged when a platform of so many services is loaded: the work of a load."""
    calls: Counter[str] = Counter()
    merge = layers.merge

    def counting(base: layers.Tree, over: layers.Tree) -> dict[str, object]:
        calls["merge"] += 1
        return merge(base, over)

    write(root, large(services))
    with monkeypatch.context() as patched:
        patched.setattr(layers, "merge", counting)
        patched.setattr("generator.spec.documents.merge", counting)
        platform = loaded(root)
    assert len(platform.services["north"]) == services
    return calls["merge"]


def test_a_spec_of_2500_services_loads(tmp_path: Path) -> None:
    services = loaded(write(tmp_path, large(2500))).services
    assert len(services["north"]) == len(services["south"]) == 2500
    assert list(services["north"]["service-2499"].calls) == ["service-0"]


def test_the_work_of_a_load_grows_with_the_services_and_not_with_their_square(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = counted_merges(tmp_path, 50, monkeypatch)
    assert counted_merges(tmp_path, 200, monkeypatch) < 4.5 * small


def test_a_mistake_in_each_of_500_services_is_found_in_each(tmp_path: Path) -> None:
    platform = large(500)
    for name, service in platform["services"].items():
        if service:
            service["calls"] = {name: {}}
    assert len(problems(write(tmp_path, platform))) == 500
