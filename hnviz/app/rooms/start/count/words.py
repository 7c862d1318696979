"""What the Start page says about a count: where it begins, how it went, how often it is right."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hnviz.data import NOTEBOOK, TextChoice, number_words, numbers_of
from hnviz.data.corpora import Spell
from hnviz.data.numbers import TRAIN_NUMBERS
from hnviz.figures.numbers import accuracy

GIVEN = 3  # numbers that the network is given before it counts on
SAYS = 3  # numbers that it says
LAST_TRAINED = TRAIN_NUMBERS[-1]


def side(number: int, text: TextChoice) -> str:
    """Say whether a network that read `text` has read all that follows: "inside" or "beyond"."""
    return "inside" if _read(number, text).all() else "beyond"


def heading(number: int, text: TextChoice) -> str:
    """Say where a count begins, for a network that read `text`."""
    read = _read(number, text)
    if read.all():
        where = "inside what it read"
    elif text.split == NOTEBOOK.split:
        beyond = number > LAST_TRAINED
        where = "beyond its text" if beyond else "across 8,000, which it never read"
    else:
        where = "across the edge of a held-out block" if read.any() else "in a held-out block"
    return f"From {number:,}: {where}"


def _read(number: int, text: TextChoice) -> NDArray[np.bool_]:
    return np.isin(number + 1 + np.arange(SAYS), numbers_of(text).of("train"))


def shares_sentence(train: float, valid: float, text: TextChoice, step: int | None = None) -> str:
    """Say how often the next number is right, where the network has read and where it has not.

    At most 20 words. `step` is given for a network that may still be learning.
    """
    known, new = f"**{accuracy(train)}**", f"**{accuracy(valid)}**"
    up_to = text.split == NOTEBOOK.split  # else blocks of numbers are held out
    if step is not None:
        where = f"up to {LAST_TRAINED:,}" if up_to else "where it read"
        beyond = "above 8,000" if up_to else "elsewhere"
        return f"At step {step:,} it gets {known} of next numbers right {where}, {new} {beyond}."
    where = f"up to {LAST_TRAINED:,}, and {new} above 8,000"
    if not up_to:
        where = f"where it has read, and {new} elsewhere"
    return f"It gets the next number right {known} of the time {where}."


def verdict(said: Sequence[Mapping[str, Any]], spell: Spell) -> str:
    """Say in one sentence how a count went; `said` has a mapping for each number."""
    wrong = [each for each in said if not each["right"]]
    if not wrong:
        first, last = said[0]["truth"], said[-1]["truth"]
        carry = first // 100 != last // 100 or (said[0]["truth"] - 1) // 100 != first // 100
        right = f"All {number_words(len(said))} are right"
        return f"{right}, including the carry." if carry else f"{right}."
    some = f"{len(wrong)} of {len(said)} {'is' if len(wrong) == 1 else 'are'} wrong"
    firsts = [_first_wrong(each, spell) for each in wrong]
    if all(place == 0 for place in firsts):
        if all(len(spell(each["truth"])) == 1 for each in wrong):
            return f"{some}."
        rest = all(words(each)[1:] == list(spell(each["truth"])[1:]) for each in wrong)
        return (
            "Only the first word is wrong; the rest counts on as it should."
            if rest
            else f"{some} from the first word."
        )
    return f"{some}; the earliest slip is at word {min(firsts) + 1} of its number."


def _first_wrong(each: Mapping[str, Any], spell: Spell) -> int:
    """Return the place of the first word that is not the true number's."""
    truth = spell(each["truth"])
    said = words(each)
    for place, (word, true) in enumerate(zip(said, truth, strict=False)):
        if word != true:
            return place
    return min(len(said), len(truth))


def words(each: Mapping[str, Any]) -> list[str]:
    """Return the words said for a number, without the comma that ends it."""
    return [word for word in each["words"] if word != ","]
