"""Temporary folders; those of killed processes are cleared when the next one is made."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock

from hnviz.runs.files import is_locked
from hnviz.runs.orphans import LOCK_NAME

PREFIX = "hnviz-"
YOUNG_SECONDS = 60.0  # in which an owner may not have locked its folder yet


@contextmanager
def scratch() -> Iterator[Path]:
    """Make a temporary folder, and remove it at the end. Raises OSError."""
    with tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with FileLock(folder / LOCK_NAME):  # held while this process lives
            _clear(folder)
            yield folder


def _clear(own: Path) -> None:
    """Delete the folders whose owners have died."""
    kind = _kind(own)
    for folder in own.parent.glob(f"{PREFIX}*"):
        with suppress(OSError):
            if _kind(folder) == kind and _is_left(folder):
                shutil.rmtree(folder, ignore_errors=True)


def _kind(folder: Path) -> tuple[int, int]:
    """Return the user and the mode: a link, or a folder of somebody else, has others."""
    status = folder.lstat()
    return status.st_uid, status.st_mode


def _is_left(folder: Path) -> bool:
    if (folder / LOCK_NAME).exists():
        return not is_locked(folder)
    return time.time() - folder.stat().st_mtime > YOUNG_SECONDS
