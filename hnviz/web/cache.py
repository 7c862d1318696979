"""A cache of packed answers and files, their ETags, and the release in their addresses."""

import gzip
import threading
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from cachetools import LRUCache

import hnviz

MAX_BYTES = 128 * 2**20
MAX_ENTRY_BYTES = 8 * 2**20  # for one answer
MIN_ZIPPED_BYTES = 1024
SAMPLE_BYTES = 2**14  # enough to show whether zipping a large answer pays
PAYS = 0.8  # of the size at most; a smaller saving costs more time than it saves

Source = tuple[str, int | str, str]
"""A run's id, a step or "last", and the version of the snapshot that was read for it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One packed answer."""

    content: bytes
    zipped: bytes | None  # None where that does not pay
    tag: str  # the ETag
    lasting: bool = True  # the address with its version always gives this content
    others: tuple[Source, ...] = ()  # other snapshots that it was made from

    def __len__(self) -> int:
        """Bytes in memory."""
        return len(self.content) + len(self.zipped or b"")

    @classmethod
    def of(cls, content: bytes) -> "Entry":
        """Zip content where that pays, and tag it with its hash."""
        return cls(content, zipped(content), content_tag(content))


class Cache:
    """The most recently used values, whose sizes `len` gives. Thread-safe."""

    def __init__(self, most: int = MAX_BYTES, largest: int = MAX_ENTRY_BYTES) -> None:
        """Hold up to `most` bytes; a value of more than `largest` bytes is not stored."""
        self._values: LRUCache[Hashable, Any] = LRUCache(most, len)
        self._largest = largest
        self._lock = threading.Lock()

    @property
    def size(self) -> int:
        """Total size of all values, in bytes."""
        return int(self._values.currsize)

    def get(self, key: Hashable) -> Any:
        """Return a value, or None."""
        with self._lock:
            return self._values.get(key)

    def put(self, key: Hashable, value: Any) -> None:
        """Store a value, unless it is too large."""
        with self._lock:
            self._values.pop(key, None)
            if len(value) <= self._largest:
                self._values[key] = value


def content_tag(content: bytes) -> str:
    """Return the ETag of bytes."""
    return f'W/"{blake2b(content, digest_size=12).hexdigest()}"'


def zipped(content: bytes, level: int = 1, smallest: int = MIN_ZIPPED_BYTES) -> bytes | None:
    """Zip bytes where that pays: for codes and ids, rarely for trained weights and states."""
    if len(content) < smallest:
        return None
    if len(content) > 4 * SAMPLE_BYTES:
        middle = len(content) // 2
        sample = content[middle : middle + SAMPLE_BYTES]
        if len(gzip.compress(sample, 1, mtime=0)) > PAYS * len(sample):
            return None
    small = gzip.compress(content, level, mtime=0)
    return small if len(small) <= PAYS * len(content) else None


@cache
def release() -> str:
    """Return the version and a short hash of the Python files that the process started with.

    Addresses hold it, so no browser shows the answers of older code.
    """
    root = Path(hnviz.__file__).parent
    found = blake2b(digest_size=4)
    for path in sorted(root.rglob("*.py")):
        found.update(path.relative_to(root).as_posix().encode())
        found.update(path.read_bytes())
    return f"{hnviz.__version__}.{found.hexdigest()}"
