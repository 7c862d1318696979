"""Files of runs: bounded reads, atomic writes, the lock of the only writer, temporary folders.

Anybody may have written the files that are read here. So no read waits, follows a link out of the
folder, or takes more bytes than its limit.
"""

import errno
import json
import math
import os
import re
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import psutil
from filelock import FileLock, Timeout
from safetensors import SafetensorError
from safetensors.numpy import load, save

from hnviz import disk
from hnviz.data.tokens import upright
from hnviz.runs.errors import DamagedRun, RunBusy, RunWriteError

if sys.platform != "win32":
    import fcntl

# The files in a run's folder
CONFIG = "config.json"
EVENTS = "events.jsonl"
SNAPSHOTS = "snapshots"
RESUME = "resume.safetensors"
RESUME_BEFORE = "resume.before.safetensors"  # the checkpoint before it

LARGEST_NUMBER = 2**53
"""The largest number that JSON may hold: whole numbers up to it are exact in every browser."""

LOCK_NAME = "writer.lock"
NOTE_NAME = "writer.json"  # the process that holds the lock
LOCK_SECONDS = 2.0  # a writer's patience with processes that only check the lock

Tensors = dict[str, np.ndarray]
CHECKSUM = "checksum"  # its name in the metadata of a checkpoint
MAX_HEADER_BYTES = 2**20  # for a file of tensors; a real header has a few thousand
MAX_QUOTE_CHARS = 200  # of a safetensors error, which may quote the header

SCRATCH_PREFIX = "hnviz-t-"
SCRATCH_LOCK = "hnviz-scratch.lock"  # held by the folder's owner; other programs' folders have none
SCRATCH_SECONDS = 1.0  # in which a new owner may not have locked its lock file yet

_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Characters that end a line, are invisible, or are invalid in UTF-8 (halves of pairs)."""
_READ_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_NONBLOCK", 0)  # opening a named pipe would wait for its writer
    | getattr(os, "O_NOFOLLOW", 0)  # a link may lead to any file of the machine
)


# Read


def open_regular(path: Path) -> BinaryIO:
    """Open a file for reading. Raises OSError, also for a link, a folder or a pipe."""
    try:
        file = os.fdopen(os.open(path, _READ_FLAGS), "rb")
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OSError(errno.ELOOP, "links to other files are not followed") from error
        raise
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(errno.EINVAL, "not a regular file")
    return file


def read_bounded(path: Path, most: int) -> bytes:
    """Return a file's content. Raises OSError, also for a file of more than `most` bytes."""
    with open_regular(path) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise OSError(errno.EFBIG, f"it has more than {most:,} bytes")
    return content


def read_json(path: Path, most: int) -> Any:
    """Return the JSON in a file of at most `most` bytes. Raises OSError or ValueError."""
    return parse_json(read_bounded(path, most))


def parse_json(content: bytes) -> Any:
    """Read JSON. Raises ValueError, also for a value that is nested too deep."""
    try:
        return json.loads(content)
    except RecursionError:
        raise ValueError("nested too deep") from None


def printable(text: str) -> str:
    """Replace control characters, and those that change the direction of the text around them."""
    return upright(_CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text))


def is_number(value: Any) -> bool:
    """Return whether a value from JSON is a number that arithmetic and pages can use."""
    if type(value) is int:
        return abs(value) <= LARGEST_NUMBER
    return type(value) is float and math.isfinite(value)


# Write


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an OSError while writing `path` into a RunWriteError that says why."""
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


def write_atomic(path: Path, content: bytes, what: str) -> None:
    """Replace a file; `what` it holds names the steps of `hnviz.disk`.

    Raises RunWriteError and leaves the old file intact.
    """
    with writing(path):
        disk.replace(path, content, what)


def stamp(path: Path) -> str | None:
    """Return a string that changes when a file does; None if the file cannot be read."""
    with suppress(OSError):
        status = path.stat()
        return f"{status.st_mtime_ns:x}.{status.st_size:x}"
    return None


def age(path: Path) -> float:
    """Return the seconds since a file was last written. Raises OSError."""
    return time.time() - path.lstat().st_mtime


def remove_leftovers(folder: Path, seconds: float = -math.inf) -> None:
    """Delete the temporary files of killed processes in a folder that are older than `seconds`."""
    if folder.is_symlink():  # it may lead to a folder that is not hnviz's
        return
    for leftover in folder.glob(disk.LEFTOVERS):
        with suppress(OSError):
            if age(leftover) > seconds:
                leftover.unlink()


# Tensors


def write_tensors(path: Path, tensors: Mapping[str, np.ndarray]) -> None:
    """Write named arrays to a file atomically. Raises RunWriteError."""
    write_atomic(path, save(_ordered(tensors)), "snapshot")


def write_checkpoint(path: Path, before: Path, tensors: Mapping[str, np.ndarray]) -> None:
    """Write named arrays with a checksum, and wait for the disk. Raises RunWriteError.

    The previous checkpoint at `path` moves to `before`.
    """
    content = checkpoint_content(tensors)
    with writing(path):
        disk.replace_and_keep(path, content, before, "resume")


def checkpoint_content(tensors: Mapping[str, np.ndarray]) -> bytes:
    """Return named arrays as a file with a checksum."""
    ordered = _ordered(tensors)
    return save(ordered, metadata={CHECKSUM: _checksum(ordered)})


def read_tensors(path: Path, most: int) -> Tensors:
    """Read named arrays from a file of at most `most` bytes; a checksum in it must match.

    Raises FileNotFoundError or DamagedRun.
    """
    try:
        content = read_bounded(path, most)
        header = _header(content)
        tensors = load(content)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise DamagedRun(f"{path.name} cannot be read ({error.strerror})") from error
    except (SafetensorError, ValueError, KeyError) as error:
        reason = str(error)[:MAX_QUOTE_CHARS]
        raise DamagedRun(f"{path.name} cannot be read ({reason})") from error
    checksum = header.get("__metadata__", {}).get(CHECKSUM)
    if checksum is not None and checksum != _checksum(tensors):
        raise DamagedRun(f"{path.name} was changed after it was written: its checksum is wrong")
    return tensors


def _ordered(tensors: Mapping[str, np.ndarray]) -> Tensors:
    """Return the arrays in C order, since safetensors copies an array's memory as it is."""
    return {name: np.asarray(each, order="C") for name, each in tensors.items()}


