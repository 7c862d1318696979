"""Sentences on a state that was changed, each with its picture's own numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hnviz.figures.numbers import percent
from hnviz.figures.sentences import plural

COMMA = ","
FEW = 4  # units that are named one by one
LONGEST = 8  # words of a number that are quoted
HEADLINE = 20  # words
SHOWN = 20  # characters of a word
SHORT = 6  # words of a number quoted in a headline: as many as the longest true number has

CLAIMS = {
    "same words": "no word changes",
    "own number": "the next number stays the same",
    "other number": "it says the number that it says after the other text",
    "other thousand, own rest": "the thousand is the other text's, the rest its own",
    "own thousand, other rest": "the thousand is its own, the rest the other text's",
    "other thousand": "the thousand is the other text's",
    "another number": "it says a number that belongs to neither text",
    "another number, no other text": "it says another number",
    "no number": "it says no number",
}
"""What a claim of hnviz.observe.surgery says, as a clause."""

CLAIM_RANGE = (
    "After this prompt, {clause}. The same happens after **{holds}** of {n} prompts drawn from "
    "train."
)


def claim_range(claim: str, holds: Mapping[str, int], n: int, *, swap: bool) -> str:
    """Say what a change does after this prompt, and after how many drawn ones the same happens."""
    clause = (not swap and CLAIMS.get(f"{claim}, no other text")) or CLAIMS[claim]
    return CLAIM_RANGE.format(clause=clause, holds=holds[claim], n=n)


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
    digit: str = ""  # that the units follow

    @property
    def done(self) -> str:
        """Name the operation in a few words, as the beginning of a sentence."""
        where = f" of layer {self.layer}" if self.layer is not None and self.n_layers > 1 else ""
        if self.other:
            whole = f"layer {self.layer} of the state" if where else "the state"
            return f"With {whole} from {ending(self.other)}"
        which = _units(self.units, self.nh)
        if self.digit:
            n = len(self.units)
            which = (
                f"the {plural(n, 'unit')} that follow{'s' if n == 1 else ''} the {self.digit} digit"
            )
        often = "before every word" if self.hold else "once"
        return f"With {which}{where} set to {_signed(self.value)} {often}"


def beside(state: Sequence[str]) -> str:
    """Say which tensors of a state change, and which one is shown; nothing if it has only one."""
    if len(state) == 1:
        return ""
    names = " and ".join(state)
    return f" The state has {len(state)} tensors, {names}: all change, {state[0]} is shown."


@dataclass(frozen=True, slots=True, kw_only=True)
class Courses:
    """What a network said from its own state, and from a changed one."""

    network: str  # "Model5 after 400 steps"
    untouched: Sequence[str]
    changed: Sequence[str]
    before: NDArray[np.floating]  # (n, nv): of the untouched state that read the changed words
    after: NDArray[np.floating]  # (n, nv): the answers that `changed` was said from
    other_said: Sequence[str] = ()  # what it says after the other text itself
    itos: Sequence[str] = ()

    @property
    def differ(self) -> list[int]:
        """The changed words that differ from the untouched word at the same place of a number."""
        found, last = [], len(numbers(self.untouched)) - 1  # 40 words may end within a number
        for row, (left, start, end) in enumerate(self.rows):
            for at in range(start, end):
                place, word = at - start, self.changed[at]
                is_other = place < len(left) and word != left[place]
                is_more = place >= len(left) > 0 and row != last
                if word != COMMA and (is_other or is_more):
                    found.append(at)
        return found

    @property
    def rows(self) -> list[tuple[list[str], int, int]]:
        """For each number: the untouched words, and where the changed words begin and end."""
        ours, theirs = numbers(self.untouched), numbers(self.changed)
        found, start = [], 0
        for at in range(max(len(ours), len(theirs))):
            end = start + (len(theirs[at]) if at < len(theirs) else 0)
            found.append((ours[at] if at < len(ours) else [], start, end))
            start = end
        return found

    @property
    def altered(self) -> list[bool]:
        """Whether each number that both have differs; the last number may be cut off."""
        ours, theirs = numbers(self.untouched), numbers(self.changed)
        found = []
        for at, (mine, other) in enumerate(zip(ours, theirs, strict=False)):
            both = min(len(mine), len(other))
            longer = len(other) > both and at < len(ours) - 1
            shorter = len(mine) > both and at < len(theirs) - 1
            found.append(mine[:both] != other[:both] or longer or shorter)
        return found

    def sentence(self, operation: Operation) -> str:
        """Say what the change did to the words."""
        said = f"{operation.done}, {self.network} continues {ending(operation.text)} "
        if list(self.untouched) == list(self.changed):
            return f"{said}as if nothing had happened. {self.detail}"
        one, other = self._first_difference()
        said += f"with {other} instead of {one}"
        if len(self.altered) > 1:
            said += f": **{sum(self.altered)}** of {len(self.altered)} numbers change"
        return f"{said}. {self.detail}".strip()

    @property
    def detail(self) -> str:
        """Say how alike the words are to those after the other text, or what moved at all."""
        if list(self.untouched) == list(self.changed):
            return self._moved_most()
        return self._likeness() if self.other_said else ""

    @property
    def headline(self) -> str:
        """Say what the change did, in at most 20 words."""
        if list(self.untouched) == list(self.changed):
            return f"It goes on as before: **0** of {len(self.changed)} words differ."
        one, other = self._first_difference(SHORT)
        swap = f"{other} instead of {one}"
        if len(self.altered) == 1:
            return f"It now continues {swap}."
        count = f"**{sum(self.altered)}** of {len(self.altered)} numbers change."
        long, short = f"It now continues {swap}: {count}", f"Now {swap}: {count}"
        ways = (long, short, f"It now continues {swap}.")
        return next(said for said in ways if len(said.split()) <= HEADLINE)

    @property
    def own_headline(self) -> str:
        """Say how it goes on from its own state, in at most 20 words."""
        spoken = filter(None, map(_spoken, numbers(self.untouched)))
        first = next(spoken, list(self.untouched))
        said = quoted_text(first[:SHORT], cut=False)
        return f"Next it says {said}. Its state is all that it knows of the text."

    def _first_difference(self, longest: int = LONGEST) -> tuple[str, str]:
        """Quote the first number that differs, before and after the change."""
        pairs = zip(numbers(self.untouched), numbers(self.changed), strict=False)
        mine, theirs = next((one, other) for one, other in pairs if one != other)
        quotes = [[word for word in words if word != COMMA] for words in (mine, theirs)]
        if not all(quotes):
            quotes = [mine, theirs]
        one, other = (quoted_text(words[:longest], cut=False) for words in quotes)
        return one, other

    def _moved_most(self) -> str:
        moves = np.abs(self.after - self.before)
        same = f"**0** of {len(self.changed)} words differ"
        if not moves.any():
            return f"{same}, and no probability changes."
        at, index = divmod(int(moves.argmax()), moves.shape[1])
        share = f"from {_share(self.before[at, index])} to {_share(self.after[at, index])}"
        return (
            f"{same}. The probability that changes most is that of "
            f"{quoted(self.itos[index])} as word {at}, {share}."
        )

    def _likeness(self) -> str:
        pairs = zip(self.changed, self.other_said, strict=True)
        same, n = sum(one == other for one, other in pairs), len(self.changed)
        if same == n:
            return f"All {n} tokens are what it says after the other text."
        return f"{same} of {n} tokens are what it says after the other text."

    def position(self, at: int) -> str:
        """Say what the change did to one answer, when both states have read the same words."""
        mine, theirs = int(self.before[at].argmax()), self.itos.index(self.changed[at])
        word = quoted(self.itos[theirs])
        if mine == theirs:
            return (
                f"{word} as word {at}: {_share(self.before[at, theirs])} untouched, "
                f"{_share(self.after[at, theirs])} after the change."
            )
        return (
            f"Word {at}, after the same words: untouched, {quoted(self.itos[mine])} is the most "
            f"probable, {_share(self.before[at, mine])}; changed, {word}, "
            f"{_share(self.after[at, theirs])}."
        )


def most_probable(word: str, share: float) -> str:
    """Say how probable the most probable word was."""
    return f"{quoted(word)} is its most probable word: {percent(share)}."


def quoted(word: str) -> str:
    """Quote a word; a very long one is cut."""
    return f"“{word[:SHOWN]}”"


def quoted_text(words: Sequence[str], *, cut: bool) -> str:
    """Quote words as one text; `cut` says that more words come before them."""
    return f"“{'… ' if cut else ''}{' '.join(word[:SHOWN] for word in words)}”"


def _spoken(number: Sequence[str]) -> list[str]:
    return [word for word in number if word != COMMA]


def numbers(said: Sequence[str]) -> list[list[str]]:
    """Split words before each comma: each piece is a number, with the comma before it."""
    pieces: list[list[str]] = []
    for word in said:
        if word == COMMA or not pieces:
            pieces.append([])
        pieces[-1].append(word)
    return pieces


def _share(value: np.floating) -> str:
    return percent(float(value))


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
    if len(units) <= FEW:
        return f"units {', '.join(map(str, units[:-1]))} and {units[-1]}"
    return f"{len(units)} of {plural(nh, 'unit')}"


def _signed(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".").replace("-", "\N{MINUS SIGN}")
