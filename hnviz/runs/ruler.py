"""The memory ruler: how often any predictor can be right that knows only the last k tokens.

The best such predictor is a table from the last k tokens to the token that follows them most
often, fitted on the very text that it is judged on: no other function of k tokens is right more
often there. So an accuracy above the k-token bound proves that more than k tokens are used. One
below it proves nothing: what is left out may be skill, not memory.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hnviz.data import BatchLayout, Text, split_text

Ids = NDArray[np.int64]

LONGEST = 8  # tokens; human numbers are told for certain by 7
LONGEST_WINDOW = 512  # tokens, of which the means over every cut are kept
MOST_ONCE = 0.3
"""A bound is shown up to this share of contexts seen once: such a context is a sure hit."""

BITS = 62  # of a context packed into one whole number
FOLLOWED = 64  # tokens of a row's past that are told apart; past them 1 is taken, a bound too


class Bound(NamedTuple):
    """The best that `k` tokens allow on one text."""

    k: int
    accuracy: float
    once: float  # share of positions whose context stands nowhere else

    @property
    def shown(self) -> bool:
        """Tell whether enough contexts are seen again for the bound to mean something."""
        return self.once <= MOST_ONCE


@dataclass(frozen=True, eq=False)
class PositionBounds:
    """The best at each position of a window, arrays of shape (bptt,)."""

    accuracy: NDArray[np.float64]
    once: NDArray[np.float64]  # as in `Bound`, among the slots at that position

    @property
    def mean(self) -> float:
        """The best over all positions together."""
        return float(self.accuracy.mean())


def token_bounds(ids: Ids, longest: int = LONGEST) -> tuple[Bound, ...]:
    """Return the bounds for 1 to `longest` tokens of a text, fewer if the text is shorter.

    Counted are the positions that have k tokens before their answer; the text does not wrap.
    """
    tokens, width = _dense(_checked(ids))
    context, bits = tokens, width
    bounds = []
    for k in range(1, min(longest, len(tokens) - 1) + 1):
        if bits + width > BITS:
            context, bits = _dense(context)
        context = (context[:-1] << width) | tokens[k:]  # each context with its answer
        bits += width
        bounds.append(Bound(k, *_best(context, width)))
    return tuple(bounds)


def position_bounds(ids: Ids, layout: BatchLayout, *, kept: bool) -> PositionBounds:
    """Return the bound at each position of a window, over the slots of one pass at that position.

    With the state reset before every mini-batch, position t knows the t + 1 tokens of its own
    window up to there. With it `kept` it knows all that its row has read since the pass began,
    which a layout that was cut at random has no bound for: what a row read is other text.
    """
    ids = _checked(ids)
    if len(ids) != layout.n_tokens:
        raise ValueError(f"the layout is for {layout.n_tokens} tokens, got {len(ids)}")
    if kept:
        found = _walk(ids, layout.starts, min(layout.row_length, FOLLOWED))
        by_batch = np.ones((2, layout.n_batches, layout.bptt))
        by_batch.reshape(2, -1)[:, : found.shape[1]] = found
        accuracy, once = by_batch.mean(axis=1)
    else:
        accuracy, once = _walk(ids, layout.all_row_starts().ravel(), layout.bptt)
    return PositionBounds(accuracy, once)


def any_cut_mean(ids: Ids, bptt: int) -> float:
    """Return the mean bound of windows with a reset state, over every way to cut the text.

    Each token then stands once at every position, so position t has the bound of t + 1 tokens.
    A layout's own windows are one cut of these: fewer slots a position, fewer contexts seen
    again, a higher bound.
    """
    return float(_means(token_bounds(ids, min(bptt, 2 * LONGEST)), bptt)[-1])


def _means(bounds: tuple[Bound, ...], longest: int) -> NDArray[np.float64]:
    """Average the bounds of 1 to t tokens, for each t up to `longest`; past them 1 is taken."""
    best = np.ones(longest)
    best[: len(bounds)] = [bound.accuracy for bound in bounds[:longest]]
    return np.cumsum(best) / np.arange(1, longest + 1)


@lru_cache(maxsize=32)
def text_bounds(text: Text) -> tuple[Bound, ...]:
    """Return the bounds of a text; those of human numbers and of the last few are kept."""
    return token_bounds(text.ids)


@lru_cache(maxsize=256)
def text_position_bounds(text: Text, layout: BatchLayout, *, kept: bool) -> PositionBounds:
    """Return the bounds of a text by position, and keep them."""
    return position_bounds(text.ids, layout, kept=kept)


@lru_cache(maxsize=32)
def text_any_cut_means(text: Text) -> NDArray[np.float64]:
    """Return `any_cut_mean` of a text for windows of 1 to 512 tokens, shape (512,)."""
    return _means(token_bounds(text.ids, 2 * LONGEST), LONGEST_WINDOW)


def split_bounds(split: str) -> tuple[Bound, ...]:
    """Return the bounds of human numbers' "train" or "valid"."""
    return text_bounds(split_text(split))


