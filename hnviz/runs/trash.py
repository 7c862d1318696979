"""Deletes runs, and can restore them for a while.

The name of a deleted run's folder begins with a dot, so no list shows it. After TRASH_SECONDS, the
next deletion or the next start of the engine removes it permanently.
"""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from hnviz import disk
from hnviz.runs.errors import DamagedRun, RunBusy, RunNotFound
from hnviz.runs.files import CONFIG, age, read_bounded, take_lock, writing
from hnviz.runs.folder import RunFolder

TRASH_SECONDS = 3600.0  # in which a deleted run can be restored
_DELETED = ".deleted-"
_MARK = ".deleted"  # a file in a deleted folder: the time of the deletion, by `time.monotonic`
MAX_MARK_BYTES = 40


def delete(folder: RunFolder) -> None:
    """Remove a run from all lists. Raises ValueError, RunBusy and RunWriteError."""
    if folder.shipped:
        raise ValueError(f"{folder.id} is pre-trained: only your own runs can be deleted")
    root = folder.path.parent
    drop_old(root)
    with _unwritten(folder), writing(folder.path / CONFIG):
        disk.replace(folder.path / _MARK, f"{time.monotonic()}".encode(), "mark")
        disk.move(folder.path, _place(root, folder.id), "deleted")


def restore(root: Path, run_id: str) -> None:
    """Bring a deleted run back. Raises RunNotFound and RunWriteError."""
    place, back = _place(root, run_id), root / run_id
    if not place.is_dir() or place.is_symlink() or back.exists():
        raise RunNotFound(
            f"the run {run_id[:100]} can no longer be restored: it was deleted over an hour ago, "
            "or is back already"
        )
    with writing(back / CONFIG):
        disk.move(place, back, "restored")
    with suppress(DamagedRun):  # a list may still show its network, which was forgotten
        RunFolder(back).info()
    with suppress(OSError):
        (back / _MARK).unlink()


def drop_old(root: Path, seconds: float = TRASH_SECONDS) -> None:
    """Permanently remove the runs that were deleted more than `seconds` ago."""
    for place in root.glob(f"{_DELETED}*"):
        with suppress(OSError):
            if _waited(place) > seconds:
                shutil.rmtree(place)  # raises for a link


def _waited(place: Path) -> float:
    """Return for how many seconds a run has been deleted, at least. Raises OSError.

    A clock that is set must not empty the trash. `time.monotonic` is never set: it counts from the
    start of the computer, so after another start its own time is all that is certain.
    """
    mark = place / _MARK
    if not mark.exists():  # a process was killed while it removed the rest
        return age(place)
    by_clock, now = age(mark), time.monotonic()
    try:
        begun = float(read_bounded(mark, MAX_MARK_BYTES))
    except ValueError:  # an earlier version left it empty
        return by_clock
    return min(by_clock, now - begun if now >= begun else now)


@contextmanager
def _unwritten(folder: RunFolder) -> Iterator[None]:
    """Hold a run's lock, so that no process starts to write it. Raises RunBusy."""
    try:
        lock = take_lock(folder.path)
    except RunBusy as error:
        raise RunBusy(f"the run {folder.id} still trains: stop it first, then delete it") from error
    try:
        yield
    finally:
        lock.release()


def _place(root: Path, run_id: str) -> Path:
    return root / f"{_DELETED}{run_id}"
