"""The counting map in words: its sentence, a number's card, and what the prompt decides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hnviz.data import kind_of
from hnviz.figures.theme import Theme

LAST_INSIDE, FIRST_BEYOND = 7999, 8001
NOT_ASKED, RIGHT = -2, -1
_COUNTS = ("no", "one", "two", "three", "four", "five")


@dataclass(frozen=True, eq=False)
class MapFigures:
    """Which numbers a network says after the `given` before; arrays of equal length."""

    given: int
    number: NDArray[np.integer]
    right: NDArray[np.bool_]
    first_wrong: NDArray[np.integer]  # place of the first wrong word, -1 where right
    alone: NDArray[np.bool_]  # that word is wrong and no other

    @property
    def places(self) -> NDArray[np.int8]:
        """What the map draws: an int8 for each number from 0 to 9999."""
        found = np.full(10_000, NOT_ASKED, dtype=np.int8)
        found[self.number] = np.where(self.right, RIGHT, self.first_wrong)
        return found

    @property
    def shares(self) -> tuple[float, float]:
        """Share that is right up to 7999, and from 8001 on."""
        inside, beyond = self.number <= LAST_INSIDE, self.number >= FIRST_BEYOND
        return float(self.right[inside].mean()), float(self.right[beyond].mean())


def map_sentence(model: str, figures: MapFigures) -> str:
    """Say how many numbers are right on each side of 8000, and how the others go wrong."""
    inside, beyond = figures.number <= LAST_INSIDE, figures.number >= FIRST_BEYOND
    right = figures.right
    said = (
        f"{_given(figures.given)} before, {model} says the next one right for "
        f"**{right[inside].sum():,}** of {inside.sum():,} numbers up to 7,999, and for "
        f"**{right[beyond].sum():,}** of {beyond.sum():,} from 8,001 on."
    )
    wrong = beyond & ~right
    if not wrong.any():
        return f"{said} Beyond 8,000 it makes no mistake."
    first = wrong & (figures.first_wrong == 0)
    return (
        f"{said} Of its {wrong.sum():,} mistakes there, **{first.sum():,}** start at the first "
        f"word and **{(first & figures.alone).sum():,}** have nothing else wrong."
    )


def _given(given: int) -> str:
    return "Given the one number" if given == 1 else f"Given the {_COUNTS[given]} numbers"


def prompt_note(given: int) -> str:
    """Say what is asked, of numbers with few before them and of 8000 too."""
    few = "1 has none and is not asked"
    if given > 1:
        few += f"; {2 if given == 2 else f'2 to {given}'} {'has' if given == 2 else 'have'} fewer"
    return (
        f"Each square is asked by itself, from a state of zeros: {_COUNTS[given]} "
        f"number{'' if given == 1 else 's'} as words, each with a comma, then the network says "
        f"word after word up to the next comma ({few}). 8,000 stands in no text: it is given and "
        "asked like any other, and counts in no share."
    )


def given_table(shares: Mapping[int, tuple[float, float] | None], now: int) -> list[list[str]]:
    """Return rows of given, share up to 7999, share from 8001 on; the chosen one marked."""
    rows = []
    for given, found in shares.items():
        name = f"{given} ◂" if given == now else str(given)
        rows.append([name, *(["…", "…"] if found is None else [f"{each:.3f}" for each in found])])
    return rows


def number_card(number: int, meta: Mapping[str, Any], look: Theme) -> str:
    """A number's true and said words with their probabilities, and the best at its mistake."""
    truth, said = meta["truth"], meta["said"]
    true_words = [word for word, _ in truth]
    prompt = ", ".join(f"{each:,}" for each in meta["given"])
    asked = meta["asked"]
    where = f"“{escape(true_words[asked])}”" if asked < len(true_words) else "the next word"
    place = "first word" if asked == 0 else f"word {asked + 1}, for {where}"
    reason = "" if not meta["right"] else ", the least sure"
    return (
        f'<div class="hn-number" style="--hn-border:{look.border};--hn-muted:{look.muted}">'
        f'<h3>{number:,} <i style="color:{look.right_mark if meta["right"] else look.wrong}">'
        f"{'✓' if meta['right'] else '✗'}</i></h3><p>after {prompt}</p>"
        f"<p>true, with the probability of each word</p>{_words(truth, true_words, look)}"
        f"<p>said, with the probability of each word</p>{_words(said, true_words, look)}"
        f"<p>{place}{reason}: its four best</p>{_best(meta['best'], look)}</div>"
    )


def _words(words: Sequence[tuple[str, float]], truth: Sequence[str], look: Theme) -> str:
    parts = []
    for place, (word, share) in enumerate(words):
        right = place < len(truth) and truth[place] == word
        color = look.comma_mark if word == "," else look.kind[kind_of(word)]
        bar = f"linear-gradient(90deg,{color} {share:.1%},{look.border} {share:.1%})"
        text = escape(word) if right else f'<b style="color:{look.wrong}">✗ {escape(word)}</b>'
        parts.append(
            f'<span title="{share:.4f}">{text}<u style="background:{bar}"></u>'
            f"<small>{_short(share)}</small></span>"
        )
    return f'<div class="hn-said">{"".join(parts)}</div>'


def _short(share: float) -> str:
    return f"{share:.2f}" if 0.005 <= share < 0.995 else "1.00" if share > 0.5 else f"{share:.0e}"


def _best(best: Sequence[tuple[str, float]], look: Theme) -> str:
    rows = [
        f'<span>{escape(word)}</span><em><u style="width:{share:.1%};background:'
        f'{look.role["h_o"]}"></u></em><b>{_short(share)}</b>'
        for word, share in best
    ]
    return f'<div class="hn-best">{"".join(rows)}</div>'
