"""A generator without randomness: one text, again and again."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from hnviz.tasks.machine import Best, TaskError

MAX_TOKENS = 100_000


@dataclass(frozen=True, eq=False)
class Cycle:
    """A text that repeats forever. Every figure is counted over one period."""

    tokens: tuple[str, ...]
    ids: NDArray[np.int64]  # (period,), the shortest stretch that repeats
    limit: ClassVar[float] = 1.0  # a predictor that knows its place is always right
    least: ClassVar[float] = 0.0
    deviation: ClassVar[float] = 0.0
    answers: ClassVar[float] = 0.0

    @classmethod
    def of(cls, text: Sequence[str]) -> "Cycle":
        """Make the cycle of a text. Raises TaskError if it is empty or too long."""
        if not 0 < len(text) <= MAX_TOKENS:
            raise TaskError(
                f"a repeated text must have 1 to {MAX_TOKENS:,} tokens, got {len(text):,}"
            )
        tokens = tuple(dict.fromkeys(text))
        numbers = {token: number for number, token in enumerate(tokens)}
        ids = np.array([numbers[token] for token in text])
        return cls(tokens, ids[: _period(ids)])

    @property
    def blind(self) -> Best:
        """The best result without context: from the most frequent token, and all frequencies."""
        return self.best(0)

    @property
    def n_needed(self) -> int:
        """The states that any machine needs: they repeat with the text, and not earlier."""
        return len(self.ids)

    @cached_property
    def _doubled(self) -> list[NDArray[np.int64]]:
        """Number the contexts of 1, 2, 4, ... tokens that end at each position."""
        found = [self.ids]
        while 2 ** len(found) <= len(self.ids):
            behind = np.roll(found[-1], 2 ** (len(found) - 1))
            found.append(_pairs(behind, found[-1]))
        return found

    def contexts(self, k: int) -> NDArray[np.int64]:
        """Number the different contexts of k tokens; return that of each position, (period,)."""
        if k == 0:
            return np.zeros_like(self.ids)
        if k > len(self.ids):
            return np.arange(len(self.ids))
        power = k.bit_length() - 1
        behind = np.roll(self._doubled[power], k - 2**power)
        return _pairs(behind, self._doubled[power])

    def best(self, k: int) -> Best:
        """Return the best result of a predictor that sees the last k tokens."""
        return _counted(self.contexts(k), np.roll(self.ids, -1))

    @cached_property
    def context(self) -> int:
        """The fewest tokens that always determine the next one, found by bisection."""
        low, high = 0, len(self.ids)  # a whole period always does
        while low < high:
            middle = (low + high) // 2
            if self.best(middle).accuracy == 1:
                high = middle
            else:
                low = middle + 1
        return low

    def curve(self, longest: int) -> list[Best]:
        """Return `best` for 1, 2, ... tokens, up to a sufficient context."""
        return [self.best(k) for k in range(1, min(longest, max(1, self.context)) + 1)]

    def curve_from(self, starts: NDArray[np.int64], longest: int) -> list[Best]:
        """Return the best results after 1, 2, ... tokens of texts that start at some places."""
        found = []
        for k in range(1, longest + 1):
            ends = (starts + k - 1) % len(self.ids)
            found.append(_counted(self.contexts(k)[ends], self.ids[(ends + 1) % len(self.ids)]))
        return found

    def first_place(self, seed: int) -> int:
        """Return the place at which the text of a seed starts: for 0, the beginning."""
        return int(np.random.default_rng(seed).integers(len(self.ids))) if seed else 0

    def write(self, n_tokens: int, seed: int) -> list[str]:
        """Write a text; the same seed gives the same text."""
        places = (self.first_place(seed) + np.arange(n_tokens)) % len(self.ids)
        return [self.tokens[token] for token in self.ids[places]]


def _counted(contexts: NDArray[np.int64], answers: NDArray[np.int64]) -> Best:
    """Count what followed each context; contexts are numbered from 0."""
    pairs = _pairs(contexts, answers)
    first, counts = np.unique(pairs, return_index=True, return_counts=True)[1:]
    totals = np.bincount(contexts)
    best = np.zeros(len(totals), dtype=np.int64)
    np.maximum.at(best, contexts[first], counts)
    seen = totals[totals > 0]
    loss = max(0.0, float(seen @ np.log(seen) - counts @ np.log(counts)) / len(pairs))
    return Best(float(best.sum() / len(pairs)), float("nan"), loss)


def _pairs(left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number the different pairs."""
    return np.unique(left * (int(right.max()) + 1) + right, return_inverse=True)[1].ravel()


def _period(ids: NDArray[np.int64]) -> int:
    """Return the shortest stretch whose repetition is the whole text."""
    n = len(ids)
    shorter = (length for length in range(1, n // 2 + 1) if n % length == 0)
    return next((step for step in shorter if (ids == np.roll(ids, step)).all()), n)
