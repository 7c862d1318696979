"""A user's own text as a corpus. The id names the text and says how to read it."""

import re
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain
from threading import Lock
from typing import NamedTuple

from hnviz.data.corpora import texts
from hnviz.data.corpora.base import LEVELS, Corpus, CorpusError, Tokens
from hnviz.data.corpora.numbered import numbered_hash
from hnviz.data.corpora.pairs import Encoder, Merge, pieces
from hnviz.data.tokens import BOS, SHOWN, SPECIALS, NumberedTokens, upright

FAMILY = "text"
MAX_DISTINCT_TOKENS = 2**16 - len(SPECIALS)  # ids have two bytes, and the specials need some
MAX_PAIRED_WORDS = 150_000  # different words for byte-pair encoding to split: two seconds of work
MIN_TOKENS = 10
LIMITS = {"merges": (1, 5000), "min_count": (1, 1000), "valid": (1, 50)}
"""The smallest and largest value of each number in `Way`."""

_ID = re.compile(
    rf"{FAMILY}-([0-9a-f]{{20}})-(word|char|bpe(\d{{1,4}}))-min(\d{{1,4}})-valid(\d{{1,2}})"
)
_WORD = re.compile(r"\w{1,64}|[^\w\s]")  # longer words are cut, as pages show each token
_TYPED = str.maketrans({shown: typed for typed, shown in ((" ", "␣"), ("\n", "⏎"), ("\t", "⇥"))})
_SPACE = re.compile(r"\s")
_BEGINNING = 160  # characters with which to show how pairs merge
_LARGE = Lock()  # large texts are split one at a time: each takes 50 MB meanwhile
_NEAR = 1000  # characters within which the cut between train and valid looks for a space


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How to read a text. Raises CorpusError for a value out of range."""

    level: str = "word"
    merges: int = 500  # in byte-pair encoding, at most
    min_count: int = 1  # rarer tokens are read as xxunk
    valid: int = 10  # percent of the text, taken from its end

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise CorpusError(f"tokens must be one of {', '.join(LEVELS)}; got {self.level!r:.60}")
        for name, (low, high) in LIMITS.items():
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
                raise CorpusError(
                    f"{name} must be a whole number from {low:,} to {high:,}; got {value!r:.60}"
                )

    @property
    def written(self) -> str:
        """The way, as written in an id."""
        level = f"bpe{self.merges}" if self.level == "bpe" else self.level
        return f"{level}-min{self.min_count}-valid{self.valid}"

    @property
    def called(self) -> str:
        """What a token is, in two words."""
        return {"word": "words", "char": "characters"}.get(self.level, f"{self.merges} merges")


def own_corpus(content: bytes, way: Way) -> Corpus:
    """Make a corpus from a user's text, and hold the text in memory.

    Raises CorpusError for a text that cannot be read or trained on.
    """
    return held_corpus(texts.hold(texts.read_text(content)), way)


def held_corpus(name: str, way: Way) -> Corpus:
    """Make a corpus from a text that is held already, by its hash. Raises CorpusError."""
    made = text_corpus(f"{FAMILY}-{name}-{way.written}")
    made.tokens()
    return made


def text_hash(corpus_id: str) -> str | None:
    """Return the hash of the text in an id; None for a corpus that is not the user's own."""
    found = _ID.fullmatch(corpus_id)
    return found[1] if found else numbered_hash(corpus_id)


def way_of(corpus_id: str) -> Way | None:
    """Return how an id reads its text; None for another kind of corpus. Raises CorpusError."""
    found = _ID.fullmatch(corpus_id)
    if found is None:
        return None
    _, level, merges, least, share = found.groups()
    numbers = {"merges": int(merges)} if merges else {}
    return Way(
        level=level[:3] if merges else level, min_count=int(least), valid=int(share), **numbers
    )


def text_corpus(corpus_id: str) -> Corpus:
    """Return the corpus with an id of this family.

    Raises CorpusError for an invalid id, and for a missing text.
    """
    name, way = text_hash(corpus_id), way_of(corpus_id)
    if name is None or way is None:
        raise CorpusError(
            f"the id of your own text looks like {FAMILY}-<20 hex digits>-word-min1-valid10; "
            f"got {corpus_id[:100]!r}"
        )
    if not texts.is_known(name):
        raise texts.missing(name)
    return cached_corpus(corpus_id, name, way)


