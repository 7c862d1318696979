"""The only writer of a run folder."""

import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import numpy as np

from hnviz import disk
from hnviz.events import BatchEnd, Event, Resumed, RunStarted, SnapshotSaved
from hnviz.runs.errors import RunWriteError
from hnviz.runs.events import encode
from hnviz.runs.files import (
    CONFIG,
    EVENTS,
    RESUME,
    RESUME_BEFORE,
    SNAPSHOTS,
    open_regular,
    remove_leftovers,
    take_lock,
    write_checkpoint,
    write_tensors,
    writing,
)
from hnviz.schedule import batch_stride

if TYPE_CHECKING:
    from hnviz.runs.folder import RunFolder

FLUSH_SECONDS = 0.05  # between writes of events; the first event is written at once
BLOCK_BYTES = 2**16


class RunWriter:
    """Writes events and tensors; holds the run's lock until it closes or its process dies."""

    def __init__(self, folder: "RunFolder") -> None:
        if folder.shipped:
            raise RunWriteError(f"the run {folder.id} comes with hnviz and can only be read")
        self.folder = folder
        self._events_path = folder.path / EVENTS
        self._waiting: list[Event] = []
        self._flushed = -float("inf")
        self._every = 1  # steps between the mini-batches to write
        self._between: BatchEnd | None = None  # the last mini-batch, if it is not written yet
        self._torn = False  # a line may be torn, since a write has failed
        self._lock = take_lock(folder.path)
        try:
            self._events = self._open()
        except BaseException:
            self._lock.release()
            raise

    def _open(self) -> int:
        """Clean up after a killed writer; return the file descriptor of the events."""
        for folder in (self.folder.path, self.folder.path / SNAPSHOTS):
            remove_leftovers(folder)
        with writing(self._events_path):
            (self.folder.path / SNAPSHOTS).mkdir(exist_ok=True)
            # A torn last line would merge with the next event.
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)
            descriptor = os.open(self._events_path, flags, 0o644)
            try:
                self._cut_torn_line(descriptor)
            except OSError:
                os.close(descriptor)
                raise
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
            self._every = batch_stride(event.n_steps)
            self._note_device(event.device)
            self._drop_snapshots_after(0)
        elif isinstance(event, Resumed):
            started = self.folder.read().started
            self._every = batch_stride(started.n_steps) if started else 1
            self._drop_snapshots_after(event.resumed_at)
        self._queue(event)
        if time.monotonic() - self._flushed >= FLUSH_SECONDS:
            self._write()

    def _queue(self, event: Event) -> None:
        """Leave out most mini-batches of a long run, but never the last before another event."""
        if isinstance(event, BatchEnd) and event.step % self._every:
            self._between = event
            return
        if not isinstance(event, BatchEnd):
            self._queue_between()
        self._between = None
        self._waiting.append(event)

    def _queue_between(self) -> None:
        if self._between is not None:
            self._waiting.append(self._between)
            self._between = None

    def flush(self) -> None:
        """Write all buffered events. Raises RunWriteError; stored events stay intact."""
        self._queue_between()
        self._write()

    def _write(self) -> None:
        if not self._waiting:
            return
        # Encoded together: one at a time, between training steps, would take eight times as long.
        content = b"".join(map(encode, self._waiting))
        # Events that cannot be written are dropped. If a full disk ends the run, its last event may
        # still fit.
        self._waiting.clear()
        self._flushed = time.monotonic()
        with writing(self._events_path):
            if self._torn:  # the next event would merge with it
                self._cut_torn_line(self._events)
            try:
                disk.write_all(self._events, content, "events")
            except OSError:
                self._torn = True
                with suppress(OSError):
                    self._cut_torn_line(self._events)
                raise

    def _cut_torn_line(self, descriptor: int) -> None:
        disk.cut(descriptor, _end_of_last_line(self._events_path), "events")
        self._torn = False

    def save_snapshot(self, step: int, tensors: Mapping[str, np.ndarray]) -> None:
        """Store weights and hidden state after `step` updates, and append the event.

        Raises RunWriteError.
        """
        write_tensors(self.folder.snapshot_path(step), tensors)
        self.append(SnapshotSaved(step=step))

    def save_resume(self, tensors: Mapping[str, np.ndarray]) -> None:
        """Store a checkpoint in place of the previous one. Raises RunWriteError.

        Writes all events first, so that none is missing before the step to resume from.
        """
        self.flush()
        folder = self.folder.path
        write_checkpoint(folder / RESUME, folder / RESUME_BEFORE, tensors)

    def drop_resume(self) -> None:
        """Delete the checkpoints of a run that has finished, or starts again."""
        for name in (RESUME_BEFORE, RESUME):  # the older one first: it must not outlive the newer
            with suppress(OSError):
                (self.folder.path / name).unlink()

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


def _end_of_last_line(path: Path) -> int:
    """Return the length of a file's whole lines, in bytes. Raises OSError."""
    with open_regular(path) as file:
        end = file.seek(0, os.SEEK_END)
        while end:
            start = max(0, end - BLOCK_BYTES)
            file.seek(start)
            if (newline := file.read(end - start).rfind(b"\n")) >= 0:
                return start + newline + 1
            end = start
    return 0
