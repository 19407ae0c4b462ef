"""Writes a tree and kills itself at a checkpoint. Run by the tests in a process of its own.

Arguments: the tree's root, the number of the checkpoint (-1: print their names), and whether names can be exchanged.
"""

import os
import signal
import sys
from pathlib import Path

from generator.tree.files import OwnedFile, TreeHeader
from generator.tree.swap import Steps, exchange
from generator.tree.write import write

HEADER = TreeHeader("0.1.0", "1.36", "talai", "production")
OLD = {
    "README.md": OwnedFile(b"old\n", "platform", "1"),
    "clusters/west/a/one.yaml": OwnedFile(b"same\n", "clusters/west/a", "1"),
    "clusters/west/a/two.yaml": OwnedFile(b"old\n", "clusters/west/a", "1"),
    "clusters/west/gone/three.yaml": OwnedFile(b"stale\n", "clusters/west/gone", "1"),
}
NEW = {
    "README.md": OwnedFile(b"new\n", "platform", "2"),
    "clusters/west/a/one.yaml": OwnedFile(b"same\n", "clusters/west/a", "1"),
    "clusters/west/a/two.yaml": OwnedFile(b"new\n", "clusters/west/a", "2"),
    "clusters/east/a/four.yaml": OwnedFile(b"added\n", "clusters/east/a", "2"),
}


def main() -> None:
    root, fatal, can_exchange = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "exchange"
    passed: list[str] = []

    def checkpoint(name: str) -> None:
        if len(passed) == fatal:
            os.kill(os.getpid(), signal.SIGKILL)
        passed.append(name)

    def refuse(_one: Path, _other: Path) -> bool:
        return False

    write(root, NEW, HEADER, force=False, steps=Steps(exchange if can_exchange else refuse, checkpoint))
    sys.stdout.write("\n".join(passed))


if __name__ == "__main__":
    main()
