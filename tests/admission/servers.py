"""A toolbox and clusters for the tests of admission."""

import functools
import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from generator.cli.tools import toolbox
from generator.manifests.cluster import Cluster
from generator.manifests.load import load_manifests
from generator.tools.cache import Cache
from generator.tools.host import default_cache
from generator.tools.toolbox import Toolbox
from generator.verify.admission.server import Programs

HERE = Path(__file__).parent


@functools.cache
def real_toolbox() -> Toolbox:
    """Return everything that is pinned, in the cache that `gen` itself uses."""
    own = os.environ.get("GITOPS_GEN_CACHE")
    return toolbox(Path(own) if own else None, lambda _: None)


def real_cache() -> Cache:
    """Return the cache that `gen` itself uses, so that the servers' data is made once for all test runs."""
    return Cache(default_cache(os.environ))


def real_programs() -> Programs:
    tools = real_toolbox().tools
    return Programs(etcd=tools["etcd"], apiserver=tools["kube-apiserver"])


def cluster(folder: Path, name: str = "eu") -> Cluster:
    """Return the manifests of a folder as one cluster."""
    manifests = load_manifests(folder)
    assert manifests.problems == ()
    return Cluster(name, manifests.objects)


def cluster_of(folder: Path, name: str, files: Mapping[str, str]) -> Cluster:
    """Write files into a folder of their own and return them as a cluster."""
    own = folder / name
    own.mkdir()
    for file, content in files.items():
        (own / file).write_text(content, encoding="utf-8")
    return cluster(own, name)


def pids(folder: Path) -> list[int]:
    """Return the process ids of the servers whose private folder this is."""
    return [int((folder / f"{name}.pid").read_text(encoding="ascii")) for name in ("etcd", "kube-apiserver")]


def all_gone(numbers: list[int], folder: Path, seconds: float = 30) -> bool:
    """Say whether processes and a folder are gone, or go in the next seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not folder.exists() and not any(_runs(number) for number in numbers):
            return True
        time.sleep(0.05)
    return False


def _runs(pid: int) -> bool:
    """Say whether a process runs; a zombie, which only waits for its parent to look, does not."""
    if Path("/proc/self").exists():
        try:
            return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2][0] != "Z"
        except (FileNotFoundError, ProcessLookupError):
            return False
    said = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(said.strip()) and not said.strip().startswith("Z")
