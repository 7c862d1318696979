"""The numbers 1 to 9,999 in English words, and which of them train and valid hold.

The words are those of fast.ai's data. A corpus of numbers can be split in two ways:

- "notebook": train holds 1 to 7,999 and valid 8,001 to 9,999, as in the notebook. A network must
  extrapolate: no number that begins with "eight thousand" or "nine thousand" is in train.
- "blocks": valid holds 100 blocks of 20 consecutive numbers, 2,000 of the 9,999 (20.0 %, as in the
  notebook), and train holds the other 7,999. The blocks are drawn with a constant seed, so they are
  the same for every run. The draw is uniform over all ways to place 100 blocks in 1 to 9,999 with
  at least one train number between any two.

Each text lists its numbers in rising order, so a "blocks" text jumps at the edges of a block:
there, the next number is not the previous one plus one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from random import Random

import numpy as np
from numpy.typing import NDArray

ONES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
TEENS = (
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
)
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
PLACES = ("hundred", "thousand")

TRAIN_NUMBERS = range(1, 8000)
# 8000 is in neither split: the notebook's prose mentions 8000, but its printed data start at 8001.
VALID_NUMBERS = range(8001, 10000)

WAYS = ("notebook", "blocks")
"""The ways to split a corpus, by their names in `RunConfig.split`."""

LAST_NUMBER = VALID_NUMBERS[-1]
BLOCK = 20  # numbers in a block
N_BLOCKS = 100
SEED = 17
"""The first seed that keeps the pages' examples on the same side as in the notebook's split: 8,314
to 8,320 are held out, and 1 to 29, 3,495 to 3,504, 4,290 to 4,329 and 5,030 to 5,044 are not."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Two texts: one to train on, one to test on."""

    train: str
    valid: str


def number_words(number: int) -> str:
    """Spell a number from 1 to 9999 as the human-numbers data does: no "and", no hyphen."""
    if not 1 <= number <= 9999:
        raise ValueError(f"number must be from 1 to 9999, got {number}")
    words = []
    thousands, rest = divmod(number, 1000)
    hundreds, rest = divmod(rest, 100)
    if thousands:
        words += [ONES[thousands - 1], "thousand"]
    if hundreds:
        words += [ONES[hundreds - 1], "hundred"]
    if rest >= 20:
        words.append(TENS[rest // 10 - 2])
        rest %= 10
    elif rest >= 10:
        words.append(TEENS[rest - 10])
        rest = 0
    if rest:
        words.append(ONES[rest - 1])
    return " ".join(words)


def human_numbers(
    train: Iterable[int] = TRAIN_NUMBERS, valid: Iterable[int] = VALID_NUMBERS
) -> Texts:
    """Make fast.ai's human-numbers text: 1 to 7999 for training, 8001 to 9999 for validation.

    Other ranges give a text of the same form: one document for each split, joined by ", ".
    """
    return Texts(
        train=", ".join(map(number_words, train)),
        valid=", ".join(map(number_words, valid)),
    )


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of both texts, as rising stretches without gaps."""

    train: tuple[range, ...]
    valid: tuple[range, ...]

    def of(self, text: str) -> NDArray[np.int64]:
        """Return all numbers of "train" or "valid", in rising order."""
        stretches = self.train if text == "train" else self.valid
        return np.concatenate([np.arange(each.start, each.stop) for each in stretches])

    def stretch_with(self, number: int) -> tuple[str, range] | None:
        """Return the text that holds a number, and the stretch around it; None if no text does."""
        for text, stretches in (("train", self.train), ("valid", self.valid)):
            for stretch in stretches:
                if number in stretch:
                    return text, stretch
        return None


@cache
def numbers_split(way: str) -> Numbers:
    """Return the numbers of both texts for one of `WAYS`. Raises ValueError otherwise."""
    if way == "notebook":
        return Numbers((TRAIN_NUMBERS,), (VALID_NUMBERS,))
    if way == "blocks":
        return held_out(LAST_NUMBER, N_BLOCKS, SEED)
    raise ValueError(f"split must be one of {', '.join(WAYS)}; got {way!r}")


def held_out(last: int, n_blocks: int, seed: int, size: int = BLOCK) -> Numbers:
    """Draw blocks of `size` numbers from 1 to `last` as valid; the others are train."""
    blocks = _draw_blocks(last, n_blocks, seed, size)
    return Numbers(_between(blocks, last), blocks)


def _draw_blocks(last: int, n_blocks: int, seed: int, size: int) -> tuple[range, ...]:
    """Draw the blocks.

    A placement chooses how many train numbers come before each block: for 100 blocks in 9,999,
    that is 100 different values from 0 to 7,999. `Random.random` gives the same sequence in every
    version of Python.
    """
    chance = Random(seed)
    before = sorted(range(last - n_blocks * size + 1), key=lambda _: chance.random())
    starts = [1 + n + size * block for block, n in enumerate(sorted(before[:n_blocks]))]
    return tuple(range(start, start + size) for start in starts)


def _between(blocks: tuple[range, ...], last: int) -> tuple[range, ...]:
    starts = (1, *(block.stop for block in blocks))
    stops = (*(block.start for block in blocks), last + 1)
    stretches = (range(start, stop) for start, stop in zip(starts, stops, strict=True))
    return tuple(stretch for stretch in stretches if stretch)
