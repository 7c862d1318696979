"""Each token's place in its number, and that number's digits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from hnviz.data.corpora.base import NOTEBOOK, TextChoice
from hnviz.data.numbers import ONES, TEENS, TENS
from hnviz.data.stream import TokenStream, corpus_of, stream_of

SLOTS = (
    "thousands digit",
    "“thousand”",
    "hundreds digit",
    "“hundred”",
    "tens or teens",
    "ones digit",
    "comma",
)
"""Every place that a token can have in its number; a comma belongs to the number before it."""

LABELS = ("slot", "thousands", "hundreds", "tens", "ones")
"""The labels of a token: its slot, and the four digits of its number."""

_OWN_SLOT = (0, 2, 4, 5)  # the slot of the word that names each digit, in order
_COMMA = SLOTS.index("comma")
_WORDS = {
    **{word: (5, value) for value, word in enumerate(ONES, start=1)},
    **{word: (4, value) for value, word in enumerate(TEENS, start=10)},
    **{word: (4, value) for value, word in zip(range(20, 100, 10), TENS, strict=True)},
}


@dataclass(frozen=True, eq=False)
class Places:
    """The places of a text's tokens; -1 for a token that is not part of a number."""

    slot: NDArray[np.int64]  # (n,) indices into SLOTS
    number: NDArray[np.int64]  # (n,) the number that the token, or the comma after it, belongs to

    def __len__(self) -> int:
        return len(self.slot)

    def label(self, name: str) -> NDArray[np.int64]:
        """Return a label's value at each token, (n,): a slot, 0 to 6, or a digit; -1 for none."""
        if name == "slot":
            return self.slot
        power = 10 ** (4 - LABELS.index(name))
        return np.where(self.number < 0, -1, self.number // power % 10)

    def due(self, name: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return where a digit is due, which is at the last token before its word, and the digits.

        A 0 has no word: it is due at the last token before the token that takes its place. A teen
        names two digits, which are due together.
        """
        own = _OWN_SLOT[LABELS.index(name) - 1]
        teens = (self.slot == 4) & (self.number // 10 % 10 == 1)
        reached = np.flatnonzero(np.where(teens, 5, self.slot) >= own)
        _, first = np.unique(self.number[reached], return_index=True)
        at = reached[first]
        at = at[(at > 0) & (self.slot[at - 1] >= 0)]
        return at - 1, self.label(name)[at]


def places(tokens: Sequence[str]) -> Places:
    """Find the places in a text of numbers with commas between them.

    Tokens that do not spell a number in the corpus's way have neither slot nor number.
    """
    slot = np.full(len(tokens), -1, dtype=np.int64)
    number = np.full(len(tokens), -1, dtype=np.int64)
    for start, end in _pieces(tokens):
        read = _read(tokens[start:end])
        if read is None:
            continue
        slots, value = read
        slot[start:end], number[start:end] = slots, value
        if end < len(tokens):
            slot[end], number[end] = _COMMA, value
    return Places(slot, number)


def split_places(split: str, choice: TextChoice = NOTEBOOK) -> Places:
    """Find the places in "train" or "valid" of the notebook's text, or of a run's.

    In a corpus without digits, no token has a place.
    """
    stream = stream_of(choice)
    if not corpus_of(choice).has_digits:
        nowhere = np.full(len(stream.ids(split)), -1, dtype=np.int64)
        return Places(nowhere, nowhere)
    return _split_places(split, stream)


@lru_cache(maxsize=8)
def _split_places(split: str, stream: TokenStream) -> Places:
    return places([stream.vocab.itos[index] for index in stream.ids(split).tolist()])


def _pieces(tokens: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield the stretches between commas, without special tokens such as xxbos."""
    start = 0
    for at, token in enumerate(tokens):
        if token == "," or token.startswith("xx"):
            yield start, at
            start = at + 1
    yield start, len(tokens)


def _read(words: Sequence[str]) -> tuple[list[int], int] | None:
    """Read one number; return its words' slots and its value, or None if it is not one."""
    slots, value = [], 0
    for at, word in enumerate(words):
        following = words[at + 1] if at + 1 < len(words) else ""
        if word in ("thousand", "hundred"):
            slots.append(1 if word == "thousand" else 3)
            continue
        if word not in _WORDS:
            return None
        slot, digit = _WORDS[word]
        place, unit = {"thousand": (0, 1000), "hundred": (2, 100)}.get(following, (slot, 1))
        if unit > 1 and slot != 5:
            return None  # "twenty thousand"
        slots.append(place)
        value += digit * unit
    pairs = all((slot - 1 in slots) for slot in slots if slot in (1, 3))
    rising = slots == sorted(set(slots)) and pairs
    return (slots, value) if slots and rising else None
