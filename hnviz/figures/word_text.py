"""Sentences on next words, each with its picture's own numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2

import numpy as np
from numpy.typing import NDArray

from hnviz.figures.answers import chance
from hnviz.figures.sentences import plural

SHOWN = 20  # characters of a word


def quoted(word: str) -> str:
    """Set a word off from the sentence; a very long one is cut."""
    return f"“{word[:SHOWN]}”"


def after(words: Sequence[str], end: int) -> str:
    """Quote the last words of a text up to and with word `end`."""
    first = max(0, end - 3)
    return quoted_text(words[first : end + 1], cut=first > 0)


def quoted_text(words: Sequence[str], *, cut: bool) -> str:
    """Quote words as one text; `cut` says that more stands before them."""
    return f"“{'… ' if cut else ''}{' '.join(word[:SHOWN] for word in words)}”"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A text that a network has read, and what it answered after each of its words."""

    network: str  # "Model5 after 400 steps"
    words: Sequence[str]
    ids: Sequence[int]
    surprise: NDArray[np.floating]  # (n_words - 1,), bits, of each word after the first
    probabilities: NDArray[np.floating]  # (n_words, nv) or more rows
    itos: Sequence[str]

    @property
    def worst(self) -> int:
        """The word before the one that surprised most; 0 for a text of one word."""
        return int(self.surprise.argmax()) if len(self.surprise) else 0

    @property
    def sentence(self) -> str:
        """Say which word surprised most, and how much they do on average."""
        if len(self.words) < 2:
            return (
                f"{self.network} has read one word, {quoted(self.words[0])}: there is no word "
                "before it from which it could have been foretold. Type more."
            )
        at = self.worst
        guess = log2(len(self.itos))
        return (
            f"{self.network} reads {len(self.words)} tokens and is surprised most by "
            f"{quoted(self.words[at + 1])} after {after(self.words, at)}: it had given it "
            f"**{chance(self._came(at))}**, {self.surprise[at]:.1f} bits. On average a token "
            f"surprises it by **{self.surprise.mean():.2f}** bits; a blind guess among "
            f"{len(self.itos)} words, by {guess:.1f}."
        )

    def position(self, at: int) -> str:
        """Say what the network answers after word `at`, and what came."""
        answer = self.probabilities[at]
        best = int(answer.argmax())
        said = f"After {after(self.words, at)} it finds {quoted(self.itos[best])} likeliest, "
        said += chance(float(answer[best]))
        if at + 1 == len(self.words):
            return f"{said}. The text ends here; how it goes on by itself stands below."
        came = quoted(self.words[at + 1])
        if best == self.ids[at + 1]:
            return f"{said}, and that came."
        place = int((answer > answer[self.ids[at + 1]]).sum()) + 1
        return (
            f"{said}; {came} came, to which it gave {chance(self._came(at))}, place {place}: "
            f"{self.surprise[at]:.1f} bits of surprise."
        )

    def _came(self, at: int) -> float:
        return float(2.0 ** -self.surprise[at])


def first_wrong(said: Sequence[str], truth: Sequence[str]) -> int | None:
    """Return the place of the first word said that is not the true one; None for none."""
    pairs = zip(said, truth, strict=False)
    return next((at for at, (word, true) in enumerate(pairs) if word != true), None)


def said_sentence(said: Sequence[str], truth: Sequence[str], no_truth: str = "") -> str:
    """Say how far a network gets by itself; `no_truth` says why nothing true can be set above."""
    if not truth:
        return f"It says {plural(len(said), 'token')} by itself. {no_truth}"
    wrong = first_wrong(said, truth)
    if wrong is None:
        n = min(len(said), len(truth))
        return f"By itself it says **{plural(n, 'token')}**, all of them right."
    slip = f"{quoted(said[wrong])} where {quoted(truth[wrong])} is true"
    if wrong == 0:
        return f"Its very first token is wrong: {slip} (**0** right before the first mistake)."
    right = "one token" if wrong == 1 else f"{wrong} tokens"
    return f"By itself it says **{right}** right until its first mistake: {slip}."


def said_position(
    word: str, answer: NDArray[np.floating], drawn: tuple[float, int], true: str | None
) -> str:
    """Say how likely a word was; `drawn` is its probability in the lot, and its id."""
    share, index = drawn
    own = float(answer[index])
    place = int((answer > answer[index]).sum()) + 1
    rank = "is its likeliest word" if place == 1 else f"has place {place} among its words"
    said = f"{quoted(word)} {rank}: {chance(own)}"
    if share < 1:
        said += f", drawn with {chance(share)}"
    if true is None:
        return f"{said}."
    return f"{said}, and true." if word == true else f"{said}; {quoted(true)} is true."
