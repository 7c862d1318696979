"""The same text cut at random: mini-batches without continuity."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hnviz.data.layout import BatchLayout, Slot


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
