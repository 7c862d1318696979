"""A progress bar for stderr, and the epoch table for stdout."""

import json
import sys
import time
from typing import TextIO

from hnviz.events import EpochEnd

WIDTH = 24
REDRAW_SECONDS = 0.1
COLUMNS = ("epoch", "train_loss", "valid_loss", "accuracy", "seconds")


class Progress:
    """A progress bar: it overwrites itself on a terminal, else it prints line by line."""

    def __init__(self, total: int, label: str = "", stream: TextIO | None = None) -> None:
        self.total = total
        self.label = label
        self.stream = stream or sys.stderr
        self.is_terminal = self.stream.isatty()
        self.started = time.monotonic()
        self.first: int | None = None  # steps done when the bar began; above 0 for a resumed run
        self.drawn = 0.0
        self.tenths = 0  # tenths done, for the line-by-line form
        self.width = 0  # of the text on the terminal's line

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
