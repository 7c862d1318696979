"""Splits text into tokens, names each token's kind, and numbers the tokens."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count, islice
from typing import overload

import numpy as np
from numpy.typing import NDArray

from hnviz.data.numbers import ONES, PLACES, TEENS, TENS

UNK = "xxunk"
SPECIALS = (UNK, "xxpad", "xxbos", "xxeos", "xxfld", "xxmaj", "xxup", "xxrep", "xxwrep")
"""fastai 1.0.61's nine special tokens, in its order, with ids 0 to 8."""
BOS = "xxbos"
COMMA = ","
SHOWN = str.maketrans({" ": "␣", "\n": "⏎", "\t": "⇥"})
"""What characters without a shape are shown as."""
PART = 50_000  # tokens to number at once: 10 ms of work

KINDS = ("comma", "thousand", "hundred", "tens", "teens", "ones", "special")
"""Every kind of token, in the order in which pages list them."""

_TOKEN = re.compile(r"\w+|[^\w\s]")
_TURNS = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_KIND_OF_WORD = {
    ",": "comma",
    **{word: word for word in PLACES},
    **dict.fromkeys(TENS, "tens"),
    **dict.fromkeys(TEENS, "teens"),
    **dict.fromkeys(ONES, "ones"),
}


def tokenize(text: str) -> list[str]:
    """Split a document into tokens: ``xxbos`` in front, lower-case words, each mark a token."""
    return [BOS, *_TOKEN.findall(upright(text).lower())]


def upright(text: str) -> str:
    """Replace the characters that would change the direction of the text around them."""
    return _TURNS.sub("\N{REPLACEMENT CHARACTER}", text)


def kind_in_text(token: str) -> str:
    """Name a token's kind in any text: one of `KINDS`, or "other" for a word that is no number."""
    kind = kind_of(token)
    return "other" if kind == "special" and token not in SPECIALS else kind


def plain_kind(token: str) -> str:
    """Name a token's kind in a text without English numbers: "comma", "special" or "other"."""
    return "comma" if token == COMMA else "special" if token in SPECIALS else "other"


def kind_of(token: str) -> str:
    """Return a token's kind, one of `KINDS`; a token that is not part of a number is "special"."""
    return _KIND_OF_WORD.get(token, "special")


class NumberedTokens(Sequence[str]):
    """Tokens in one to four bytes each; a list of strings takes up to a hundred.

    `words` are the different tokens in the order of their first appearance, `ids` of shape
    (n_tokens,) the place of each token in `words`.
    """

    def __init__(self, tokens: Iterable[str]) -> None:
        """Number tokens part by part, so that other threads have their turns in between."""
        places: defaultdict[str, int] = defaultdict(count().__next__)  # a new token comes last
        left, parts = iter(tokens), []
        while part := list(islice(left, PART)):
            parts.append(np.fromiter(map(places.__getitem__, part), np.uint32, len(part)))
        self.words = tuple(places)
        ids = np.concatenate(parts) if parts else np.zeros(0, np.uint32)
        self.ids = ids.astype(np.min_scalar_type(len(self.words)))

    def __len__(self) -> int:
        return len(self.ids)

    @overload
    def __getitem__(self, at: int) -> str: ...
    @overload
    def __getitem__(self, at: slice) -> list[str]: ...
    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return [self.words[index] for index in self.ids[at].tolist()]
        return self.words[self.ids[at]]

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self), PART):
            yield from self[start : start + PART]

    def counts(self) -> Counter[str]:
        """Return how often each token appears, in the order of first appearance."""
        counted = np.bincount(self.ids, minlength=len(self.words)).tolist()
        return Counter(dict(zip(self.words, counted, strict=True)))


@dataclass(frozen=True)
class Vocab:
    """The tokens that a model knows; a token's id is its place in `itos`."""

    itos: tuple[str, ...]
    stoi: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        stoi = {token: index for index, token in enumerate(self.itos)}
        if len(stoi) != len(self.itos):
            raise ValueError("all tokens of a vocabulary must differ; one is in it twice")
        object.__setattr__(self, "stoi", stoi)

    @classmethod
    def from_tokens(cls, tokens: Iterable[str], min_count: int = 1) -> "Vocab":
        """Number the specials first, then words by descending count, ties by first appearance.

        Words that appear fewer than `min_count` times are left out.
        """
        counts = tokens.counts() if isinstance(tokens, NumberedTokens) else Counter(tokens)
        words = (token for token, count in counts.most_common() if count >= min_count)
        return cls(SPECIALS + tuple(word for word in words if word not in SPECIALS))

    def __len__(self) -> int:
        return len(self.itos)

    def numericalize(self, tokens: Sequence[str]) -> NDArray[np.int64]:
        """Turn tokens into ids of shape (len(tokens),); an unknown token becomes ``xxunk``, 0."""
        if isinstance(tokens, NumberedTokens):
            return self.numericalize(tokens.words)[tokens.ids]
        unknown = self.stoi.get(UNK)
        ids = [self.stoi.get(token, unknown) for token in tokens]
        if None in ids:
            raise ValueError(
                f"{tokens[ids.index(None)]!r} is not in the vocabulary, which has no {UNK}"
            )
        return np.array(ids, dtype=np.int64)

    def textify(self, ids: Iterable[int]) -> str:
        """Turn ids back into words, joined by spaces."""
        return " ".join(self.itos[int(index)] for index in ids)
