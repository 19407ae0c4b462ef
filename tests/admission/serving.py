"""Runs the servers of admission until it is ended, for the tests that end it; run with the paths of both programs."""

import signal
import sys
import time
from pathlib import Path

from generator.verify.admission.server import Programs, serve


def main() -> None:
    # A background job of a shell is started with interrupts ignored, and so would this be below it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with serve(Programs(etcd=Path(sys.argv[1]), apiserver=Path(sys.argv[2]))) as server:
        print(server.folder, flush=True)  # noqa: T201
        time.sleep(600)


if __name__ == "__main__":
    main()