@lru_cache(maxsize=64)
def cached_corpus(corpus_id: str, name: str, way: Way) -> Corpus:
    """Return the corpus of a text's name and way; cached."""
    return Corpus(
        id=corpus_id,
        title=f"Own text {name[:6]}, {way.called}",
        description=f"Your own text, {_READ[way.level]}.",
        make=lambda _: _make(name, way),
        tokenize=lambda text: list(_tokenized(text, name, way)),
        level=way.level,
        min_count=way.min_count,
    )


_READ = {
    "word": "read word by word",
    "char": "read character by character",
    "bpe": "read in pieces that byte-pair encoding found",
}


def _make(name: str, way: Way) -> Tokens:
    text = texts.text_of(name)
    with _LARGE if len(text) > texts.MAX_TYPED_CHARS else nullcontext():
        return _split(text, name, way)


def _split(text: str, name: str, way: Way) -> Tokens:
    train, valid = (
        NumberedTokens(chain([BOS], _tokenized(part, name, way))) for part in cut(text, way)
    )
    if len(train) + len(valid) - 2 < MIN_TOKENS or min(len(train), len(valid)) < 2:
        n_tokens = sum(1 for _ in _tokenized(text, name, way))
        raise CorpusError(
            f"the text has {n_tokens} {'token' if n_tokens == 1 else 'tokens'}, but training "
            f"needs at least {MIN_TOKENS}, some of them for valid: choose a longer text"
        )
    n_words = sum(count >= way.min_count for count in train.counts().values())
    if n_words > MAX_DISTINCT_TOKENS:
        raise CorpusError(
            f"the text has {n_words:,} different tokens, but a network here can know only "
            f"{MAX_DISTINCT_TOKENS:,}: raise the minimum count, or read it by character"
        )
    return Tokens(train, valid)


def cut(text: str, way: Way) -> tuple[str, str]:
    """Cut a text in two: train, and the share at its end for valid."""
    text = text.strip()
    at = len(text) * (100 - way.valid) // 100
    spaces = [space.start() for space in _SPACE.finditer(text, max(0, at - _NEAR), at + 1)]
    at = spaces[-1] if spaces else at
    return text[:at], text[at:]


def _tokenized(text: str, name: str, way: Way) -> Iterator[str]:
    """Split a text into tokens, one after the other: all at once take much memory."""
    text = upright(text).translate(_TYPED)
    if way.level == "word":
        return (found[0] for found in _WORD.finditer(text.lower()))
    if way.level == "char":
        return iter(text.translate(SHOWN))
    shown = cache(lambda piece: piece.translate(SHOWN))
    return map(shown, encoder(name, way).encode(text))


class Merging(NamedTuple):
    """How the byte pairs of a text were joined, and the beginning of train as an example."""

    words: list[list[str]]  # each as a list of characters, split by `pieces`
    merges: list[Merge]  # in the order of learning
    whole: bool  # whether that beginning is all of train


def merging(corpus_id: str) -> Merging:
    """Return how a text's byte pairs merge, with spaces made visible.

    Raises CorpusError for a corpus that has no byte pairs.
    """
    found = _ID.fullmatch(corpus_id)
    if found is None or not found[3]:
        raise CorpusError(f"{corpus_id[:100]} is not read in byte pairs")
    way = Way(level="bpe", merges=int(found[3]), min_count=int(found[4]), valid=int(found[5]))
    learned = encoder(found[1], way).merges
    train = upright(cut(texts.text_of(found[1]), way)[0])
    return Merging(
        [list(word.translate(SHOWN)) for word in pieces(train[:_BEGINNING])],
        [
            Merge(each.left.translate(SHOWN), each.right.translate(SHOWN), each.times)
            for each in learned
        ],
        len(train) <= _BEGINNING,
    )


@lru_cache(maxsize=2)
def encoder(name: str, way: Way) -> Encoder:
    """Return the byte-pair encoding learned from a text's train split."""
    return _taught(upright(cut(texts.text_of(name), way)[0]), way.merges)


def _taught(text: str, merges: int) -> Encoder:
    n_words = len(set(pieces(text)))
    if n_words > MAX_PAIRED_WORDS:
        raise CorpusError(
            f"the text has {n_words:,} different words, but byte-pair encoding reads only "
            f"{MAX_PAIRED_WORDS:,} here: read it by character"
        )
    return Encoder(text, merges)