def _header(content: bytes) -> dict[str, Any]:
    """Return the header of a safetensors file. Raises ValueError."""
    length = int.from_bytes(content[:8], "little")
    if length > MAX_HEADER_BYTES:
        raise ValueError(f"it has a header of {length:,} bytes, more than {MAX_HEADER_BYTES:,}")
    header = parse_json(content[8 : 8 + length])
    if not isinstance(header, dict) or not isinstance(header.get("__metadata__", {}), dict):
        raise ValueError("its header is not a JSON object")
    return header


def _checksum(tensors: Mapping[str, np.ndarray]) -> str:
    """Return a hash of names, types, shapes and values."""
    digest = blake2b(digest_size=16)
    for name, each in sorted(tensors.items()):
        digest.update(f"{name} {each.dtype.str} {each.shape};".encode())
        digest.update(np.ascontiguousarray(each).data)
    return digest.hexdigest()


# The lock shows whether a writer is alive


def take_lock(folder: Path) -> FileLock:
    """Become the only writer of a run folder. Raises RunBusy if it has one already."""
    # With thread_local, only the thread that took the lock could release it.
    lock = FileLock(folder / LOCK_NAME, thread_local=False)
    deadline = time.monotonic() + LOCK_SECONDS
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
            with writing(folder / LOCK_NAME):
                raise error
        time.sleep(0.01)


def note_writer(folder: Path) -> None:
    """Note that this process writes the run; skip the note if it cannot be written."""
    this = psutil.Process()
    note = {"pid": this.pid, "created": this.create_time()}
    with suppress(OSError):
        disk.replace(folder / NOTE_NAME, json.dumps(note).encode(), "note")


def is_locked(folder: Path) -> bool:
    """Return whether a run's writer is alive.

    The check takes a shared lock for a moment. Two checks never conflict, and a writer that starts
    during one tries again, so checking disturbs nothing.
    """
    try:
        descriptor = os.open(folder / LOCK_NAME, os.O_RDONLY)
    except OSError:
        return False  # the run never had a writer
    try:
        return held_by_other(descriptor, folder / LOCK_NAME)
    finally:
        os.close(descriptor)


def held_by_other(descriptor: int, path: Path) -> bool:
    """Return whether a process holds the lock of an open file; `path` is where it is."""
    if sys.platform == "win32":  # it has no shared locks: checks may conflict, so wait
        with suppress(Timeout), FileLock(path).acquire(timeout=0.05):
            return False
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


# Temporary folders


@contextmanager
def scratch() -> Iterator[Path]:
    """Make a temporary folder, and remove it on exit. Raises OSError.

    Also removes the folders of killed processes.
    """
    with tempfile.TemporaryDirectory(prefix=SCRATCH_PREFIX, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with FileLock(folder / SCRATCH_LOCK):  # held while this process is alive
            for other in folder.parent.glob(f"{SCRATCH_PREFIX}*"):
                with suppress(OSError, Timeout):
                    _remove_unowned(other, folder)
            yield folder


def _remove_unowned(folder: Path, own: Path) -> None:
    """Delete a folder whose owner has died. Raises OSError, or Timeout if the owner is alive."""
    lock = folder / SCRATCH_LOCK
    if _owner(folder) == _owner(own) and age(lock) > SCRATCH_SECONDS:
        FileLock(lock, timeout=0).acquire().lock.release()
        shutil.rmtree(folder, ignore_errors=True)


def _owner(folder: Path) -> tuple[int, int]:
    """Return owner and mode: those of a link, or of another user's folder, differ."""
    status = folder.lstat()
    return status.st_uid, status.st_mode
