"""The pinned programs, as `gen` itself provides them."""

import functools
import os
from pathlib import Path

from generator.cli.tools import toolbox


@functools.cache
def real_tool(name: str) -> Path:
    """Return a pinned program, in the cache that `gen` itself uses."""
    own = os.environ.get("GITOPS_GEN_CACHE")
    return toolbox(Path(own) if own else None, lambda _: None).tools[name]
