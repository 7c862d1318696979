"""Child processes: a trainer for each run, and the observer.

If the system can fork, a server that has torch loaded forks them, in milliseconds. Elsewhere they
are spawned, and a spare one waits for the next run.
"""

import gc
import importlib
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
from typing import Any

from hnviz.engine.broken import end_with
from hnviz.own import OwnModels, own_models, register

START_METHOD_VARIABLE = "HNVIZ_START_METHOD"
TRAINER = "hnviz.engine.trainer:serve"
FORK_SERVER_WAITS = (0.05, 0.5)  # seconds before each retry


class CannotStartError(Exception):
    """No child process can be started; the log says why."""


@dataclass(eq=False)
class Worker:
    """A child process and the pipe to it. It ends when the pipe closes."""

    process: BaseProcess
    pipe: Connection

    def tell(self, *message: Any) -> None:
        """Send a message; it is lost if the process has already ended."""
        with suppress(OSError):  # it has just ended; reading its pipe will show that
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
        """`warn` is called before a fork server has to start again, which may take long."""
        self.method = _start_method()
        self._warn = warn
        self._idle: Worker | None = None
        if self.method == "forkserver":
            multiprocessing.set_forkserver_preload(["hnviz.engine.preload"])
        else:
            self._idle = self.start(TRAINER)

    def start(self, target: str, *, spawn: bool = False) -> Worker:
        """Run `target`, a "module:function" of one pipe, in a new process.

        `spawn` starts a fresh process in place of a fork: Metal needs that. Raises
        CannotStartError if the fork server ends again and again.
        """
        context = multiprocessing.get_context("spawn" if spawn else self.method)
        for wait in FORK_SERVER_WAITS:
            try:
                return _start(context, target)
            except (EOFError, OSError):  # the fork server has died; the retry starts another
                self._warn()
                time.sleep(wait)
        try:
            return _start(context, target)
        except (EOFError, ConnectionError) as error:
            raise CannotStartError from error

    def trainer(self, *, spawn: bool = False) -> Worker:
        """Return a trainer that waits for its run."""
        if self._idle is None or not self._idle.process.is_alive():
            return self.start(TRAINER, spawn=spawn)
        worker, self._idle = self._idle, self.start(TRAINER)
        return worker

    def end(self) -> None:
        """End the spare process."""
        if self._idle:
            self._idle.end()


def _start_method() -> str:
    wanted = os.environ.get(START_METHOD_VARIABLE)
    known = multiprocessing.get_all_start_methods()
    return wanted or ("forkserver" if "forkserver" in known else "spawn")


def _start(context: BaseContext, target: str) -> Worker:
    ours, theirs = context.Pipe()
    process = context.Process(target=_enter, args=(target, theirs, own_models()), daemon=True)  # type: ignore[attr-defined]
    process.start()
    theirs.close()  # so that our end closes when the process ends
    return Worker(process, ours)


def _enter(target: str, pipe: Connection, models: OwnModels | None) -> None:
    """Run a child process, which knows the user's own models."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # ^C is for the app, which then closes the pipes
    if models is not None:
        register(models)
    module, function = target.split(":")
    try:
        serve = getattr(importlib.import_module(module), function)
    except (ImportError, OSError) as error:
        end_with(error)
    gc.freeze()  # torch stays loaded; collecting garbage in it takes .1 to .25 s
    serve(pipe)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # a normal exit with torch takes a second or two, and others may wait for it
