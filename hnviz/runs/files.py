"""Files that are there whole or not at all, and the lock that says whether a writer lives."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from hnviz.runs.errors import RunBusy, RunWriteError

if sys.platform != "win32":
    import fcntl

LOCK_NAME = "writer.lock"
LOCK_PATIENCE = 2.0  # seconds that a writer waits for readers which only look


def write_atomic(path: Path, content: bytes) -> None:
    """Put a file in place in one step. Raises RunWriteError and leaves the old file whole.

    There is no fsync: a killed process loses nothing without it, and one a second would cost
    more than the training step beside it.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with written_whole(path):
        try:
            temporary.write_bytes(content)
            os.replace(temporary, path)
        except OSError:
            with suppress(OSError):
                temporary.unlink()
            raise


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
            f"{path.name} of the run {_run_name(path)} could not be written: {reason}. What was "
            f"stored before is whole; make room on the disk of {path.parent} and resume the run."
        ) from error


def _run_name(path: Path) -> str:
    return path.parent.parent.name if path.parent.name == "snapshots" else path.parent.name


def take_lock(folder: Path) -> FileLock:
    """Become the one writer of a run folder. Raises RunBusy where there is one already."""
    # thread_local would make the lock unknown to the thread that closes the writer.
    lock = FileLock(folder / LOCK_NAME, thread_local=False)
    deadline = time.monotonic() + LOCK_PATIENCE
    while True:
        try:
            lock.acquire(timeout=0)
            return lock
        except (Timeout, RuntimeError) as error:  # RuntimeError: held by this very thread
            if time.monotonic() > deadline:
                raise RunBusy(
                    f"the run {folder.name} is being written by another process; wait until it "
                    "has ended, or stop it there"
                ) from error
        except OSError as error:
            with written_whole(folder / LOCK_NAME):
                raise error
        time.sleep(0.01)


def is_locked(folder: Path) -> bool:
    """Say whether a writer lives.

    A look takes a shared lock for a moment. Two looks never see each other, and a writer that
    starts in that moment tries again, so looking disturbs nobody.
    """
    try:
        descriptor = os.open(folder / LOCK_NAME, os.O_RDONLY)
    except OSError:
        return False  # no writer has ever been here
    try:
        return _held_by_other(descriptor, folder)
    finally:
        os.close(descriptor)


def _held_by_other(descriptor: int, folder: Path) -> bool:
    if sys.platform == "win32":  # no shared locks: two looks may meet, so look a little longer
        with suppress(Timeout), FileLock(folder / LOCK_NAME).acquire(timeout=0.05):
            return False
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False
