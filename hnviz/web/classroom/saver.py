"""Writes a file soon after it is asked to, in a thread of its own."""

import logging
import threading
from collections.abc import Callable

PAUSE = 0.3  # seconds between two writings; what is asked for meanwhile is one writing

log = logging.getLogger(__name__)


class Saver:
    """Calls `save` after `ask`; while nobody asks, nothing runs."""

    def __init__(self, save: Callable[[], None], pause: float = PAUSE) -> None:
        self._save, self._pause = save, pause
        self._asked, self._closed = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._go, daemon=True)
        self._thread.start()

    def ask(self) -> None:
        """Have it written soon."""
        self._asked.set()

    def close(self) -> None:
        """Write what was asked for, and end."""
        self._closed.set()
        self._asked.set()
        self._thread.join(10)

    def _go(self) -> None:
        while not self._closed.is_set():
            self._asked.wait()
            self._asked.clear()
            self._write()
            self._closed.wait(self._pause)
        if self._asked.is_set():
            self._write()

    def _write(self) -> None:
        try:
            self._save()
        except OSError as error:  # the class goes on; the next change tries again
            log.error("the class could not be written: %s", error)
