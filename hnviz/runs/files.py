"""Atomic writes, and the lock that shows whether a writer is alive."""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from filelock import FileLock, Timeout

from hnviz import disk
from hnviz.runs.errors import RunBusy, RunWriteError

if sys.platform != "win32":
    import fcntl

LOCK_NAME = "writer.lock"
NOTE_NAME = "writer.json"  # the process that holds the lock
LOCK_PATIENCE = 2.0  # seconds that a writer waits for readers that only check
LEFTOVER_SECONDS = 60.0  # after which the writer of a temporary file must have been killed


def write_atomic(path: Path, content: bytes, what: str) -> None:
    """Replace a file atomically; `what` it is names it for tests, such as "config".

    Raises RunWriteError and leaves the old file intact.
    """
    with written_whole(path):
        disk.replace(path, content, what)


def remove_leftovers(folder: Path) -> None:
    """Delete the temporary files of a run's writer that was killed."""
    for leftover in folder.rglob(disk.LEFTOVERS):
        with suppress(OSError):
            leftover.unlink()


def remove_old_leftovers(folder: Path) -> None:
    """Delete the temporary files in a folder that processes share, unless they are young."""
    if folder.is_symlink():  # to a folder that is none of ours
        return
    for leftover in folder.glob(disk.LEFTOVERS):
        with suppress(OSError):
            if time.time() - leftover.lstat().st_mtime > LEFTOVER_SECONDS:
                leftover.unlink()


@contextmanager
def written_whole(path: Path) -> Iterator[None]:
    """Turn a failed write of `path` into RunWriteError, a sentence that says why."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        file, then = _of_run(path) if path.parent.name[:1] != "." else (str(path), "try again")
        raise RunWriteError(
            f"{file} could not be written: {reason}. Everything stored before is intact; make room "
            f"on the disk of {path.parent} and {then}."
        ) from error


def _of_run(path: Path) -> tuple[str, str]:
    folder = path.parent.parent if path.parent.name == "snapshots" else path.parent
    return f"{path.name} of the run {folder.name}", "resume the run"


def take_lock(folder: Path) -> FileLock:
    """Become the only writer of a run folder. Raises RunBusy if there is one already."""
    # With thread_local, the thread that closes the writer could not release the lock.
    lock = FileLock(folder / LOCK_NAME, thread_local=False)
    deadline = time.monotonic() + LOCK_PATIENCE
    while True:
        try:
            lock.acquire(timeout=0)
            note_writer(folder)
            return lock
        except (Timeout, RuntimeError) as error:  # RuntimeError: this thread holds it
            if time.monotonic() > deadline:
                raise RunBusy(
                    f"the run {folder.name} is being written by another process; wait until it "
                    "ends, or stop it there"
                ) from error
        except OSError as error:
            with written_whole(folder / LOCK_NAME):
                raise error
        time.sleep(0.01)


def note_writer(folder: Path) -> None:
    """Note that this process writes the run. A note that cannot be written is left out."""
    this = psutil.Process()
    note = {"pid": this.pid, "created": this.create_time()}
    with suppress(OSError):
        disk.replace(folder / NOTE_NAME, json.dumps(note).encode(), "note")


def is_locked(folder: Path) -> bool:
    """Return whether a writer is alive.

    The check takes a shared lock for a moment. Two checks never conflict, and a writer that starts
    during one tries again, so checking disturbs nothing.
    """
    try:
        descriptor = os.open(folder / LOCK_NAME, os.O_RDONLY)
    except OSError:
        return False  # the run never had a writer
    try:
        return _held_by_other(descriptor, folder)
    finally:
        os.close(descriptor)


def _held_by_other(descriptor: int, folder: Path) -> bool:
    if sys.platform == "win32":  # no shared locks: two checks may conflict, so allow some time
        with suppress(Timeout), FileLock(folder / LOCK_NAME).acquire(timeout=0.05):
            return False
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False
