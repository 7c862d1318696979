"""End the writer of a run when no engine knows it: an orphan that a signal has stopped, say."""

import json
import os
import signal
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
            with suppress(psutil.TimeoutExpired):
                writer.wait(PATIENCE)
        if writer.is_running():
            writer.kill()
            writer.wait(PATIENCE)
    except psutil.NoSuchProcess:
        pass
    except psutil.Error:
        return False
    return True


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
