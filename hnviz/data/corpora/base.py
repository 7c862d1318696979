"""A corpus as a value: a text to train a network on, and what pages need to know about it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple, Protocol

from hnviz.data.tokens import PART

LEVELS = ("word", "char", "bpe")
"""What a token is: a word or mark, a character, or a piece found by byte-pair encoding."""

UNITS = ("numbers", "slots")
"""What the text consists of, if pages can use that; see `Corpus.unit`."""


Spell = Callable[[int], tuple[str, ...]]
"""Writes a number as tokens, without the comma that ends it."""


class CorpusError(ValueError):
    """A corpus is unknown, or cannot be read or used as requested."""


class Tokens(NamedTuple):
    """The tokens of both splits; each begins with ``xxbos``."""

    train: Sequence[str]
    valid: Sequence[str]


@dataclass(frozen=True, kw_only=True, eq=False)
class Corpus:
    """A text to train on and one to test on, with an id.

    `unit` is "numbers" if the text lists the numbers 1 to 9,999 with commas between them, so that
    `spell` shows what is right; "slots" if its tokens have places with names, but no numbers; None
    if it is just text.
    """

    id: str  # as in `RunConfig.corpus`: letters, digits, "-", "_" and "."
    title: str  # at most five words
    description: str  # one sentence
    make: Callable[[str], Tokens]  # takes one of `ways`; pure, and raises CorpusError
    tokenize: Callable[[str], list[str]]  # splits what a user types, without ``xxbos``
    level: str = "word"
    ways: tuple[str, ...] = ("notebook",)  # of splitting it, by their names in `RunConfig.split`
    unit: str | None = None
    spell: Spell | None = None
    has_digits: bool = False  # whether hnviz.data.places finds each token's slot and digits
    min_count: int = 1  # a token rarer than this in train is read as xxunk
    vocab: tuple[str, ...] = ()  # the tokens in the order of their ids; () to number them by counts

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise ValueError(f"level must be one of {', '.join(LEVELS)}; got {self.level!r}")
        if self.unit is not None and self.unit not in UNITS:
            raise ValueError(f"unit must be None or one of {', '.join(UNITS)}; got {self.unit!r}")
        if (self.unit == "numbers") != (self.spell is not None):
            raise ValueError("a corpus of numbers must have spell, and no other corpus may")

    def tokens(self, way: str | None = None) -> Tokens:
        """Return both splits' tokens; recent ones are cached. Raises CorpusError."""
        chosen = self.ways[0] if way is None else way
        if wrong := self.way_problem(chosen):
            raise CorpusError(wrong)
        return _tokens(self, chosen)

    def joined(self, tokens: Sequence[str]) -> str:
        """Join tokens to a text that `tokenize` can read."""
        return (" " if self.level == "word" else "").join(tokens)

    def way_problem(self, way: str) -> str | None:
        """Say why this corpus cannot be split in some way; None if it can."""
        if way in self.ways:
            return None
        return f"split must be one of {', '.join(self.ways)}; got {way!r}"

    def content_hash(self, way: str | None = None) -> str:
        """Return 16 hex digits that change if any token of either split does."""
        digest = blake2b(digest_size=8)
        for tokens in self.tokens(way):
            for start in range(0, len(tokens), PART):
                digest.update(b"\0" if start else b"")
                digest.update(
                    "\0".join(tokens[start : start + PART]).encode("utf-8", "surrogatepass")
                )
            digest.update(b"\0\0")
        return digest.hexdigest()


@lru_cache(maxsize=4)
def _tokens(corpus: Corpus, way: str) -> Tokens:
    return corpus.make(way)


class TextChoice(Protocol):
    """Anything that names a corpus and a split, such as a `RunConfig`."""

    @property
    def corpus(self) -> str:
        """An id that `hnviz.data.corpora.base` knows."""

    @property
    def split(self) -> str:
        """One of the corpus's `ways`."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A corpus and a split, without a run."""

    corpus: str = "human_numbers"
    split: str = "notebook"


NOTEBOOK = Choice()
"""The notebook's own text and split."""
