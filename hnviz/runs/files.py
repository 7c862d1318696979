"""Atomic writes, and the lock that shows whether a writer is alive."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from hnviz.runs.errors import RunBusy, RunWriteError
from hnviz.runs.orphans import LOCK_NAME, note_writer

if sys.platform != "win32":
    import fcntl

LOCK_PATIENCE = 2.0  # seconds that a writer waits for readers that only check


def write_atomic(path: Path, content: bytes, *, before: Path | None = None) -> None:
    """Replace a file atomically. Raises RunWriteError and leaves the old file intact.

    With `before`, the old file stays under that name, and the new one is on the disk, not only in
    the system's memory, before it takes the old one's place. Otherwise there is no fsync: a killed
    process loses nothing without it, and it takes longer than many training steps.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with written_whole(path):
        try:
            with temporary.open("wb") as file:
                file.write(content)
                if before is not None:
                    file.flush()
                    os.fsync(file.fileno())
            if before is not None and path.exists():
                os.replace(path, before)
            os.replace(temporary, path)
            if before is not None:
                _sync_folder(path.parent)
        except OSError:
            with suppress(OSError):
                temporary.unlink()
            raise


def _sync_folder(folder: Path) -> None:
    if sys.platform == "win32":  # a folder cannot be opened there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_leftovers(folder: Path) -> None:
    """Delete the temporary files of a writer that was killed."""
    for leftover in folder.rglob(".*.tmp"):
        with suppress(OSError):
            leftover.unlink()


@contextmanager
def written_whole(path: Path) -> Iterator[None]:
    """Turn a failed write of `path` into RunWriteError, a sentence that says why."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise RunWriteError(
            f"{path.name} of the run {_run_name(path)} could not be written: {reason}. Everything "
            f"stored before is intact; make room on the disk of {path.parent} and resume the run."
        ) from error


def _run_name(path: Path) -> str:
    return path.parent.parent.name if path.parent.name == "snapshots" else path.parent.name


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
