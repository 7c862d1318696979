"""Shared by commands that train: Ctrl-C, threads, a progress bar, and the table of epochs."""

import json
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from hnviz.events import EpochEnd

WIDTH = 24
REDRAW_SECONDS = 0.1
COLUMNS = ("epoch", "train_loss", "valid_loss", "accuracy", "seconds")


class Progress:
    """A progress bar, which overwrites itself on a terminal and elsewhere prints line by line."""

    def __init__(self, total: int, label: str = "", stream: TextIO | None = None) -> None:
        self.total = total
        self.label = label
        self.stream = stream or sys.stderr
        self.is_terminal = self.stream.isatty()
        self.started = time.monotonic()
        self.first: int | None = None  # steps already done at the start; above 0 for a resumed run
        self.drawn = 0.0
        self.tenths = 0  # tenths done, for the line-by-line form
        self.width = 0  # of the text now on the terminal's line

    def update(self, done: int, loss: float) -> None:
        """Draw the bar, if it is due."""
        if self.first is None:
            self.first = done - 1
        now = time.monotonic()
        if self.is_terminal:
            if now - self.drawn < REDRAW_SECONDS and done < self.total:
                return
            self.drawn = now
            self._write("\r" + self._line(done, loss, now).ljust(self.width))
        elif done * 10 // self.total > self.tenths:
            self.tenths = done * 10 // self.total
            self._write(self._line(done, loss, now) + "\n")

    def clear(self) -> None:
        """Erase the bar from the terminal, to make room for a line of the table."""
        if self.is_terminal and self.width:
            self._write("\r" + " " * self.width + "\r")
            self.width = 0
            self.drawn = 0.0

    def _line(self, done: int, loss: float, now: float) -> str:
        filled = WIDTH * done // self.total
        steps = done - (self.first or 0)
        left = (now - self.started) / steps * (self.total - done)
        return (
            f"{self.label}[{'#' * filled}{'.' * (WIDTH - filled)}] step {done:,} of "
            f"{self.total:,}, loss {loss:.3f}, {left:.0f} s left"
        )

    def _write(self, text: str) -> None:
        self.width = max(self.width, len(text.strip("\r\n")))
        print(text, end="", file=self.stream, flush=True)


def table_head() -> str:
    """Return the header of the epoch table."""
    return "  ".join(f"{name:>{_width(name)}}" for name in COLUMNS)


def table_row(event: EpochEnd) -> str:
    """Return one epoch as the notebook prints it, but counted from 1."""
    cells = {
        "epoch": f"{event.number}",
        "train_loss": f"{event.train_loss:.6f}",
        "valid_loss": f"{event.valid_loss:.6f}",
        "accuracy": f"{event.accuracy:.6f}",
        "seconds": f"{event.seconds:.2f}",
    }
    return "  ".join(f"{cells[name]:>{_width(name)}}" for name in COLUMNS)


def json_row(event: EpochEnd) -> str:
    """Return one epoch as a JSON object."""
    return json.dumps({name: getattr(event, name) for name in COLUMNS})


def _width(name: str) -> int:
    return max(len(name), 8)


@contextmanager
def loading() -> Iterator[None]:
    """Let Ctrl-C end the process at once while libraries load.

    Python raises KeyboardInterrupt wherever it is. In a callback of the import system the error is
    reported and dropped, and the command would go on; in a library's C++ it can abort the process.
    """
    usual = signal.getsignal(signal.SIGINT)
    is_main = threading.current_thread() is threading.main_thread()
    if usual is not signal.default_int_handler or not is_main:
        yield
        return
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)


def use_one_thread() -> None:
    """Limit torch to one thread: a second makes these models no faster on an idle machine.

    On a busy machine, it makes them far slower.
    """
    import torch

    torch.set_num_threads(1)
