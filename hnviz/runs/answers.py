"""Stored answers: those in the package about pre-trained runs, and those beside the user's runs.

An answer is bytes under a name made from everything that determines it. One that cannot be read
counts as missing. If the folder cannot be written, answers are computed again.
"""

import json
import logging
import threading
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, lru_cache
from hashlib import blake2b, file_digest
from io import BytesIO
from pathlib import Path
from typing import Any, cast
from zipfile import ZIP_STORED, BadZipFile, ZipFile, ZipInfo

import numpy as np

import hnviz
from hnviz import disk
from hnviz.own import identity_of
from hnviz.runs.files import CONFIG, open_regular, read_bounded, stamp, write_atomic, writing
from hnviz.runs.folder import RunFolder, RunInfo

ANSWERS = ".answers"  # beside the runs; no run id begins with a dot
SHIPPED = "answers.zip"  # in the folder of a pre-trained run
RECORDED_ANSWERS = "answers"  # in the folder of a recorded run: a file for each snapshot
LASTING = "recorded"  # in place of a version: a recorder's answers cannot be computed again
MOST = 500_000_000  # bytes of all answers beside the runs
LARGEST = 8 * 2**20  # bytes of one answer, unpacked
LEVEL = 6  # of compression
STRIDE = 8  # bytes in the largest numbers
FORMAT = "safetensors"  # of an answer's bytes: answers in an older format have other names

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Named:
    """A question about one snapshot, and what its answer depends on."""

    snapshot: str  # a hash of the weights, and of the settings that say how to use them
    question: str
    params: str  # JSON

    def name(self, version: str) -> str:
        """Return the name of the answer that a version of the code gives."""
        whole = json.dumps([FORMAT, self.snapshot, self.question, self.params, version])
        return blake2b(whole.encode(), digest_size=16).hexdigest()


def named(folder: RunFolder, step: int, question: str, params: Mapping[str, Any]) -> Named:
    """Describe a question about a snapshot. Raises OSError, DamagedRun, or TypeError for params."""
    path = folder.snapshot_path(step)
    if (found := stamp(path)) is None:  # a missing file has no hash to store
        raise FileNotFoundError(path)
    info = _info(folder.path, stamp(folder.path / CONFIG))
    model = (info.model_identity, identity_of(info.config.model))
    settings = json.dumps([info.config.to_dict(), info.content_hash, model], sort_keys=True)
    snapshot = blake2b(f"{_hash(path, found)} {settings}".encode(), digest_size=16).hexdigest()
    return Named(snapshot, question, json.dumps(dict(params), sort_keys=True))


@lru_cache(maxsize=256)
def _info(path: Path, found: str | None) -> RunInfo:
    """Read a run's config.json; read it again only when its stamp has changed."""
    return RunFolder(path).info()


@lru_cache(maxsize=4096)
def _hash(path: Path, found: str) -> str:
    """Hash a file; read it again only when its stamp has changed."""
    with open_regular(path) as file:
        return file_digest(cast(Any, file), "sha256").hexdigest()


@cache
def release() -> str:
    """Return the version and a short hash of the Python files that the process started with.

    Stored answers and addresses hold it, so nobody sees the answers of older code.
    """
    root = Path(hnviz.__file__).parent
    found = blake2b(digest_size=4)
    for path in sorted(root.rglob("*.py")):
        found.update(path.relative_to(root).as_posix().encode())
        found.update(path.read_bytes())
    return f"{hnviz.__version__}.{found.hexdigest()}"


def shipped_answer(folder: RunFolder, name: str) -> bytes | None:
    """Return an answer that came with a pre-trained run, or None."""
    archive = _opened(folder.path / SHIPPED) if folder.shipped else None
    try:
        return unsqueezed(archive.read(name)) if archive else None
    except (KeyError, OSError, BadZipFile, ValueError):
        return None


def recorded_answer(folder: RunFolder, step: int, name: str) -> bytes | None:
    """Return an answer that the recorder of a run stored with a snapshot, or None."""
    path = answers_path(folder, step)
    if not path.is_file():  # perhaps not yet: so the next look must look again
        return None
    archive = _opened(path)
    try:
        return unsqueezed(archive.read(name)) if archive else None
    except (KeyError, OSError, BadZipFile, ValueError):
        return None


def answers_path(folder: RunFolder, step: int) -> Path:
    """Return the path of the answers that a recorder stores with a snapshot."""
    return folder.path / RECORDED_ANSWERS / f"{step}.zip"


