"""End the writer of a run when no engine knows it: an orphan that a signal has stopped, say."""

import json
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

import psutil

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
        (folder / NOTE_NAME).write_text(json.dumps(note), encoding="ascii")


def end_writer(folder: Path) -> bool:
    """End the process that writes the run; return whether there was one that could be ended.

    It gets Ctrl-C's signal first, on which ``hnviz train`` stores a checkpoint. Since anybody may
    have written the note, the process must be the one of the note, hold the run's lock file open,
    and be neither this process nor one that started it.
    """
    writer = _writer(folder)
    if writer is None:
        return False
    try:
        if os.name == "posix":
            writer.send_signal(signal.SIGINT)
            if _has_ended(writer):
                return True
        writer.kill()
        return _has_ended(writer)
    except psutil.NoSuchProcess:
        return True
    except psutil.Error:
        return False


def _has_ended(writer: psutil.Process) -> bool:
    """Wait for a process to end. Without a parent it may stay as a zombie, which holds nothing."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if not writer.is_running() or writer.status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.02)
    return False


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
