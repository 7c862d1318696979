"""The human numbers: 1 to 9,999 in English words, as in fast.ai's data."""

from collections.abc import Iterable
from dataclasses import dataclass

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
# 8000 is in neither split: the notebook's prose says 8000, but its printed data starts at 8001.
VALID_NUMBERS = range(8001, 10000)


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
    """Make fast.ai's human-numbers text: 1..7999 to train on, 8001..9999 to validate on.

    Other ranges give a text in the same form: one document for each split, joined by ", ".
    """
    return Texts(
        train=", ".join(map(number_words, train)),
        valid=", ".join(map(number_words, valid)),
    )
