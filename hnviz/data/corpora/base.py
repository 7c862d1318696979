"""A corpus as a value: what a network can be trained on, and what pages may ask about it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple, Protocol

LEVELS = ("word", "char", "bpe")
"""What one token is: a word or mark, a character, or a piece found by byte-pair encoding."""

UNITS = ("numbers", "slots")
"""What the text is made of, where pages can use it; see `Corpus.unit`."""


Spell = Callable[[int], tuple[str, ...]]
"""Writes a number as tokens, without the comma that ends it."""


class CorpusError(ValueError):
    """An unknown corpus, or one that cannot be read or used as wanted."""


class Tokens(NamedTuple):
    """The tokens of both splits; each begins with ``xxbos``."""

    train: Sequence[str]
    valid: Sequence[str]


@dataclass(frozen=True, kw_only=True, eq=False)
class Corpus:
    """A text to train on and one to test on, known by an id.

    `unit` is "numbers" if the text lists the numbers 1 to 9,999 with commas between them, so that
    `spell` separates right from wrong; "slots" if its tokens have places with names and no numbers;
    None if it is just text.
    """

    id: str  # as `RunConfig.corpus` has it: letters, digits, "-", "_" and "."
    title: str  # five words or fewer
    description: str  # one sentence
    make: Callable[[str], Tokens]  # takes one of `ways`; pure, and raises CorpusError
    tokenize: Callable[[str], list[str]]  # what a user types, without ``xxbos``
    level: str = "word"
    ways: tuple[str, ...] = ("notebook",)  # to split it, as `RunConfig.split` names them
    unit: str | None = None
    spell: Spell | None = None
    has_digits: bool = False  # hnviz.data.places finds each token's slot, and its number's digits
    min_count: int = 1  # a token that is rarer in train is read as xxunk

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise ValueError(f"level must be one of {', '.join(LEVELS)}; got {self.level!r}")
        if self.unit is not None and self.unit not in UNITS:
            raise ValueError(f"unit must be None or one of {', '.join(UNITS)}; got {self.unit!r}")
        if (self.unit == "numbers") != (self.spell is not None):
            raise ValueError("a corpus of numbers, and no other, says how to spell them")

    def tokens(self, way: str | None = None) -> Tokens:
        """Return both splits' tokens; recent ones are cached. Raises CorpusError."""
        chosen = self.ways[0] if way is None else way
        if wrong := self.way_problem(chosen):
            raise CorpusError(wrong)
        return _tokens(self, chosen)

    def joined(self, tokens: Sequence[str]) -> str:
        """Write tokens as text that `tokenize` reads."""
        return (" " if self.level == "word" else "").join(tokens)

    def way_problem(self, way: str) -> str | None:
        """Say what is wrong with a way to split this corpus; None if nothing is."""
        if way in self.ways:
            return None
        return f"split must be one of {', '.join(self.ways)}; got {way!r}"

    def content_hash(self, way: str | None = None) -> str:
        """Return 16 hex digits that change with any token of either split."""
        digest = blake2b(digest_size=8)
        for tokens in self.tokens(way):
            digest.update("\0".join(tokens).encode("utf-8", "surrogatepass"))
            digest.update(b"\0\0")
        return digest.hexdigest()


@lru_cache(maxsize=4)
def _tokens(corpus: Corpus, way: str) -> Tokens:
    return corpus.make(way)


class TextChoice(Protocol):
    """Anything that names a corpus and its split, such as a `RunConfig`."""

    @property
    def corpus(self) -> str:
        """An id that `hnviz.data.corpora.base` knows."""

    @property
    def split(self) -> str:
        """One of the corpus's `ways`."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A corpus and its split, without a run."""

    corpus: str = "human_numbers"
    split: str = "notebook"


NOTEBOOK = Choice()
"""The notebook's own text and split."""
