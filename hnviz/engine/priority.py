"""Whose turn it is on a busy machine: what somebody waits for goes before what takes long."""

import os
import sys
from contextlib import suppress
from pathlib import Path

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
        with suppress(OSError):  # the kernel knows none, or was asked a tenth of a second ago
            _AUTOGROUP.write_text(str(nice), encoding="ascii")
