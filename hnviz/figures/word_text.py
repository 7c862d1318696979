"""Sentences on next words, each with its picture's own numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2

import numpy as np
from numpy.typing import NDArray

from hnviz.data.phrase import COMMA
from hnviz.data.tokens import BOS
from hnviz.figures.numbers import percent
from hnviz.figures.sentences import plural

SHOWN = 20  # characters of a word

SURPRISE_NOTE = (
    "The network reads the prompt from a state of zeros. After each word it gives every word of "
    "its vocabulary a probability p. The *surprise* of the next word of the text is log2(1/p), in "
    "bits: 0 for a word that it was sure of, 1 at 50 %, 10 at 0.1 %. Its mean over a text is the "
    "*cross-entropy loss* that training reduces. On its own, the network says a word, reads it, "
    "and says the next. A blind guess picks any token of the list, "
    "though some, such as xxunk, may never occur in the text. "
    "At a *temperature* of 0 it always says the most probable word."
)


def quoted(word: str) -> str:
    """Quote a word; a very long one is cut."""
    return f"“{word[:SHOWN]}”"


def after(words: Sequence[str], end: int) -> str:
    """Quote the last words of a text, up to and including word `end`."""
    first = max(0, end - 3)
    return quoted_text(words[first : end + 1], cut=first > 0)


def quoted_text(words: Sequence[str], *, cut: bool) -> str:
    """Quote words as one text; `cut` says that more words come before them."""
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
    counts: bool = True  # the text lists numbers: the first one of a prompt can only be guessed

    @property
    def worst(self) -> int:
        """The word before the one that surprised most; 0 for a text of one word."""
        return int(self.surprise.argmax()) if len(self.surprise) else 0

    @property
    def sentence(self) -> str:
        """Say which word surprised most, and how much words do on average."""
        if len(self.words) < 2:
            return (
                f"{self.network} has read one word, {quoted(self.words[0])}. To predict a word, it "
                "needs one before it: type more."
            )
        at = self.worst
        return (
            f"{self.network} reads {len(self.words)} tokens and is surprised most by "
            f"{quoted(self.words[at + 1])} after {after(self.words, at)}: it gave that word "
            f"**{percent(self._came(at))}**, {self.surprise[at]:.1f} bits. {self.average}"
        )

    @property
    def average(self) -> str:
        """Say how much words surprise on average, beside a blind guess."""
        if len(self.words) < 2:
            return ""
        return (
            f"On average a token surprises it by {self.surprise.mean():.2f} bits; a blind guess "
            f"among all {len(self.itos)} tokens of its list, by {log2(len(self.itos)):.1f}."
        )

    @property
    def headline(self) -> str:
        """Say what it expected where the text surprised most, and what the text says."""
        return self.headline_at(self.worst)

    def headline_at(self, at: int) -> str:
        """Say briefly what it expected after word `at`, and what the text says.

        Nobody can know a prompt's first number, so there it also says how it does after it.
        """
        if len(self.words) < 2:
            return f"It has read one word, {quoted(self.words[0])}: type more to see a surprise."
        answer = self.probabilities[at]
        best = int(answer.argmax())
        likely = f"{quoted(self.itos[best])} (**{percent(float(answer[best]))}**)"
        if at + 1 == len(self.words):
            return f"After {after(self.words, at)}, it expects {likely}; the text ends."
        expected = f"expected {likely}"
        where = f"After {after(self.words, at)}, it {expected}"
        if best == self.ids[at + 1]:
            return f"{where}, and it was right."
        word = f"{quoted(self.words[at + 1])} (**{percent(self._came(at))}**)"
        if not self._is_first(at + 1):
            return f"{where}; {word} came."
        if not len(known := self._after_one_number()):
            return f"{where}; {word} came. Nobody could know."
        mean = percent(float(known.mean()))
        known_next = f"After one number, the right word's probability is **{mean}**."
        return f"It {expected}; {word} came. {known_next}"

    def _after_one_number(self) -> NDArray[np.floating]:
        """Return the probability that it gave each word after the prompt's first number."""
        if COMMA not in self.words:
            return np.empty(0)
        return np.exp2(-self.surprise[self.words.index(COMMA) :])

    def _is_first(self, at: int) -> bool:
        """Return whether a word is of the first number, in a prompt that is no text's beginning."""
        return self.counts and self.words[0] != BOS and COMMA not in self.words[: at + 1]

    def position(self, at: int) -> str:
        """Say how far down the network's list the next word of the text is after word `at`."""
        read = after(self.words, at)
        if at + 1 == len(self.words):
            return f"After {read} the text ends. Below, the network goes on alone."
        answer = self.probabilities[at]
        place = int((answer > answer[self.ids[at + 1]]).sum()) + 1
        rank = "first" if place == 1 else f"number {place}"
        unknown = (
            " It belongs to the first number: with no number before it, any network can only guess."
            if self._is_first(at + 1)
            else ""
        )
        return (
            f"Its most probable words after {read}. The next word of the text, "
            f"{quoted(self.words[at + 1])}, is {rank} of {len(self.itos)}: "
            f"{self.surprise[at]:.1f} bits of surprise.{unknown}"
        )

    def _came(self, at: int) -> float:
        return float(2.0 ** -self.surprise[at])


def first_wrong(said: Sequence[str], truth: Sequence[str]) -> int | None:
    """Return the index of the first word that is not the true one; None if all are true."""
    pairs = zip(said, truth, strict=False)
    return next((at for at, (word, true) in enumerate(pairs) if word != true), None)


def said_sentence(said: Sequence[str], truth: Sequence[str], no_truth: str = "") -> str:
    """Say how far a network gets on its own; `no_truth` says why nothing can be compared."""
    if not truth:
        return f"On its own it says {plural(len(said), 'token')}. {no_truth}"
    wrong = first_wrong(said, truth)
    if wrong is None:
        n = min(len(said), len(truth))
        return f"On its own it says **{plural(n, 'token')}**, all of them right."
    slip = f"{quoted(said[wrong])} where the text says {quoted(truth[wrong])}"
    if wrong == 0:
        return f"On its own, its very first token is wrong: {slip}."
    right = "one token" if wrong == 1 else f"{wrong} tokens"
    return f"On its own it gets **{right}** right, then it says {slip}."


def said_position(
    word: str, answer: NDArray[np.floating], drawn: tuple[float, int], true: str | None
) -> str:
    """Say how probable a word was; `drawn` is its probability in the draw, and its id."""
    share, index = drawn
    place = int((answer > answer[index]).sum()) + 1
    rank = "is its most probable word" if place == 1 else f"is number {place} on its list"
    said = f"{quoted(word)} {rank}: {percent(float(answer[index]))}"
    if share < 1:
        said += ", without temperature and top k"
    if true is None:
        return f"{said}."
    return f"{said}. It is right." if word == true else f"{said}. {quoted(true)} is right."
