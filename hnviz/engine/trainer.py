"""The process that trains one run."""

import logging
import os
import sys
import threading
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

import torch

from hnviz.data import human_numbers_stream
from hnviz.engine.control import Control
from hnviz.engine.priority import stand_back
from hnviz.engine.recorder import run_in_folder
from hnviz.events import BatchEnd, Event
from hnviz.runs import DamagedRun, RunBusy, RunFolder, RunWriteError

NICE = 10  # the pages, which someone waits for, come first
REPORT_SECONDS = 0.2
LAST_WORDS = 1.0  # seconds to store a checkpoint in once the engine is gone

human_numbers_stream()  # made once, before trainers are forked, and shared by all

log = logging.getLogger(__name__)


def serve(pipe: Connection) -> None:
    """Wait for a run, train it, and report; end when the pipe is closed."""
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s trainer %(message)s")
    torch.set_num_threads(1)  # two are no faster here, and far slower on a busy machine
    stand_back(NICE)
    try:
        path, begin = pipe.recv()
    except EOFError:
        return
    reporter = _Reporter(pipe)

    def rest() -> None:
        reporter.forget()  # the time of a pause is nobody's speed
        _say_at_rest(pipe)

    control = Control(**begin, on_rest=rest)
    threading.Thread(target=_obey, args=(pipe, control), daemon=True).start()
    status = "failed"
    try:
        ended = run_in_folder(RunFolder(Path(path)), control, reporter)
        status = ended.status if ended else "left"
    except (DamagedRun, RunBusy, RunWriteError) as error:
        log.error("%s", error)
    with suppress(OSError):
        pipe.send(("over", status, control.steps_left))


def _say_at_rest(pipe: Connection) -> None:
    with suppress(OSError):  # an engine that is gone: `_obey` ends the run as left, not as failed
        pipe.send(("rest",))


def _obey(pipe: Connection, control: Control) -> None:
    """Pass on what the engine wants. An engine that is gone wants nothing any more."""
    with suppress(EOFError, OSError):
        while True:
            order, *values = pipe.recv()
            getattr(control, order)(*values)
    control.leave()
    time.sleep(LAST_WORDS)
    os._exit(1)  # a step that takes this long would keep the process for nobody


class _Reporter:
    """Tells the engine now and then how far the run is, how fast it goes and what a step costs."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._since: tuple[int, float, float] | None = None  # step, time, processor time

    def forget(self) -> None:
        """Measure anew from the next step on."""
        self._since = None

    def __call__(self, event: Event) -> None:
        if not isinstance(event, BatchEnd):
            return
        now = (event.step + 1, time.monotonic(), time.process_time())
        if self._since is None:
            self._since = now
        steps, seconds, busy = (new - old for new, old in zip(now, self._since, strict=True))
        if steps and seconds >= REPORT_SECONDS:
            self._since = now
            with suppress(OSError):
                self._pipe.send(("at", now[0], steps / seconds, busy / steps))
