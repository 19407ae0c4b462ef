"""`python interrupted.py MODULE FUNCTION WORDS...`: runs gen, and presses Ctrl-C when it calls the function."""

import importlib
import os
import signal
import sys
from typing import NoReturn

from generator.cli.main import main


def press_ctrl_c(*_: object, **__: object) -> NoReturn:
    os.kill(os.getpid(), signal.SIGINT)
    signal.pause()
    raise AssertionError("the signal did not arrive")


# A background job of a shell is started with interrupts ignored, and so would this be below it.
signal.signal(signal.SIGINT, signal.default_int_handler)
module, function, *words = sys.argv[1:]
setattr(importlib.import_module(module), function, press_ctrl_c)
main(words)