def shipped_answers(folder: RunFolder) -> dict[str, tuple[Any, ...]]:
    """Return the answers' names, each with its step, question, parameters and version."""
    archive = _opened(folder.path / SHIPPED)
    listed = archive.infolist() if archive else []
    return {each.filename: tuple(json.loads(each.comment)) for each in listed}


@lru_cache(maxsize=64)
def _opened(path: Path) -> ZipFile | None:
    try:
        return ZipFile(path)
    except (OSError, BadZipFile):
        return None


def ship_answers(folder: Path, answers: Mapping[str, tuple[tuple[Any, ...], bytes]]) -> None:
    """Write the answers that `shipped_answers` lists, each with its bytes from `squeezed`.

    Raises RunWriteError.
    """
    write_atomic(folder / SHIPPED, _joined(answers), "shipped")
    _opened.cache_clear()


def store_recorded(
    folder: RunFolder, step: int, answers: Mapping[str, tuple[tuple[Any, ...], bytes]]
) -> None:
    """Write the answers that `recorded_answer` finds. Raises RunWriteError."""
    path = answers_path(folder, step)
    with writing(path):
        path.parent.mkdir(exist_ok=True)
    write_atomic(path, _joined(answers), "recorded-answers")


def _joined(answers: Mapping[str, tuple[tuple[Any, ...], bytes]]) -> bytes:
    """Put answers into one file, each with what it is about."""
    whole = BytesIO()
    with ZipFile(whole, "w", ZIP_STORED) as made:
        for name, (about, packed) in sorted(answers.items()):
            member = ZipInfo(name)  # dated 1980, so that equal answers give equal files
            member.comment = json.dumps(about).encode()
            made.writestr(member, packed)
    return whole.getvalue()


def squeezed(content: bytes) -> bytes:
    """Compress an answer: the first bytes of all its numbers, then all second bytes, and so on.

    Bytes at the same place are much alike; counts and shares then take a third of the space.
    """
    whole = content + bytes(-len(content) % STRIDE)
    rows = np.frombuffer(whole, np.uint8).reshape(-1, STRIDE).T
    return len(content).to_bytes(4, "little") + zlib.compress(rows.tobytes(), LEVEL)


class KeptAnswers:
    """The answers stored beside the runs: the newest, up to a number of bytes."""

    def __init__(self, runs_dir: Path, most: int = MOST) -> None:
        self._folder, self._most = runs_dir / ANSWERS, most
        self._lock = threading.Lock()
        self._size: int | None = None  # bytes; None before the first look

    def get(self, name: str) -> bytes | None:
        """Return an answer, or None; a damaged file is deleted."""
        path = self._folder / name
        try:
            packed = read_bounded(path, LARGEST)
        except OSError:
            return None
        try:
            return unsqueezed(packed)
        except ValueError:
            with suppress(OSError):
                path.unlink()
            return None

    def put(self, name: str, content: bytes) -> None:
        """Store an answer, unless it is too large or the folder cannot be written."""
        if len(content) > LARGEST:
            return
        packed = squeezed(content)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            disk.replace(self._folder / name, packed, "answer")
            self._make_room(len(packed))
        except OSError as error:
            log.debug("an answer was not stored: %s", error)

    def _make_room(self, more: int) -> None:
        with self._lock:
            self._size = self._files_size() if self._size is None else self._size + more
            if self._size > self._most:
                self._size = self._drop_oldest()

    def _files_size(self) -> int:
        return sum(size for _, size, _ in self._files())

    def _files(self) -> list[tuple[float, int, Path]]:
        """List the time, the bytes and the path of each file, the oldest first."""
        found = []
        for path in self._folder.iterdir():
            with suppress(OSError):  # another process has just deleted it
                status = path.lstat()
                found.append((status.st_mtime, status.st_size, path))
        return sorted(found)

    def _drop_oldest(self) -> int:
        """Delete files until a tenth is free; return the bytes of the remaining ones."""
        files = self._files()
        size = sum(each for _, each, _ in files)
        for _, each, path in files:
            if size <= 0.9 * self._most:
                break
            with suppress(OSError):
                path.unlink()
            size -= each
        return size


def unsqueezed(packed: bytes) -> bytes:
    """Undo `squeezed`. Raises ValueError for damaged bytes, or more than LARGEST."""
    reader, size = zlib.decompressobj(), int.from_bytes(packed[:4], "little")
    try:
        content = reader.decompress(packed[4:], LARGEST + STRIDE)
    except zlib.error as error:
        raise ValueError(f"the answer is damaged: {error}") from error
    if not reader.eof or size > LARGEST or len(content) != size + -size % STRIDE:
        raise ValueError("the answer is cut off, or too long")
    return np.frombuffer(content, np.uint8).reshape(STRIDE, -1).T.tobytes()[:size]
