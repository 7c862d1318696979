"""The process that trains one run."""

import logging
import os
import threading
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from hnviz.data.splits import WAYS, Chosen
from hnviz.data.stream import stream_of
from hnviz.engine.control import Control
from hnviz.engine.recorder import run_in_folder
from hnviz.events import BatchEnd, Event
from hnviz.runs import DamagedRun, RunBusy, RunFolder, RunWriteError

REPORT_SECONDS = 0.2
LAST_WORDS = 1.0  # seconds to store a checkpoint after the engine is gone

for way in WAYS:  # made before trainers are forked, so that all share it
    stream_of(Chosen(split=way))

log = logging.getLogger(__name__)


def serve(pipe: Connection) -> None:
    """Wait for a run, train it and report; end when the pipe closes."""
    try:
        path, begin = pipe.recv()
    except EOFError:
        return
    reporter = _Reporter(pipe)

    def rest() -> None:
        reporter.forget()  # a pause must not count as slow steps
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
    with suppress(OSError):  # the engine is gone: `_obey` leaves the run to be resumed, not failed
        pipe.send(("rest",))


def _obey(pipe: Connection, control: Control) -> None:
    """Pass the engine's orders to the control. If the engine is gone, leave the run."""
    with suppress(EOFError, OSError):
        while True:
            order, *values = pipe.recv()
            getattr(control, order)(*values)
    control.leave()
    time.sleep(LAST_WORDS)
    os._exit(1)  # a step is still running, and nobody needs its result


class _Reporter:
    """Reports the run's progress, speed and cost per step to the engine from time to time."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._since: tuple[int, float, float] | None = None  # step, time, processor time

    def forget(self) -> None:
        """Start measuring again at the next step."""
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
