"""End the writer of a run when no engine knows it: an orphan that a signal has stopped, say."""

import json
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import psutil

from hnviz import disk
from hnviz.runs.reading import parse, read_bounded

LOCK_NAME = "writer.lock"
NOTE_NAME = "writer.json"  # who holds the lock
MOST_NOTE = 256  # bytes
SAME_SECONDS = 2.0  # between two readings of when a process was created
PATIENCE = 1.5  # seconds for a writer to store a checkpoint


def note_writer(folder: Path) -> None:
    """Note that this process writes the run. A note that cannot be written is left out."""
    this = psutil.Process()
    note = {"pid": this.pid, "created": this.create_time()}
    with suppress(OSError):
        disk.replace(folder / NOTE_NAME, json.dumps(note).encode(), "note")


def end_writer(folder: Path) -> "Ending | None":
    """Begin to end the process that writes the run; None if there is none that may be ended.

    Since anybody may have written the note, the process must be the one of the note, hold the
    run's lock file open, and be neither this process nor one that started it.
    """
    writer = _writer(folder)
    return None if writer is None else Ending(writer)


class Ending:
    """The end of a writer, in steps that never wait.

    It gets Ctrl-C's signal first, on which ``hnviz train`` stores a checkpoint, and is killed if
    it is still there after a moment.
    """

    def __init__(self, writer: psutil.Process) -> None:
        self._writer = writer
        self._until = time.monotonic() + PATIENCE
        self._killed = False
        with suppress(psutil.Error):  # `poll` finds out
            if os.name == "posix":
                writer.send_signal(signal.SIGINT)
            else:
                self._kill()

    def _kill(self) -> None:
        self._until, self._killed = time.monotonic() + PATIENCE, True
        self._writer.kill()

    def poll(self) -> bool | None:
        """Return whether the writer could be ended; None while that is open."""
        try:
            if _has_ended(self._writer):
                return True
            if time.monotonic() < self._until:
                return None
            if self._killed:
                return False
            self._kill()
        except psutil.NoSuchProcess:
            return True
        except psutil.Error:
            return False
        return None


def _has_ended(writer: psutil.Process) -> bool:
    """Return whether a process is gone, or a zombie without a parent, which holds nothing."""
    return not writer.is_running() or writer.status() == psutil.STATUS_ZOMBIE


def _writer(folder: Path) -> psutil.Process | None:
    try:
        note = parse(read_bounded(folder / NOTE_NAME, MOST_NOTE))
        pid, created = int(note["pid"]), float(note["created"])
        found = psutil.Process(pid)
        if abs(found.create_time() - created) > SAME_SECONDS:
            return None
        held = [Path(each.path) for each in found.open_files()]
    except (OSError, ValueError, TypeError, KeyError, OverflowError, psutil.Error):
        return None
    this = psutil.Process()
    is_above = pid == this.pid or found in this.parents()
    return found if (folder / LOCK_NAME).resolve() in held and not is_above else None
