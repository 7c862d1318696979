"""The one door to the disk: everything that lasts is written, synced, cut and renamed here.

Each function names what it keeps, such as "resume", so that a test can let any step of it fail.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

on_step: Callable[[str], None] | None = None
"""For tests: is called with the name of each step, such as "resume.rename.before", and may fail.

Steps are before and after each operation, and in the middle of each write.
"""


@contextmanager
def step(what: str, operation: str) -> Iterator[None]:
    """Do one operation between its two steps."""
    _reach(f"{what}.{operation}.before")
    yield
    _reach(f"{what}.{operation}.after")


def _reach(name: str) -> None:
    if on_step is not None:
        on_step(name)


def replace(path: Path, content: bytes, what: str) -> None:
    """Replace a file: a reader finds the old one or the new one.

    There is no sync: it would take longer than many training steps, and a killed process loses
    nothing without it. Raises OSError; then the old file is as it was, and nothing else is left.
    """
    with _beside(path) as new:
        _write_new(new, content, what)
        with step(what, "rename"):
            os.replace(new, path)


def replace_and_keep(path: Path, content: bytes, before: Path, what: str) -> None:
    """Replace a file; the old one stays at `before`.

    The new one is on the disk, not only in the system's memory, before it takes the place of the
    old one. Raises OSError; then the old content is at `path` or at `before`.
    """
    with _beside(path) as new:
        _write_new(new, content, what, lasting=True)
        if path.exists():
            with step(what, "keep"):
                os.replace(path, before)
        with step(what, "rename"):
            os.replace(new, path)
        with step(what, "sync-folder"):
            _sync_folder(path.parent)


def append(path: Path, content: bytes, what: str) -> None:
    """Add bytes to the end of a file. Raises OSError; some may have been written."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0))
    try:
        write_all(descriptor, content, what)
    finally:
        os.close(descriptor)


def write_all(descriptor: int, content: bytes, what: str) -> None:
    """Write all bytes to an open file. Raises OSError; some may have been written."""
    with step(what, "write"):
        half = len(content) // 2 if on_step else 0
        _write(descriptor, content[:half])
        _reach(f"{what}.write.half")
        _write(descriptor, content[half:])


def cut(descriptor: int, length: int, what: str) -> None:
    """Cut an open file to its first `length` bytes. Raises OSError."""
    with step(what, "cut"):
        os.truncate(descriptor, length)


def move(old: Path, new: Path, what: str) -> None:
    """Rename a file or a folder. Raises OSError."""
    with step(what, "rename"):
        old.rename(new)


def temporary(path: Path) -> Path:
    """Return where this process writes the file that will replace `path`."""
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


LEFTOVERS = ".*.tmp"
"""A pattern for the temporary files of killed processes."""


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    new = temporary(path)
    try:
        yield new
    except OSError:
        with suppress(OSError):
            new.unlink()
        raise


def _write_new(path: Path, content: bytes, what: str, *, lasting: bool = False) -> None:
    with suppress(FileNotFoundError):
        path.unlink()  # of a killed process with the same number
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags, 0o666)
    try:
        write_all(descriptor, content, what)
        if lasting:
            with step(what, "sync"):
                os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _sync_folder(folder: Path) -> None:
    if sys.platform == "win32":  # a folder cannot be opened there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
