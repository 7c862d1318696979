"""Which numbers a run trains on, and which it is tested on.

A corpus of numbers holds 1 to 9,999, and there are two ways to split it:

- "notebook": train holds 1 to 7,999 and valid 8,001 to 9,999, as in the notebook. A network must
  extrapolate: no number that begins with "eight thousand" or "nine thousand" is in train.
- "blocks": valid holds 100 blocks of 20 consecutive numbers, 2,000 of the 9,999 (20.0 %, as in the
  notebook), and train holds the other 7,999. The blocks are drawn once, with a constant seed, so
  every run has the same ones. The draw is uniform over all ways to place 100 blocks in 1 to 9,999
  with at least one train number between any two.

Each text lists its numbers in rising order, so a "blocks" text jumps at the edges of a block:
there the next number is not the previous one plus one.
"""

from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hnviz.data.english import TRAIN_NUMBERS, VALID_NUMBERS

WAYS = ("notebook", "blocks")
"""The ways to split a corpus, as `RunConfig.split` names them."""

LAST_NUMBER = VALID_NUMBERS[-1]
BLOCK = 20  # numbers in a block
N_BLOCKS = 100
SEED = 17
"""The first seed that keeps the pages' examples on the same side as in the notebook's split: 8,314
to 8,320 are held out, and 1 to 29, 3,495 to 3,504, 4,290 to 4,329 and 5,030 to 5,044 are not."""


class TextChoice(Protocol):
    """Anything that names a corpus and its split, such as a `RunConfig`."""

    @property
    def corpus(self) -> str:
        """An id that `hnviz.data.corpora.value` knows."""

    @property
    def split(self) -> str:
        """One of the corpus's `ways`."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A corpus and its split, without a run."""

    corpus: str = "human_numbers"
    split: str = "notebook"


NOTEBOOK = Chosen()
"""The notebook's own text and split."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of both texts, as rising stretches without gaps."""

    train: tuple[range, ...]
    valid: tuple[range, ...]

    def of(self, text: str) -> NDArray[np.int64]:
        """Return all numbers of "train" or "valid", rising."""
        stretches = self.train if text == "train" else self.valid
        return np.concatenate([np.arange(each.start, each.stop) for each in stretches])

    def stretch_with(self, number: int) -> tuple[str, range] | None:
        """Return the text that holds a number, and the stretch around it; None if none does."""
        for text, stretches in (("train", self.train), ("valid", self.valid)):
            for stretch in stretches:
                if number in stretch:
                    return text, stretch
        return None


@cache
def numbers_split(way: str) -> Numbers:
    """Return the numbers of both texts for one of `WAYS`. Raises ValueError for another."""
    if way == "notebook":
        return Numbers((TRAIN_NUMBERS,), (VALID_NUMBERS,))
    if way == "blocks":
        return held_out(LAST_NUMBER, N_BLOCKS, SEED)
    raise ValueError(f"split must be one of {', '.join(WAYS)}; got {way!r}")


def held_out(last: int, n_blocks: int, seed: int) -> Numbers:
    """Draw blocks of 20 of the numbers 1 to `last` as valid; the others are train."""
    blocks = _draw_blocks(last, n_blocks, seed)
    return Numbers(_between(blocks, last), blocks)


def _draw_blocks(last: int, n_blocks: int, seed: int) -> tuple[range, ...]:
    """Draw the blocks.

    A placement is a choice of how many train numbers come before each block: for 100 of 9,999,
    100 different values from 0 to 7,999. `Random.random` gives the same sequence in every version
    of Python.
    """
    chance = Random(seed)
    before = sorted(range(last - n_blocks * BLOCK + 1), key=lambda _: chance.random())
    starts = [1 + n + BLOCK * block for block, n in enumerate(sorted(before[:n_blocks]))]
    return tuple(range(start, start + BLOCK) for start in starts)


def _between(blocks: tuple[range, ...], last: int) -> tuple[range, ...]:
    starts = (1, *(block.stop for block in blocks))
    stops = (*(block.start for block in blocks), last + 1)
    stretches = (range(start, stop) for start, stop in zip(starts, stops, strict=True))
    return tuple(stretch for stretch in stretches if stretch)
