"""Temporary folders; those of killed processes are cleared when the next one is made."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

PREFIX = "hnviz-t-"
MARK = "hnviz-scratch.lock"
"""The file that its owner holds locked. A folder without it is somebody else's."""
YOUNG_SECONDS = 1.0  # in which an owner may have made the file, but not locked it yet


@contextmanager
def scratch() -> Iterator[Path]:
    """Make a temporary folder, and remove it at the end. Raises OSError."""
    with tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with FileLock(folder / MARK):  # held while this process lives
            for other in folder.parent.glob(f"{PREFIX}*"):
                with suppress(OSError, Timeout):
                    _clear(other, folder)
            yield folder


def _clear(folder: Path, own: Path) -> None:
    """Delete a folder whose owner has died. Raises OSError, or Timeout if the owner lives."""
    mark = folder / MARK
    if _kind(folder) == _kind(own) and time.time() - mark.stat().st_mtime > YOUNG_SECONDS:
        FileLock(mark, timeout=0).acquire().lock.release()
        shutil.rmtree(folder, ignore_errors=True)


def _kind(folder: Path) -> tuple[int, int]:
    """Return the user and the mode: a link, or a folder of somebody else, has others."""
    status = folder.lstat()
    return status.st_uid, status.st_mode
