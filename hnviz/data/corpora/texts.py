"""Users' own texts, found by a hash of their content, and their ids in files beside them.

A new text is held in memory, and stored beside the runs when a run first needs it. Since its name
is its hash, it does not matter in which folder it is found. Its ids are stored, too, so that no
other process has to split it; if they are missing or damaged, the text is split again.
"""

import json
import re
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from hnviz.data.corpora.base import CorpusError
from hnviz.data.tokens import Vocab

MAX_TEXT_BYTES = 5_000_000
MAX_TYPED_CHARS = 100_000  # in a box; a longer text comes as a file
MAX_HELD_CHARS = 50_000_000  # of all texts in memory: enough for a class that types at once

_HASH = re.compile(r"[0-9a-f]{20}")
IDS_SUFFIX = ".ids"
_LENGTH = struct.Struct("<I")  # length of the header
_DIGEST = 16  # bytes: a hash of everything after them

held: LRUCache[str, str] = LRUCache(MAX_HELD_CHARS, len)
"""Texts in memory, by hash."""
_lent: list[tuple[str, str]] = []
"""Hashes and texts of the zip files that are being imported; two may have the same text."""
_lock = threading.Lock()
folders: dict[Path, None] = {}
"""Folders to search for texts, in this order."""


def read_text(content: bytes) -> str:
    """Decode a user's text. Raises CorpusError, with a sentence for the page."""
    if len(content) > MAX_TEXT_BYTES:
        raise CorpusError(
            f"a text can have at most {MAX_TEXT_BYTES // 10**6} MB, and this one has "
            f"{len(content) / 10**6:.1f} MB: choose a shorter one"
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CorpusError(
            f"the file is not UTF-8 text (byte {error.start + 1:,}): save it as UTF-8 and choose "
            "it again"
        ) from error
    if "\0" in text:
        raise CorpusError(
            f"the text has a NUL byte (character {text.index(chr(0)) + 1:,}), so it is not plain "
            "text: choose a text file"
        )
    if not text.strip():
        raise CorpusError("the text is empty: type or paste some words, or choose a file")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def hold(text: str) -> str:
    """Hold a text in memory, where `text_of` finds it; return its hash."""
    name = _hash(text.encode())
    with _lock:
        held[name] = text
    return name


@contextmanager
def lent(text: str | None) -> Iterator[None]:
    """Let `text_of` find a text inside the block; it takes no room from the texts in memory."""
    entries = [] if text is None else [(_hash(text.encode()), text)]
    with _lock:
        _lent.extend(entries)
    try:
        yield
    finally:
        with _lock:
            for entry in entries:
                _lent.remove(entry)


def look_in(folder: Path) -> None:
    """Add a folder to search for texts."""
    folders[folder] = None


def is_known(name: str) -> bool:
    """Return whether a text is in memory, or stored unchanged."""
    return name in held or name in dict(_lent) or any(is_stored(folder, name) for folder in folders)


def is_stored(folder: Path, name: str) -> bool:
    """Return whether a folder has an unchanged copy of a text."""
    path = text_path(folder, name)
    try:
        status = path.stat()
    except OSError:
        return False
    return _is_whole(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=256)  # every read of a run asks this
def _is_whole(path: Path, stamp: int, size: int) -> bool:
    """Return whether a file's name is its hash; reads it again only after a change."""
    try:
        return size <= MAX_TEXT_BYTES and _hash(path.read_bytes()) == path.stem
    except OSError:
        return False


def text_of(name: str) -> str:
    """Return the text with a hash. Raises CorpusError if it is gone or was changed."""
    with _lock:
        text = held.get(name) or dict(_lent).get(name)
    if text is not None:
        return text
    for folder in folders:
        with suppress(OSError, UnicodeDecodeError):
            content = text_path(folder, name).read_bytes()
            if _hash(content) == name:
                return content.decode()
    raise missing(name)


def is_large(name: str) -> bool:
    """Return whether a text is too long for a box; False for one that is not here."""
    with _lock:
        text = held.get(name)
    if text is not None:
        return len(text) > MAX_TYPED_CHARS
    for folder in folders:
        with suppress(OSError):
            return text_path(folder, name).stat().st_size > MAX_TYPED_CHARS
    return False


def missing(name: str, folder: Path | None = None) -> CorpusError:
    """Return the error for a text that is missing or was changed."""
    where = folder or next(iter(folders), Path("runs"))
    return CorpusError(
        f"the run's own text is missing or was changed: put it back as {text_path(where, name)}"
    )


def text_path(folder: Path, name: str) -> Path:
    """Return the path of a text in a folder. Raises CorpusError for an invalid hash."""
    if not _HASH.fullmatch(name):
        raise CorpusError(f"a text's hash has 20 hex digits; got {name[:40]!r}")
    return folder / f"{name}.txt"


def _hash(content: bytes) -> str:
    return blake2b(content, digest_size=10).hexdigest()


class TextIds(NamedTuple):
    """Both splits as ids, int64 of shape (n_tokens,), and a hash of their tokens."""

    vocab: Vocab
    train: NDArray[np.int64]
    valid: NDArray[np.int64]
    content_hash: str


def pack_ids(found: TextIds) -> bytes:
    """Pack ids: a digest, the header's length, a JSON header, one or two bytes per token."""
    width = 1 if len(found.vocab) <= 256 else 2
    header = json.dumps(
        {
            "words": found.vocab.itos,
            "bytes": width,
            "train": len(found.train),
            "content_hash": found.content_hash,
        }
    ).encode()
    ids = (split.astype(f"<u{width}").tobytes() for split in (found.train, found.valid))
    body = b"".join([_LENGTH.pack(len(header)), header, *ids])
    return blake2b(body, digest_size=_DIGEST).digest() + body


def unpack_ids(content: bytes) -> TextIds | None:
    """Unpack ids; None if they are damaged."""
    body = content[_DIGEST:]
    if blake2b(body, digest_size=_DIGEST).digest() != content[:_DIGEST]:
        return None
    try:
        return _unpacked(body)
    except (struct.error, ValueError, TypeError, KeyError, RecursionError):
        return None  # from another version, or made by hand


def _unpacked(body: bytes) -> TextIds:
    (length,) = _LENGTH.unpack_from(body)
    start = _LENGTH.size + length
    header: dict[str, Any] = json.loads(body[_LENGTH.size : start])
    ids = np.frombuffer(body, f"<u{header['bytes']}", offset=start).astype(np.int64)
    train, valid = np.split(ids, [header["train"]])
    return TextIds(Vocab(tuple(header["words"])), train, valid, header["content_hash"])


def find_ids(corpus_id: str) -> TextIds | None:
    """Return the stored ids of an own text's corpus; None if there are none."""
    for folder in tuple(folders):
        with suppress(OSError):
            found = unpack_ids((folder / f"{corpus_id}{IDS_SUFFIX}").read_bytes())
            if found is not None:
                return found
    return None
