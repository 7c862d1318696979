"""Read a run while it grows."""

import threading

from hnviz.runs.codec import decode_lines
from hnviz.runs.folder import EVENTS, RunFolder
from hnviz.runs.record import RecordBuilder, RunRecord


class RunFollower:
    """Reads only what is new. Thread-safe."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._builder = RecordBuilder(folder.id, folder.config)
        self._record = self._builder.record()
        self._position = 0  # bytes read; always at the start of a line
        self._line = 1

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
        try:
            with (self._folder.path / EVENTS).open("rb") as file:
                file.seek(self._position)
                content = file.read()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise self._folder.damaged(f"{EVENTS} cannot be read ({error.strerror})") from error
        whole = content[: content.rfind(b"\n") + 1]
        try:
            events = list(decode_lines(whole, self._line))
        except ValueError as error:
            raise self._folder.damaged(f"{EVENTS}, {error}") from error
        for event in events:
            self._builder.add(event)
        self._position += len(whole)
        self._line += len(events)
        return bool(events)
