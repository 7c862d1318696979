"""The one door to the disk: what is kept is written, synced, cut and renamed here alone.

A failpoint is before and after each of these, and in the middle of each write. Its name says
what is kept, what is done and when, such as "resume.rename.before". Tests let an operation fail
there, or kill the process; see `hnviz.failpoints`. Elsewhere a failpoint is one comparison.
"""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

WHOLE = ("write", "rename")  # a file that is replaced: written beside the old one, then renamed
LASTING = ("write", "sync", "keep", "rename", "sync-folder")  # and the old one is kept

KEPT: Mapping[str, tuple[str, ...]] = {
    "run": ("make", "rename"),  # a folder, which gets its name when it is complete
    "config": WHOLE,
    "note": WHOLE,  # of who writes a run
    "label": WHOLE,
    "models": WHOLE,  # the file of a model of the user's own
    "events": ("write", "cut"),
    "snapshot": WHOLE,
    "resume": LASTING,
    "shipped": WHOLE,  # the events of a pre-trained run
    "member": ("write",),  # of a zip file, into a folder that has no name yet
    "deleted": ("mark", "rename"),
    "restored": ("rename",),
    "text": WHOLE,
    "ids": WHOLE,  # the tokens of a text
    "answer": WHOLE,  # to a slow question
    "sweep": WHOLE,
    "sweep-line": ("write",),  # a reader leaves a torn last line out
    "class": WHOLE,
    "lesson": WHOLE,  # as a file for phones
    "class-aside": ("rename",),  # a damaged one
}
"""What is kept -> what is done to keep it."""

_reach: Callable[[str], None] | None = None  # hears of each failpoint


@contextmanager
def step(what: str, operation: str) -> Iterator[None]:
    """Do one operation of `KEPT`, between its two failpoints."""
    reach(what, operation, "before")
    yield
    reach(what, operation, "after")


def reach(what: str, operation: str, when: str) -> None:
    """Pass a failpoint. Raises OSError in tests alone."""
    if _reach is not None:
        _reach(f"{what}.{operation}.{when}")


def replace(path: Path, content: bytes, what: str, *, mode: int = 0o666) -> None:
    """Replace a file: a reader finds the old one or the new one.

    Without a sync: a killed process loses nothing, and it takes longer than many training steps.
    Raises OSError; the old file is then as it was, and nothing else is left.
    """
    with _beside(path) as new:
        _write_new(new, content, what, mode=mode)
        with step(what, "rename"):
            os.replace(new, path)


def replace_and_keep(path: Path, content: bytes, before: Path, what: str) -> None:
    """Replace a file; the old one stays at `before`.

    The new one is on the disk, not only in the system's memory, before it takes the old one's
    place. Raises OSError; then the old content is at `path`, or else at `before`.
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
    """Add bytes to the end of a file. Raises OSError; some of them may then be there."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0))
    try:
        write_all(descriptor, content, what)
    finally:
        os.close(descriptor)


def write_all(descriptor: int, content: bytes, what: str) -> None:
    """Write all bytes to an open file. Raises OSError; some may have been written."""
    with step(what, "write"):
        half = len(content) // 2 if _reach is not None else len(content)
        _write(descriptor, content[:half])
        if _reach is not None:
            reach(what, "write", "half")
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
"""What matches the temporary files of processes that were killed."""


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    new = temporary(path)
    try:
        yield new
    except OSError:
        with suppress(OSError):
            new.unlink()
        raise


def _write_new(
    path: Path, content: bytes, what: str, *, mode: int = 0o666, lasting: bool = False
) -> None:
    with suppress(FileNotFoundError):
        path.unlink()  # of a process with the same number that was killed
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags, mode)
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


if os.environ.get("HNVIZ_FAILPOINTS"):
    from hnviz.failpoints import from_environment

    _reach = from_environment(os.environ)
