"""A cache of packed answers."""

import gzip
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Generic, TypeVar

KEPT_BYTES = 64 * 2**20
LARGEST_KEPT = 8 * 2**20  # bytes of one answer
SMALLEST_ZIPPED = 1024  # bytes
SAMPLE = 2**14  # bytes that show whether zipping a large answer pays
PAYS = 0.8  # of the size; saving less costs more time than it saves

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

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return len(self.content) + len(self.zipped or b"")

    @classmethod
    def of(cls, content: bytes) -> "Entry":
        """Zip content where that pays, and tag it with its hash."""
        return cls(content, zipped(content), content_tag(content))


Value = TypeVar("Value")


class Kept(Generic[Value]):
    """The most recent values, up to a number of bytes."""

    def __init__(
        self, most: int = KEPT_BYTES, largest: int = LARGEST_KEPT, *, size: Callable[[Value], int]
    ) -> None:
        """`size` returns the bytes of a value; one of more than `largest` is not kept."""
        self._most, self._largest, self._size_of = most, largest, size
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        self._lock = threading.Lock()
        self.size = 0  # bytes

    def get(self, key: Hashable) -> Value | None:
        """Return a value, or None."""
        with self._lock:
            value = self._values.get(key)
            if value is not None:
                self._values.move_to_end(key)
            return value

    def put(self, key: Hashable, value: Value) -> None:
        """Keep a value, unless it is too large."""
        size = self._size_of(value)
        with self._lock:
            old = self._values.pop(key, None)
            self.size -= 0 if old is None else self._size_of(old)
            if size > self._largest:
                return
            self._values[key] = value
            self.size += size
            while self.size > self._most:
                self.size -= self._size_of(self._values.popitem(last=False)[1])


def kept_entries(most: int = KEPT_BYTES, largest: int = LARGEST_KEPT) -> Kept[Entry]:
    """Return a cache of packed answers."""
    return Kept(most, largest, size=lambda entry: entry.size)


def content_tag(content: bytes) -> str:
    """Return the ETag of bytes."""
    return f'W/"{blake2b(content, digest_size=12).hexdigest()}"'


def zipped(content: bytes, level: int = 1, smallest: int = SMALLEST_ZIPPED) -> bytes | None:
    """Zip bytes where that pays: for codes and ids, rarely for trained weights and states."""
    if len(content) < smallest:
        return None
    if len(content) > 4 * SAMPLE:
        middle = len(content) // 2
        sample = content[middle : middle + SAMPLE]
        if len(gzip.compress(sample, 1, mtime=0)) > PAYS * len(sample):
            return None
    small = gzip.compress(content, level, mtime=0)
    return small if len(small) <= PAYS * len(content) else None
