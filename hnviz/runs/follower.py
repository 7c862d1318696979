"""Read a run while it grows."""

import threading
from copy import copy
from typing import BinaryIO

from hnviz.runs.codec import Lines
from hnviz.runs.files import open_regular
from hnviz.runs.folder import EVENTS, RunFolder
from hnviz.runs.record import RecordBuilder, RunRecord

PIECE = 2**22
"""Bytes that are read at a time: a large file needs no more memory than a small one."""


class RunFollower:
    """Reads only what is new. Thread-safe."""

    def __init__(self, folder: RunFolder, every: int | None = None) -> None:
        """`every`: steps between the mini-batches to read, as in `Lines`."""
        self._folder = folder
        self._lock = threading.Lock()
        self._builder = RecordBuilder(folder.id, folder.config)
        self._record = self._builder.record()
        self._position = 0  # bytes read; always at the start of a line
        self._lines = Lines(every)

    def poll(self) -> RunRecord:
        """Return the run's current record; the same object if nothing is new.

        Raises DamagedRun for a complete line that is not an event. An incomplete last line is left
        for later: the writer is still writing it, or was killed while doing so.
        """
        with self._lock:
            # Checked first: a writer that ends after this check has written all its events.
            alive = self._folder.is_alive()
            if self._take_new_lines() or alive != self._record.alive:
                self._record = self._builder.record(alive=alive)
            return self._record

    def _take_new_lines(self) -> bool:
        grown = False
        try:
            with open_regular(self._folder.path / EVENTS) as file:
                file.seek(self._position)
                while whole := _whole_lines(file):
                    lines = copy(self._lines)  # a piece that is damaged counts for nothing
                    for event in lines.read(whole):
                        self._builder.add(event)
                    self._lines = lines
                    self._position += len(whole)
                    file.seek(self._position)
                    grown = True
        except FileNotFoundError:
            return False
        except OSError as error:
            raise self._folder.damaged(f"{EVENTS} cannot be read ({error.strerror})") from error
        except ValueError as error:
            raise self._folder.damaged(f"{EVENTS}, {error}") from error
        return grown


def _whole_lines(file: BinaryIO) -> bytes:
    """Return the whole lines of the next PIECE. Raises ValueError for a longer line."""
    content = file.read(PIECE)
    whole = content[: content.rfind(b"\n") + 1]
    if not whole and len(content) == PIECE:
        raise ValueError(f"a line has more than {PIECE:,} bytes")
    return whole
