"""A network's answers as bars: the likeliest words, and those a reader asks about."""

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
    note: str = ""  # why it is listed: "came", "said"


def likeliest(
    answers: Sequence[NDArray[np.floating]],
    itos: Sequence[str],
    notes: Mapping[int, str],
    top: int = TOP,
) -> list[Bar]:
    """Return the `top` likeliest words of each answer, (nv,), the likeliest first.

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


def chance(share: float) -> str:
    """Write a probability as percent: "98 %", "0.3 %", "0.0004 %"."""
    percent = 100 * share
    if percent >= 99.95:
        return "over 99.9 %"
    if percent >= 99.5:
        return f"{percent:.1f} %"
    if percent >= 9.95:
        return f"{percent:.0f} %"
    if percent >= 0.095:
        return f"{percent:.1f} %"
    if percent >= 0.0001:
        return f"{float(f'{percent:.1g}'):.4f}".rstrip("0") + " %"
    return "under 0.0001 %"
