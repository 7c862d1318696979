"""Priorities on a busy machine: answers that a user waits for come before slow work."""

import os
import sys
import time
from contextlib import suppress
from pathlib import Path

TRIES = 10
REST = 0.11  # seconds; for users other than root, Linux accepts one such change per 0.1 s

_AUTOGROUP = Path("/proc/self/autogroup")


def stand_back(nice: int) -> None:
    """Raise this process's niceness to `nice`, from 0 to 19, on systems that have it.

    Linux may share the processors between sessions before it considers a process's own niceness
    (man 7 sched, "The autogroup feature"). So this process gets its own session, whose niceness is
    `nice`. Otherwise a trainer would get as much time as the server and its pages together.
    """
    if not hasattr(os, "setpriority"):
        return
    with suppress(OSError):
        own = os.getpriority(os.PRIO_PROCESS, 0)
        os.setpriority(os.PRIO_PROCESS, 0, max(own, nice))
    if sys.platform == "linux":
        with suppress(OSError):  # it may already lead one
            os.setsid()
        if nice:  # a new session has 0
            _make_session_nice(nice)


def _make_session_nice(nice: int) -> None:
    for _ in range(TRIES):
        try:
            _AUTOGROUP.write_text(str(nice), encoding="ascii")
        except BlockingIOError:  # another process made a change a moment ago
            time.sleep(REST)
        except OSError:  # the kernel does not support this
            return
        else:
            return
