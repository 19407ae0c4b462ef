"""The real tools and schemas, for the tests of provisioning."""

import functools
import os
import sys
from pathlib import Path

from generator.cli.tools import toolbox
from generator.tools.host import Host
from generator.tools.toolbox import Toolbox


def this_host(**environ: str) -> Host:
    """Return this machine, with some environment variables set otherwise."""
    return Host({**os.environ, **environ}, sys.executable, lambda _: None)


@functools.cache
def real_toolbox() -> Toolbox:
    """Return everything that is pinned, in the cache that `gen` itself uses."""
    own = os.environ.get("GITOPS_GEN_CACHE")
    return toolbox(Path(own) if own else None, lambda _: None)
