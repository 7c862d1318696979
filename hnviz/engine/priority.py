"""Whose turn it is on a busy machine: what somebody waits for goes before what takes long."""

import os
import sys
import time
from contextlib import suppress
from pathlib import Path

TRIES = 10
REST = 0.11  # seconds; of users other than root Linux takes one such wish in a tenth of a second

_AUTOGROUP = Path("/proc/self/autogroup")


def stand_back(nice: int) -> None:
    """Give this process a niceness of 0 to 19, if not more already, where systems know it.

    Linux may share the processors between sessions before it looks at a process's own niceness
    (man 7 sched, "The autogroup feature"). There this process gets a session of its own, with
    `nice` as the session's niceness: or a trainer would take as much as the server and its pages
    together.
    """
    if not hasattr(os, "setpriority"):
        return
    with suppress(OSError):
        own = os.getpriority(os.PRIO_PROCESS, 0)
        os.setpriority(os.PRIO_PROCESS, 0, max(own, nice))
    if sys.platform == "linux":
        with suppress(OSError):  # it may lead one already
            os.setsid()
        if nice:  # a new session has 0
            _make_session_nice(nice)


def _make_session_nice(nice: int) -> None:
    for _ in range(TRIES):
        try:
            _AUTOGROUP.write_text(str(nice), encoding="ascii")
        except BlockingIOError:  # some process asked for its own a moment ago
            time.sleep(REST)
        except OSError:  # a kernel that knows no such thing
            return
        else:
            return
