"""Words that a network said, each with its answer as bars, as the picture gets them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BARS = 4  # of each answer

Bar = tuple[str, list[float], str]
"""A word, its probability in each answer shown side by side, and "said" if it was said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Words that were said; the reader picks one to see its bars and its sentence."""

    headline: str
    alt: str
    words: Sequence[str]
    shares: Sequence[float]  # the probability of each
    bars: Sequence[Sequence[Bar]]
    says: Sequence[str]
    start: int  # the word that is picked at first
    differ: Sequence[int] = ()  # the words that are not those said untouched
    series: Sequence[str] = ("",)  # names of the bars' answers
    rows: Sequence[tuple[Sequence[str], int, int]] = ()  # words beside some of these: from, to
    heads: Sequence[str] = ()  # names of the words beside, and of these
    note: str = ""  # written small below

    @property
    def meta(self) -> dict[str, Any]:
        """Return it as the browser gets it: its words are [word, share, whether it differs]."""
        words = zip(self.words, map(_short, self.shares), strict=True)
        return {
            "headline": self.headline,
            "alt": self.alt.replace("**", ""),
            "words": [[*each, at in self.differ] for at, each in enumerate(words)],
            "bars": [list(map(list, bars)) for bars in self.bars],
            "says": list(self.says),
            "start": self.start,
            "series": list(self.series),
            "rows": [list(row) for row in self.rows],
            "heads": list(self.heads),
            "note": self.note,
        }


def likeliest(
    answers: Sequence[NDArray[np.floating]], itos: Sequence[str], said: int, top: int = BARS
) -> list[Bar]:
    """Return bars of the `top` most probable words of each answer, (nv,), the first one first."""
    orders = [np.argsort(-answer, kind="stable")[:top] for answer in answers]
    shown = dict.fromkeys(int(index) for order in orders for index in order)
    rows = sorted(shown, key=lambda index: -max(answer[index] for answer in answers))
    return [
        (itos[at], [_short(each[at]) for each in answers], "said" if at == said else "")
        for at in rows
    ]


def _short(share: float) -> float:
    """Keep three digits, and more where these would make it 1: only all is 100 %."""
    short = float(f"{share:.3g}")
    return float(f"{share:.7g}") if short == 1 else short
