"""The counting map in words: its sentence, a number's card, and what the prompt decides."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hnviz.data import NOTEBOOK, TextChoice, corpus_of, kind_of, numbers_of
from hnviz.figures.numbers import accuracy, percent
from hnviz.figures.sentences import plural
from hnviz.figures.split_words import split_words
from hnviz.figures.theme import Theme

NOT_ASKED, RIGHT = -2, -1
_COUNTS = ("no", "one", "two", "three", "four", "five")


@dataclass(frozen=True, eq=False)
class MapFigures:
    """Which numbers a network says, given the `given` numbers before each; arrays of one length."""

    given: int
    number: NDArray[np.integer]
    right: NDArray[np.bool_]
    first_wrong: NDArray[np.integer]  # index of the first wrong word, -1 where right
    alone: NDArray[np.bool_]  # only that word is wrong
    text: TextChoice = NOTEBOOK  # what the network read

    @property
    def token(self) -> str:
        """What a token of the text is: "word" or "character"."""
        return "character" if corpus_of(self.text).level == "char" else "word"

    @property
    def places(self) -> NDArray[np.int8]:
        """What the map draws: an int8 for each number from 0 to 9999."""
        found = np.full(10_000, NOT_ASKED, dtype=np.int8)
        found[self.number] = np.where(self.right, RIGHT, self.first_wrong)
        return found

    @property
    def read(self) -> NDArray[np.bool_]:
        """Which of the numbers are in train."""
        return np.isin(self.number, numbers_of(self.text).of("train"))

    @property
    def held_out(self) -> NDArray[np.bool_]:
        """Which of the numbers are in valid; the notebook has 8000 in neither."""
        return np.isin(self.number, numbers_of(self.text).of("valid"))

    @property
    def shares(self) -> tuple[float, float]:
        """The share of right answers on the numbers of train, and on those of valid."""
        inside, beyond = self.read, self.held_out
        return float(self.right[inside].mean()), float(self.right[beyond].mean())


def map_sentence(model: str, figures: MapFigures) -> str:
    """Say how many numbers of each split are right, and where those of valid go wrong."""
    inside, beyond, words = figures.read, figures.held_out, split_words(figures.text)
    right = figures.right
    said = (
        f"{_given(figures.given)} before, {model} gets the next one right for "
        f"**{right[inside].sum():,}** of {inside.sum():,} numbers {words.on_train}, and for "
        f"**{right[beyond].sum():,}** of {beyond.sum():,} {words.on_valid}."
    )
    return f"{said} {mistakes_sentence(figures)}"


def mistakes_sentence(figures: MapFigures) -> str:
    """Say which number is missed first, and how valid's mistakes start at the first word."""
    missed = figures.number[~figures.right]
    least = f" The smallest number that it misses is **{missed.min():,}**." if missed.size else ""
    wrong = figures.held_out & ~figures.right
    words = split_words(figures.text)
    if not wrong.any():
        return f"{words.no_mistake}{least}"
    first, mistakes = wrong & (figures.first_wrong == 0), plural(int(wrong.sum()), "mistake")
    return (
        f"Of its {mistakes} {words.on_valid}, **{first.sum():,}** start at the first "
        f"{figures.token}, and **{(first & figures.alone).sum():,}** of these get only that "
        f"{figures.token} wrong.{least}"
    )


def map_headline(figures: MapFigures) -> str:
    """Say in at most 20 words what share is right, and what goes wrong on unseen numbers."""
    inside, beyond = (accuracy(share) for share in figures.shares)
    words = split_words(figures.text)
    said = f"Right: **{inside}** {words.on_train}, **{beyond}** {words.on_valid}."
    wrong = figures.held_out & ~figures.right
    slips = wrong & (figures.first_wrong == 0) & figures.alone
    has_thousand = figures.text.split == "notebook" and corpus_of(figures.text).has_digits
    if not has_thousand or slips.sum() <= wrong.sum() / 10:
        return said  # in the notebook's valid, the first word of every number is its thousand
    share = percent(slips.sum() / wrong.sum())
    return f"{said} There, **{share}** of mistakes concern only the thousand."