def split_position_bounds(split: str, layout: BatchLayout, *, kept: bool) -> PositionBounds:
    """Return the bounds by position of human numbers' "train" or "valid"."""
    return text_position_bounds(split_text(split), layout, kept=kept)


def split_any_cut_mean(split: str, bptt: int) -> float:
    """Return `any_cut_mean` of human numbers' "train" or "valid"."""
    return float(text_any_cut_means(split_text(split))[bptt - 1])


def _walk(ids: Ids, begins: Ids, n_steps: int) -> NDArray[np.float64]:
    """Read from all `begins` at once; return bound and share seen once, (2, n_steps)."""
    tokens, width = _dense(ids)
    context, bits = np.zeros(len(begins), dtype=np.int64), 0
    found = np.empty((2, n_steps))
    for step, (token, answer) in enumerate(_steps(tokens, begins, n_steps)):
        if bits + 2 * width > BITS:
            context, bits = _dense(context)
        context = (context << width) | token
        bits += width
        found[:, step] = _best((context << width) | answer, width)
    return found


def _steps(tokens: Ids, begins: Ids, n_steps: int) -> Iterator[tuple[Ids, Ids]]:
    """Yield what stands at each step and what follows it; a text goes on around its end."""
    for step in range(n_steps):
        yield tokens[(begins + step) % len(tokens)], tokens[(begins + step + 1) % len(tokens)]


def _best(pairs: Ids, width: int) -> tuple[float, float]:
    """Return the best table's share of hits, and the share of contexts seen once.

    `pairs` holds a context and, in its lowest `width` bits, the token that followed.
    """
    pairs = np.sort(pairs)
    begins = _begins(pairs)  # of each different pair
    counts = np.diff(begins, append=len(pairs))
    groups = _begins(pairs[begins] >> width)  # of each different context
    hits = np.maximum.reduceat(counts, groups).sum()
    once = np.count_nonzero(np.diff(begins[groups], append=len(pairs)) == 1)
    return float(hits / len(pairs)), float(once / len(pairs))


def _begins(ordered: Ids) -> NDArray[np.intp]:
    """Return the index at which each run of equal values begins."""
    return np.concatenate([[0], np.flatnonzero(ordered[1:] != ordered[:-1]) + 1])


def _dense(values: Ids) -> tuple[Ids, int]:
    """Number the different values from 0; return the numbers and the bits that hold them."""
    top = int(values.max(initial=0))
    if values.min(initial=0) >= 0 and top <= 4 * len(values):  # ids of a vocab: no need to sort
        seen = np.zeros(top + 1, dtype=bool)
        seen[values] = True
        numbers = (np.cumsum(seen) - 1)[values]
        n_different = int(np.count_nonzero(seen))
    else:
        different, numbers = np.unique(values, return_inverse=True)
        n_different = len(different)
    return numbers.astype(np.int64), max(1, (n_different - 1).bit_length())


def _checked(ids: Ids) -> Ids:
    ids = np.asarray(ids)
    if ids.ndim != 1 or (ids.size and ids.dtype.kind not in "iu"):
        raise ValueError(f"ids must be whole numbers in one row, got {ids.dtype} {ids.shape}")
    return ids
