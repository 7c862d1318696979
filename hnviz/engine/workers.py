"""Child processes: how they start, and how they give way to each other.

If the system can fork, a server that has torch loaded forks them, in milliseconds. Elsewhere they
are spawned, and a spare trainer waits for the next run.
"""

import gc
import importlib
import logging
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, NoReturn

from hnviz.own import OwnModels, own_models, register

START_METHOD_VARIABLE = "HNVIZ_START_METHOD"
TRAINER = "hnviz.engine.trainer:serve"
FORK_SERVER_WAITS = (0.05, 0.5)  # seconds before each retry
NICE = 10  # of trainers and slow questions: pages and quick questions come first

AUTOGROUP = Path("/proc/self/autogroup")
NICE_TRIES = 10  # at changing a session's niceness,
NICE_REST = 0.11  # and seconds between them: Linux accepts one change per 0.1 s from most users


class CannotStartError(Exception):
    """No child process can be started; the log says why."""


@dataclass(eq=False)
class Worker:
    """A child process and the pipe to it. It ends when the pipe closes."""

    process: BaseProcess
    pipe: Connection

    def tell(self, *message: Any) -> None:
        """Send a message; it is lost if the process has already ended."""
        with suppress(OSError):  # it has just ended, as reading its pipe will show
            self.pipe.send(message)

    def end(self, patience: float = 0.0) -> None:
        """Close the pipe; kill the process if it is still alive after `patience` seconds."""
        self.pipe.close()
        self.process.join(patience)
        self.kill()

    def kill(self) -> None:
        """End the process at once."""
        if self.process.is_alive():
            self.process.kill()
            self.process.join(5)


class Workers:
    """Starts child processes."""

    def __init__(self, warn: Callable[[], None] = lambda: None) -> None:
        """`warn` is called before each start: if the fork server has ended, it takes long."""
        self.method = _start_method()
        self._warn = warn
        self._idle: Worker | None = None
        if self.method == "forkserver":
            multiprocessing.set_forkserver_preload(["hnviz.engine.preload"])
        else:
            self._idle = self.start(TRAINER, nice=NICE)

    def start(self, target: str, *, nice: int = 0, spawn: bool = False) -> Worker:
        """Run `target`, a "module:function" that takes a pipe, in a new process of this niceness.

        `spawn` starts a fresh process instead of a fork, which Metal needs. Raises
        CannotStartError if the fork server keeps ending.
        """
        context = multiprocessing.get_context("spawn" if spawn else self.method)
        self._warn()  # first: where Python finds the fork server ended, it starts another unasked
        for wait in FORK_SERVER_WAITS:
            try:
                return _start(context, target, nice)
            except (EOFError, OSError):  # the fork server has died; the retry starts another
                time.sleep(wait)
        try:
            return _start(context, target, nice)
        except (EOFError, ConnectionError) as error:
            raise CannotStartError from error

    def trainer(self, *, spawn: bool = False) -> Worker:
        """Return a trainer that is ready for a run."""
        if self._idle is None or not self._idle.process.is_alive():
            return self.start(TRAINER, nice=NICE, spawn=spawn)
        worker, self._idle = self._idle, self.start(TRAINER, nice=NICE)
        return worker

    def end(self) -> None:
        """End the spare process."""
        if self._idle:
            self._idle.end()


def _start_method() -> str:
    wanted = os.environ.get(START_METHOD_VARIABLE)
    known = multiprocessing.get_all_start_methods()
    return wanted or ("forkserver" if "forkserver" in known else "spawn")


def _start(context: BaseContext, target: str, nice: int) -> Worker:
    ours, theirs = context.Pipe()
    arguments = (target, theirs, nice, own_models())
    process = context.Process(target=_enter, args=arguments, daemon=True)  # type: ignore[attr-defined]
    process.start()
    theirs.close()  # so that our end closes when the process ends
    return Worker(process, ours)


def _enter(target: str, pipe: Connection, nice: int, models: OwnModels | None) -> None:
    """Run a child process with the user's own models loaded."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ^C is for the app, which then closes the pipes
    module, function = target.split(":")
    name = module.rpartition(".")[2]
    logging.basicConfig(stream=sys.stderr, format=f"%(asctime)s {name} %(message)s")
    stand_back(nice)
    if models is not None:
        register(models)
    try:
        import torch

        serve = getattr(importlib.import_module(module), function)
    except (ImportError, OSError) as error:
        end_without_torch(error)
    torch.set_num_threads(1)  # two are no faster here, and far slower on a busy machine
    gc.freeze()  # torch stays loaded; collecting garbage in it takes .1 to .25 s
    serve(pipe)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # a normal exit with torch takes a second or two, and others may wait for it


def without_torch(error: ImportError | OSError) -> str:
    """Write one sentence about an error of `import torch`, or of a library that it needs."""
    reason = " ".join(str(error).split())
    return (
        f"PyTorch or another library cannot be loaded: {reason}; install it again for this system"
    )


def end_without_torch(error: ImportError | OSError) -> NoReturn:
    """Make that sentence the last line of the log, and end the process."""
    sys.stderr.write(f"{without_torch(error)}\n")
    sys.stderr.flush()
    os._exit(1)


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
    for _ in range(NICE_TRIES):
        try:
            AUTOGROUP.write_text(str(nice), encoding="ascii")
        except BlockingIOError:  # another process made a change a moment ago
            time.sleep(NICE_REST)
        except OSError:  # the kernel does not support this
            return
        else:
            return
