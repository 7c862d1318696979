"""How a token stream is arranged in mini-batches. Pure arithmetic."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Slot(NamedTuple):
    """One place in an epoch; all three count from 0."""

    batch: int  # mini-batch
    row: int
    step: int


class Batch(NamedTuple):
    """One mini-batch; x and y are ids of shape (bs, bptt), y one token after x."""

    index: int  # type: ignore[assignment]  # the field's name; hides tuple.index
    x: NDArray[np.int64]
    y: NDArray[np.int64]


@dataclass(frozen=True)
class BatchLayout:
    """Where each token of a stream goes in fastai 1.0.61's mini-batches.

    The stream is cut into `bs` equal shares, one per row. Every mini-batch reads the next `bptt`
    tokens of every row, so row j of mini-batch k + 1 continues row j of mini-batch k. All
    mini-batches are full: a row that finishes its share reads on into the next row's share, and
    the last row wraps around to the start of the stream.
    """

    n_tokens: int
    bs: int  # rows read side by side
    bptt: int  # tokens read per row and mini-batch

    def __post_init__(self) -> None:
        for name in ("n_tokens", "bs", "bptt"):
            value = getattr(self, name)
            if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value < 1:
                raise ValueError(f"{name} must be a whole number of at least 1, got {value!r}")

    @property
    def n_batches(self) -> int:
        """Mini-batches in one pass over the stream."""
        return -(-self.n_tokens // (self.bptt * self.bs))

    @property
    def n_slots(self) -> int:
        """Slots in one pass, each holding one token."""
        return self.n_batches * self.bs * self.bptt

    @property
    def n_repeated(self) -> int:
        """Slots that read a token again: slots minus tokens."""
        return self.n_slots - self.n_tokens

    def crowding(self, name: str) -> str:
        """Warn that the text called `name` is shorter than one mini-batch; "" if it is not."""
        one = self.bs * self.bptt
        if one <= self.n_tokens:
            return ""
        room = self.n_tokens // self.bptt
        smaller = f"bs to {room:,}" if room else f"bptt to {self.n_tokens:,}"
        return (
            f"{name} has {self.n_tokens:,} tokens, and one mini-batch of {self.bs:,} x "
            f"{self.bptt:,} has {one:,} slots: a pass reads and counts each token "
            f"{one / self.n_tokens:.1f} times on average. Set {smaller} or less, or use a longer "
            "text."
        )

    @property
    def share(self) -> float:
        """Tokens between the starts of neighbouring rows; rarely a whole number."""
        return self.n_tokens / self.bs

    @property
    def row_length(self) -> int:
        """Tokens that one row reads in a pass."""
        return self.n_batches * self.bptt

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """Stream position at which each row starts, shape (bs,).

        ``int((n_tokens / bs) * row)`` in double precision, as in fastai; integer division gives
        other positions (13,017 tokens, bs 813).
        """
        return (self.share * np.arange(self.bs)).astype(np.int64)

    @cached_property
    def own(self) -> NDArray[np.int64]:
        """Tokens in each row's own share, shape (bs,); past it a row repeats the next row's."""
        return np.diff(self.starts, append=self.n_tokens)

    def position(self, batch: int, row: int, step: int) -> int:
        """Return the stream position that a slot reads.

        `batch` may be past the end of the epoch: it wraps around. This is how the notebook's
        ``show_batch`` can show mini-batch 3 of 3.
        """
        if batch < 0 or not 0 <= row < self.bs or not 0 <= step < self.bptt:
            raise IndexError(
                f"no slot at mini-batch {batch}, row {row}, step {step}: rows run from 0 to "
                f"{self.bs - 1}, steps from 0 to {self.bptt - 1}, mini-batches from 0"
            )
        return int(self.row_starts(batch)[row] + step) % self.n_tokens

    def slots(self, position: int) -> list[Slot]:
        """Return every slot of an epoch that reads a stream position, in reading order."""
        if not 0 <= position < self.n_tokens:
            raise IndexError(f"stream positions run from 0 to {self.n_tokens - 1}, got {position}")
        first = (position - self.starts) % self.n_tokens  # (bs,) tokens from each row's start
        found = [
            Slot(int(offset) // self.bptt, int(row), int(offset) % self.bptt)
            for row in np.flatnonzero(first < self.row_length)
            for offset in range(int(first[row]), self.row_length, self.n_tokens)
        ]
        return sorted(found)

    def repeats(self, batch: int) -> NDArray[np.bool_]:
        """Mark the slots of a mini-batch that are past their row's own share, (bs, bptt).

        Over an epoch, every stream position has exactly one unmarked slot.
        """
        offset = batch * self.bptt + np.arange(self.bptt)
        return offset[None, :] >= self.own[:, None]

    def row_starts(self, batch: int) -> NDArray[np.int64]:
        """Return the stream position at which each row of a mini-batch starts, shape (bs,)."""
        return (self.starts + batch * self.bptt) % self.n_tokens

    def all_row_starts(self) -> NDArray[np.int64]:
        """Return `row_starts` of every mini-batch of a pass, shape (n_batches, bs)."""
        return (self.starts + self.bptt * np.arange(self.n_batches)[:, None]) % self.n_tokens

    def positions(self, batch: int) -> NDArray[np.int64]:
        """Return the stream position of every slot of a mini-batch, shape (bs, bptt)."""
        return (self.row_starts(batch)[:, None] + np.arange(self.bptt)) % self.n_tokens

    def n_continued(self, batch: int) -> int:
        """Count the rows of a mini-batch that continue where the previous one stopped."""
        stopped = (self.row_starts(batch - 1) + self.bptt) % self.n_tokens
        return int((self.row_starts(batch) == stopped).sum())

    def batch(self, ids: NDArray[np.int64], index: int) -> Batch:
        """Cut one mini-batch out of a stream of `n_tokens` ids."""
        if len(ids) != self.n_tokens:
            raise ValueError(f"the layout is for {self.n_tokens} tokens, got {len(ids)}")
        positions = self.positions(index)
        return Batch(index, ids[positions], ids[(positions + 1) % self.n_tokens])


class ShuffledLayout(BatchLayout):
    """Consecutive windows of `bptt` tokens, dealt out to the rows at random.

    This is what a shuffling data loader feeds: no row continues another. A pass has as many
    mini-batches as the ordered layout; leftover slots get the first windows again.
    Windows are ordered by a hash of their number, so the order is the same on every visit and in
    hnviz/app/rooms/batches/grid/shuffled.js. Change both together.
    """

    @property
    def n_windows(self) -> int:
        """Distinct windows that cover the text; the last one wraps around to the beginning."""
        return -(-self.n_tokens // self.bptt)

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """The windows in the order in which they are dealt, shape (n_windows,)."""
        key = np.arange(1, self.n_windows + 1, dtype=np.uint32) * np.uint32(0x9E3779B9)
        for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):  # murmur3's last steps
            key = (key ^ (key >> np.uint32(shift))) * np.uint32(factor)
        return np.argsort(key ^ (key >> np.uint32(16)), kind="stable")

    def _dealt(self, batch: int) -> NDArray[np.int64]:
        """Return each row's place in the dealing order, shape (bs,)."""
        return batch * self.bs + np.arange(self.bs)

    def row_starts(self, batch: int) -> NDArray[np.int64]:
        """Return the stream position at which each row of a mini-batch starts, shape (bs,)."""
        return self.order[self._dealt(batch) % self.n_windows] * self.bptt

    def all_row_starts(self) -> NDArray[np.int64]:
        """Return `row_starts` of every mini-batch of a pass, shape (n_batches, bs)."""
        dealt = np.arange(self.n_batches * self.bs) % self.n_windows
        return (self.order[dealt] * self.bptt).reshape(self.n_batches, self.bs)

    def slots(self, position: int) -> list[Slot]:
        """Return every slot of a pass that reads a stream position, in reading order."""
        if not 0 <= position < self.n_tokens:
            raise IndexError(f"stream positions run from 0 to {self.n_tokens - 1}, got {position}")
        found = []
        for place in range(position, self.n_windows * self.bptt, self.n_tokens):
            window, step = divmod(place, self.bptt)
            first = int(np.flatnonzero(self.order == window)[0])
            dealt = range(first, self.n_batches * self.bs, self.n_windows)
            found += [Slot(*divmod(each, self.bs), step) for each in dealt]
        return sorted(found)

    def repeats(self, batch: int) -> NDArray[np.bool_]:
        """Mark the slots that repeat a token which another slot reads, shape (bs, bptt)."""
        dealt = self._dealt(batch)
        place = self.order[dealt % self.n_windows, None] * self.bptt + np.arange(self.bptt)
        return (dealt >= self.n_windows)[:, None] | (place >= self.n_tokens)


def batches(ids: NDArray[np.int64], layout: BatchLayout) -> Iterator[Batch]:
    """Yield the mini-batches of one epoch, in order."""
    for index in range(layout.n_batches):
        yield layout.batch(ids, index)
