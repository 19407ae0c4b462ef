"""The YAML readers of Go programs, in one process that answers as often as it is asked."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from generator.tools.cache import Cache
from generator.tools.golang import find_go
from generator.tools.host import Host, default_cache
from generator.tools.pins import content_key, load_pins

SOURCES = Path(__file__).parent / "goyaml"


class GoReader:
    """A running goyaml: read() gives {"kubernetes": {"documents", "error"}, "v3": ...} for each text."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def read(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(list(texts)) + "\n")
        self._process.stdin.flush()
        readings: list[dict[str, Any]] = json.loads(self._process.stdout.readline())
        return readings


def program() -> Path:
    """Return the built program: from the cache that `gen` uses, by the content of its sources."""
    host = Host(os.environ, sys.executable, lambda _: None)
    cache = Cache(default_cache(os.environ))
    files = [SOURCES / name for name in ("main.go", "go.mod", "go.sum")]

    def make(stage: Path) -> None:
        go = find_go(load_pins().go, host, cache)
        for file in files:
            shutil.copy(file, stage)
        command = [str(go.program), "build", "-trimpath", "-mod=readonly", "-buildvcs=false", "-o", "goyaml", "."]
        subprocess.run(command, cwd=stage, env=dict(go.environ), check=True)

    entry = cache.entry("tests", "goyaml", content_key(*(file.read_text("utf-8") for file in files)))
    return cache.provide(entry, make) / "goyaml"


@contextmanager
def running() -> Iterator[GoReader]:
    with subprocess.Popen([program()], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield GoReader(process)
        assert process.stdin is not None
        process.stdin.close()
