"""Writes a file soon after it is asked to, in a thread of its own."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

PAUSE = 0.05  # seconds between two writings; what is asked for meanwhile is one writing
SHARE = 20  # writings take at most 1/20 of a processor: those of a large class are rarer
AGAIN = 2.0  # seconds until a writing that has failed is tried again

log = logging.getLogger(__name__)


class Saver:
    """Calls `save` after `ask`; while nobody asks, nothing runs."""

    def __init__(self, save: Callable[[], None], pause: float = PAUSE) -> None:
        self._save, self._pause = save, pause
        self._asked, self._closed = threading.Event(), threading.Event()
        self._lock = threading.Lock()
        self._next = _promise()  # ends with the next writing
        self._thread = threading.Thread(target=self._go, daemon=True)
        self._thread.start()

    def ask(self) -> "Future[None]":
        """Have it written soon; return what ends when it is, with the OSError of a failure."""
        with self._lock:
            self._asked.set()
            return self._next

    def close(self) -> None:
        """Write what was asked for, and end."""
        self._closed.set()
        self._asked.set()
        self._thread.join(10)

    def _go(self) -> None:
        while not self._closed.is_set():
            self._asked.wait()
            self._closed.wait(self._write())
        if self._asked.is_set():
            self._write()

    def _write(self) -> float:
        """Write; return the seconds to wait before the next time."""
        with self._lock:
            self._asked.clear()
            written, self._next = self._next, _promise()
        begun = time.thread_time()  # what it waits for others on a busy computer does not count
        try:
            self._save()
        except OSError as error:  # the class goes on
            log.error("the class could not be written: %s", error)
            self._asked.set()
            written.set_exception(error)
            return AGAIN
        written.set_result(None)
        return max(self._pause, SHARE * (time.thread_time() - begun))


def _promise() -> "Future[None]":
    made: Future[None] = Future()
    made.set_running_or_notify_cancel()  # many wait for it, and none of them may cancel it
    return made
