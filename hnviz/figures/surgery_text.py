"""Sentences on a state that was changed, each with its picture's own numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hnviz.figures.answers import chance
from hnviz.figures.sentences import plural
from hnviz.figures.word_text import quoted, quoted_text

LONG = 4  # words of a text that are quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """What was done to the state."""

    text: Sequence[str]  # the prompt
    layer: int | None  # None for all
    n_layers: int
    nh: int
    other: Sequence[str] = ()  # the text whose state was put in
    units: Sequence[int] = ()  # those that were set
    value: float = 0.0
    hold: bool = False

    @property
    def done(self) -> str:
        """Name it in a few words, as the beginning of a sentence."""
        where = f" of layer {self.layer}" if self.layer is not None and self.n_layers > 1 else ""
        if self.other:
            whole = f"layer {self.layer} of the state" if where else "the state"
            return f"With {whole} that {ending(self.other)} left"
        which = _units(self.units, self.nh)
        often = "before every word" if self.hold else "once"
        return f"With {which}{where} set to {_signed(self.value)} {often}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Courses:
    """What a network said from its own state and from a changed one."""

    network: str  # "Model5 after 400 steps"
    untouched: Sequence[str]
    changed: Sequence[str]
    before: NDArray[np.floating]  # (n, nv): the answers that `untouched` was said from
    after: NDArray[np.floating]
    other_said: Sequence[str] = ()  # what it says after the other text itself
    itos: Sequence[str] = ()

    @property
    def differ(self) -> list[int]:
        """The places at which the two say different words."""
        pairs = zip(self.untouched, self.changed, strict=True)
        return [at for at, (one, other) in enumerate(pairs) if one != other]

    def sentence(self, operation: Operation) -> str:
        """Say what became of the words."""
        said = f"{operation.done}, {self.network} goes on from {ending(operation.text)} "
        n, differ = len(self.untouched), self.differ
        if not differ:
            at = int(np.abs(self.after - self.before).max(axis=1).argmax())
            index = int(np.abs(self.after - self.before)[at].argmax())
            moved = (
                f"{chance(float(self.before[at, index]))} to {chance(float(self.after[at, index]))}"
            )
            return (
                f"{said}as if nothing had happened: **0** of {n} words differ. The probability "
                f"that moves most is that of {quoted(self.itos[index])} as word {at}, from {moved}."
            )
        first = differ[0]
        start = max(0, first - 3)
        said += (
            f"with {quoted_text(self.changed[start : first + 1], cut=start > 0)} where it would "
            f"have said {quoted_text(self.untouched[start : first + 1], cut=start > 0)}: "
            f"**{len(differ)}** of {n} words differ."
        )
        return f"{said} {self._likeness()}" if self.other_said else said

    def _likeness(self) -> str:
        pairs = zip(self.changed, self.other_said, strict=True)
        same = sum(one == other for one, other in pairs)
        n = len(self.changed)
        if same == n:
            return f"All {n} are the words that it says after that other text itself."
        return f"{same} of {n} are the words that it says after that other text itself."

    def position(self, at: int) -> str:
        """Say what the change did to one answer."""
        one, other = self.untouched[at], self.changed[at]
        mine, theirs = self.itos.index(one), self.itos.index(other)
        if one == other:
            return (
                f"Word {at}, {quoted(one)}, stays: from {chance(float(self.before[at, mine]))} to "
                f"{chance(float(self.after[at, mine]))}."
            )
        return (
            f"Word {at}: {quoted(one)} falls from {chance(float(self.before[at, mine]))} to "
            f"{chance(float(self.after[at, mine]))}, {quoted(other)} goes from "
            f"{chance(float(self.before[at, theirs]))} to {chance(float(self.after[at, theirs]))}."
        )


def ending(words: Sequence[str]) -> str:
    """Quote the end of a text: its last number, or its last words."""
    last = len(words) - 1
    start = next((at + 1 for at in range(last - 1, -1, -1) if words[at] == ","), 0)
    start = max(start, last - 7)
    return quoted_text(words[start:], cut=start > 0)


def _units(units: Sequence[int], nh: int) -> str:
    if not units:
        return "no unit"
    if len(units) == 1:
        return f"unit {units[0]}"
    if len(units) <= LONG:
        return f"units {', '.join(map(str, units[:-1]))} and {units[-1]}"
    return f"{len(units)} of {plural(nh, 'unit')}"


def _signed(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".").replace("-", "\N{MINUS SIGN}")