def held_out(text: TextChoice) -> list[tuple[int, int]]:
    """Return the first and last number of each block that the map outlines as held out.

    None with the notebook's split: there a line at 8,000 shows it.
    """
    if text.split == "notebook":
        return []
    return [(block[0], block[-1]) for block in numbers_of(text).valid]


def _given(given: int) -> str:
    return "Given the one number" if given == 1 else f"Given the {_COUNTS[given]} numbers"


def prompt_note(given: int, text: TextChoice = NOTEBOOK) -> str:
    """Say what each square asks, also for numbers with few before them or in neither text."""
    few = "1 has none and is not asked"
    if given > 1:
        few += f"; {2 if given == 2 else f'2 to {given}'} {'has' if given == 2 else 'have'} fewer"
    return (
        f"Each square starts from a state of zeros: the network reads {_COUNTS[given]} "
        f"number{'' if given == 1 else 's'} in words, each with a comma, then says "
        f"word after word up to the next comma ({few}). {split_words(text).asked}"
    )


def number_card(
    number: int, meta: Mapping[str, Any], look: Theme, kind: Callable[[str], str] = kind_of
) -> str:
    """Show a number's true and said words with probabilities, and the best four at its mistake."""
    truth, said = meta["truth"], meta["said"]
    true_words = [word for word, _ in truth]
    drawn = [_words(words, true_words, look, kind) for words in (truth, said)]
    prompt = ", ".join(f"{each:,}" for each in meta["given"])
    asked = meta["asked"]
    where = f"“{escape(true_words[asked])}”" if asked < len(true_words) else "the next word"
    if meta["right"]:
        best = f"The four most probable words where it is least sure, at {where}"
    else:
        best = f"The four most probable {'first words' if asked == 0 else f'words for {where}'}"
    return (
        f'<div class="hn-number" style="--hn-border:{look.border};--hn-muted:{look.muted}">'
        f'<h3>{number:,} <i style="color:{look.right_mark if meta["right"] else look.wrong}">'
        f"{'✓' if meta['right'] else '✗'}</i></h3><p>after {prompt}</p>"
        f"<p>The true words, and how probable it finds each</p>{drawn[0]}"
        f"<p>What it says, and how probable it finds each</p>{drawn[1]}"
        f"<p>{best}</p>{_best(meta['best'], look)}</div>"
    )


def _words(
    words: Sequence[tuple[str, float]],
    truth: Sequence[str],
    look: Theme,
    kind: Callable[[str], str],
) -> str:
    parts = []
    for place, (word, share) in enumerate(words):
        right = place < len(truth) and truth[place] == word
        color = look.comma_mark if word == "," else look.kind[kind(word)]
        bar = f"linear-gradient(90deg,{color} {share:.1%},{look.border} {share:.1%})"
        text = escape(word) if right else f'<b style="color:{look.wrong}">✗ {escape(word)}</b>'
        parts.append(
            f'<span title="{escape(percent(share))}">{text}<u style="background:{bar}"></u>'
            f"<small>{_whole(share)}</small></span>"
        )
    return f'<div class="hn-said">{"".join(parts)}</div>'


def _whole(share: float) -> str:
    """Write whole percent as HTML, as wide for each word: "41 %", "< 1 %", "> 99 %"."""
    text = {0: "< 1 %", 100: "> 99 %"}.get(round(100 * share), f"{100 * share:.0f} %")
    return escape(text.replace(" ", "\N{NO-BREAK SPACE}"))


def _best(best: Sequence[tuple[str, float]], look: Theme) -> str:
    rows = [
        f'<span>{escape(word)}</span><em><u style="width:{share:.1%};background:'
        f'{look.role["h_o"]}"></u></em><b title="{escape(percent(share))}">{_whole(share)}</b>'
        for word, share in best
    ]
    return f'<div class="hn-best">{"".join(rows)}</div>'
