"""The users' own texts, found by a hash of their content.

A text is held in memory when it comes, and stored beside the runs when a run first needs it. As
its name is its hash, it does not matter in which folder it is found.
"""

import re
from collections import OrderedDict
from contextlib import suppress
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path

from hnviz.data.corpora.value import CorpusError

MOST_BYTES = 5_000_000
MOST_HELD = 50_000_000  # characters of texts in memory: those of a class that types at once

_HASH = re.compile(r"[0-9a-f]{20}")
_held: OrderedDict[str, str] = OrderedDict()
_folders: dict[Path, None] = {}


def read_text(content: bytes) -> str:
    """Read a text that a user gave. Raises CorpusError, with a sentence for the page."""
    if len(content) > MOST_BYTES:
        raise CorpusError(
            f"a text can have at most {MOST_BYTES // 10**6} MB, and this one has "
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
    _held[name] = text
    _held.move_to_end(name)
    while len(_held) > 1 and sum(map(len, _held.values())) > MOST_HELD:
        _held.popitem(last=False)
    return name


def look_in(folder: Path) -> None:
    """Look for texts in this folder too."""
    _folders[folder] = None


def folders() -> tuple[Path, ...]:
    """Return the folders that are looked in."""
    return tuple(_folders)


def is_known(name: str) -> bool:
    """Return whether a text is held, or stored as it was."""
    return name in _held or any(is_stored(folder, name) for folder in _folders)


def is_stored(folder: Path, name: str) -> bool:
    """Return whether a folder has a text as it was."""
    path = text_path(folder, name)
    try:
        status = path.stat()
    except OSError:
        return False
    return _is_whole(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=256)  # each look at a run asks again
def _is_whole(path: Path, stamp: int, size: int) -> bool:
    """Return whether a file has the hash that is its name; it is read once while it is as it is."""
    try:
        return size <= MOST_BYTES and _hash(path.read_bytes()) == path.stem
    except OSError:
        return False


def text_of(name: str) -> str:
    """Return the text with a hash. Raises CorpusError if it is gone or was changed."""
    if name in _held:
        return _held[name]
    for folder in _folders:
        with suppress(OSError, UnicodeDecodeError):
            content = text_path(folder, name).read_bytes()
            if _hash(content) == name:
                return content.decode()
    raise missing(name)


def missing(name: str, folder: Path | None = None) -> CorpusError:
    """Return the error for a text that is not there, or no longer as it was."""
    where = folder or next(iter(_folders), Path("runs"))
    return CorpusError(
        f"the run's own text is missing or was changed: put it back as {text_path(where, name)}"
    )


def text_path(folder: Path, name: str) -> Path:
    """Return where a folder has a text. Raises CorpusError for what is no hash."""
    if not _HASH.fullmatch(name):
        raise CorpusError(f"a text's hash has 20 hex digits; got {name[:40]!r}")
    return folder / f"{name}.txt"


def _hash(content: bytes) -> str:
    return blake2b(content, digest_size=10).hexdigest()
