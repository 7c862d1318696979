"""The same text cut at random: what mini-batches are without continuity."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hnviz.data.layout import BatchLayout, Slot


class ShuffledLayout(BatchLayout):
    """Windows of `bptt` tokens, cut one after another, then dealt out to the rows by chance.

    As a data loader with shuffling on would feed them: no row continues another. The pass has
    as many mini-batches as in order; slots that are left over deal the first windows again.
    The order is that of a hash of the window's number, so that it is the same on every visit,
    and the same in hnviz/app/rooms/batches/grid/shuffled.js, which must be changed with it.
    """

    @property
    def n_windows(self) -> int:
        """Different windows that cover the text; the last one reads on into the beginning."""
        return -(-self.n_tokens // self.bptt)

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """Window that is dealt first, second, ..., shape (n_windows,)."""
        key = np.arange(1, self.n_windows + 1, dtype=np.uint32) * np.uint32(0x9E3779B9)
        for shift, factor in ((16, 0x85EBCA6B), (13, 0xC2B2AE35)):  # murmur3's last steps
            key = (key ^ (key >> np.uint32(shift))) * np.uint32(factor)
        return np.argsort(key ^ (key >> np.uint32(16)), kind="stable")

    def _dealt(self, batch: int) -> NDArray[np.int64]:
        """Return the place of each row in the order of dealing, shape (bs,)."""
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
        """Mark the slots that read what another one reads already, shape (bs, bptt)."""
        dealt = self._dealt(batch)
        place = self.order[dealt % self.n_windows, None] * self.bptt + np.arange(self.bptt)
        return (dealt >= self.n_windows)[:, None] | (place >= self.n_tokens)
