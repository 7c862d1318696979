"""Stops a run that another process writes.

A request is a file in the run's folder, so the writer may be on another machine. This process ends
a writer that no engine knows, such as one that a signal has stopped.
"""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import psutil

from hnviz.runs.files import LOCK_NAME, NOTE_NAME, read_json, writing
from hnviz.runs.recorded import is_recorded

REQUEST_NAME = "stop"
MOST_NOTE = 256  # bytes
SAME_SECONDS = 2.0  # tolerance between two readings of a process's creation time
PATIENCE = 1.5  # seconds for a writer to store a checkpoint


def ask_to_stop(folder: Path) -> None:
    """Ask the process that writes a run to stop it. Raises RunWriteError."""
    with writing(folder / REQUEST_NAME):
        (folder / REQUEST_NAME).touch()


def is_asked_to_stop(folder: Path) -> bool:
    """Return whether a run has a request to stop."""
    return (folder / REQUEST_NAME).exists()


def drop_stop(folder: Path) -> None:
    """Delete a request: the run has stopped, or trains again."""
    with suppress(OSError):
        (folder / REQUEST_NAME).unlink()


def end_writer(folder: Path) -> "Ending | None":
    """Begin ending the process that writes a run; None if there is none that may be ended."""
    writer = writer_of(folder)
    return None if writer is None else Ending(writer)


def writer_of(folder: Path) -> psutil.Process | None:
    """Return the process that writes a run, if this process may end it.

    The note may be false. So the process must match the note, hold the run's lock file open, and
    be neither this process nor one that started it. A recorder writes in the user's own process,
    which is never ended from here.
    """
    if is_recorded(folder):
        return None
    try:
        note = read_json(folder / NOTE_NAME, MOST_NOTE)
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


class Ending:
    """The end of a writer, in steps that never wait.

    The writer first gets the signal of Ctrl-C, on which ``hnviz train`` stores a checkpoint. If it
    is still alive after PATIENCE, it is killed.
    """

    def __init__(self, writer: psutil.Process) -> None:
        self._writer = writer
        self._until = time.monotonic() + PATIENCE
        self._killed = False
        with suppress(psutil.Error):  # `poll` will notice
            if os.name == "posix":
                writer.send_signal(signal.SIGINT)
            else:
                self._kill()

    def _kill(self) -> None:
        self._until, self._killed = time.monotonic() + PATIENCE, True
        self._writer.kill()

    def poll(self) -> bool | None:
        """Return whether the writer has ended; None while that is undecided."""
        try:
            # A zombie without a parent holds nothing.
            if not self._writer.is_running() or self._writer.status() == psutil.STATUS_ZOMBIE:
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
