"""A network's answers as bars: the most probable words, and those a reader asks about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

TOP = 5


@dataclass(frozen=True, slots=True)
class Bar:
    """One word, and its probability in each of the answers shown side by side."""

    word: str
    shares: tuple[float, ...]
    note: str = ""  # why it is listed: "in the text", "said"


def likeliest(
    answers: Sequence[NDArray[np.floating]],
    itos: Sequence[str],
    notes: Mapping[int, str],
    top: int = TOP,
) -> list[Bar]:
    """Return the `top` most probable words of each answer, (nv,), the first one first.

    `notes` maps ids to notes: a word with a note that is not among these comes last, with its rank.
    """
    orders = [np.argsort(-answer, kind="stable") for answer in answers]
    shown = dict.fromkeys(int(index) for order in orders for index in order[:top])
    rows = sorted(shown, key=lambda index: -max(answer[index] for answer in answers))
    late = [index for index in notes if index not in shown]
    found = []
    for index in [*rows, *late]:
        note = notes.get(index, "")
        if index in late:
            place = int(np.flatnonzero(orders[0] == index)[0]) + 1
            note = f"{note}, rank {place}"
        shares = tuple(float(answer[index]) for answer in answers)
        found.append(Bar(itos[index], shares, note))
    return found
