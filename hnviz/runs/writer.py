"""The only writer of a run folder."""

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from types import TracebackType

import numpy as np

from hnviz.events import Event, Resumed, RunStarted, SnapshotSaved
from hnviz.runs.codec import encode
from hnviz.runs.errors import RunWriteError
from hnviz.runs.files import remove_leftovers, take_lock, written_whole
from hnviz.runs.folder import CONFIG, EVENTS, RESUME, SNAPSHOTS, RunFolder
from hnviz.runs.tensors import write_tensors

FLUSH_SECONDS = 0.05
"""Seconds between writes of events; the first event is written at once."""


class RunWriter:
    """Writes events and tensors; holds the run's lock until it closes or its process dies."""

    def __init__(self, folder: RunFolder) -> None:
        if folder.shipped:
            raise RunWriteError(f"the run {folder.id} comes with hnviz and can only be read")
        self.folder = folder
        self._events_path = folder.path / EVENTS
        self._waiting: list[Event] = []
        self._flushed = -float("inf")
        self._lock = take_lock(folder.path)
        try:
            self._events = self._open()
        except BaseException:
            self._lock.release()
            raise

    def _open(self) -> int:
        """Clean up after a killed writer; return the file descriptor of the events."""
        remove_leftovers(self.folder.path)
        with written_whole(self._events_path):
            (self.folder.path / SNAPSHOTS).mkdir(exist_ok=True)
            # A torn last line would run into the next event.
            descriptor = os.open(self._events_path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            os.truncate(descriptor, self._events_path.read_bytes().rfind(b"\n") + 1)
        return descriptor

    def __enter__(self) -> "RunWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def append(self, event: Event) -> None:
        """Buffer an event; write the buffer if the last write is long enough ago.

        Raises RunWriteError.
        """
        if isinstance(event, RunStarted):
            self._note_device(event.device)
            self._drop_snapshots_after(0)
        elif isinstance(event, Resumed):
            self._drop_snapshots_after(event.resumed_at)
        self._waiting.append(event)
        if time.monotonic() - self._flushed >= FLUSH_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write all buffered events. Raises RunWriteError; stored events stay intact."""
        if not self._waiting:
            return
        # Encoded here, together: one at a time between training steps costs eight times as much.
        content = b"".join(map(encode, self._waiting))
        # Events that cannot be written are dropped: when a full disk ends a run, its last event
        # may still fit.
        self._waiting.clear()
        self._flushed = time.monotonic()
        with written_whole(self._events_path):
            size = os.fstat(self._events).st_size
            written = 0
            try:
                while written < len(content):
                    written += os.write(self._events, content[written:])
            except OSError:
                with suppress(OSError):
                    os.truncate(self._events, size + content.rfind(b"\n", 0, written) + 1)
                raise

    def save_snapshot(self, step: int, tensors: Mapping[str, np.ndarray]) -> None:
        """Store weights and hidden state after `step` updates, and record an event.

        Raises RunWriteError.
        """
        write_tensors(self.folder.snapshot_path(step), tensors)
        self.append(SnapshotSaved(step=step))

    def save_resume(self, tensors: Mapping[str, np.ndarray]) -> None:
        """Store a checkpoint in place of the previous one. Raises RunWriteError.

        Events are written first, so that none is missing before the step to resume from.
        """
        self.flush()
        write_tensors(self.folder.path / RESUME, tensors)

    def drop_resume(self) -> None:
        """Delete the checkpoint of a finished run."""
        with suppress(OSError):
            (self.folder.path / RESUME).unlink()

    def close(self) -> None:
        """Write all buffered events and release the lock."""
        if self._events < 0:
            return
        try:
            self.flush()
        finally:
            os.close(self._events)
            self._events = -1
            self._lock.release()

    def _note_device(self, device: str) -> None:
        info = self.folder.info()
        if info.device != device:
            replace(info, device=device).save(self.folder.path / CONFIG)

    def _drop_snapshots_after(self, step: int) -> None:
        for later in self.folder.snapshots():
            if later > step:
                with suppress(OSError):
                    self.folder.snapshot_path(later).unlink()
