"""A corpus as two streams of ids, which are all that a network sees, and the bits of a token."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from math import log
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hnviz.data.corpora import BUILT_IN, Corpus, CorpusError, Tokens, corpus
from hnviz.data.corpora.base import NOTEBOOK, Choice, TextChoice
from hnviz.data.corpora.own import cut, text_hash, way_of
from hnviz.data.corpora.texts import find_ids, text_of
from hnviz.data.numbers import Numbers, Texts, numbers_split
from hnviz.data.tokens import UNK, Vocab, kind_in_text, kind_of, plain_kind, tokenize

SPLITS = ("train", "valid")


@dataclass(frozen=True, eq=False)
class TokenStream:
    """Both splits of a corpus as ids, int64 of shape (n_tokens,), and their vocabulary."""

    vocab: Vocab
    train: NDArray[np.int64]
    valid: NDArray[np.int64]

    @classmethod
    def from_texts(cls, texts: Texts) -> "TokenStream":
        """Split both texts into words, and number these with the vocabulary of train."""
        return cls.from_tokens(Tokens(tokenize(texts.train), tokenize(texts.valid)))

    @classmethod
    def from_tokens(
        cls, tokens: Tokens, min_count: int = 1, words: tuple[str, ...] = ()
    ) -> "TokenStream":
        """Number both splits' tokens: as in `words`, or with the vocabulary of train."""
        vocab = Vocab(words) if words else Vocab.from_tokens(tokens.train, min_count)
        return cls(vocab, vocab.numericalize(tokens.train), vocab.numericalize(tokens.valid))

    def ids(self, split: str) -> NDArray[np.int64]:
        """Return one split's ids."""
        if split not in SPLITS:
            raise ValueError(f"split must be one of {', '.join(SPLITS)}, got {split!r}")
        return self.train if split == "train" else self.valid


@dataclass(frozen=True, eq=False)
class Text:
    """A split of a corpus as ids, int64 of shape (n_tokens,)."""

    name: str  # "train" or "valid"
    vocab: Vocab
    ids: NDArray[np.int64]


def stream_of(choice: TextChoice) -> TokenStream:
    """Return the ids that a run reads; cached.

    The vocabulary is ordered by counts in train, so it differs between splits: ids mean something
    only together with their stream. Raises CorpusError for an unknown corpus or split.
    """
    return cached_stream(choice.corpus, choice.split)


def cached_stream(corpus_id: str, split: str) -> TokenStream:
    """Return the stream of a corpus and split; cached."""
    return (_built_in if corpus_id in BUILT_IN else other_stream)(corpus_id, split)


def _read(corpus_id: str, split: str) -> TokenStream:
    read = corpus(corpus_id)
    if wrong := read.way_problem(split):
        raise CorpusError(wrong)
    kept = find_ids(corpus_id) if text_hash(corpus_id) else None
    if kept is None:
        stream = TokenStream.from_tokens(read.tokens(split), read.min_count, read.vocab)
    else:
        stream = TokenStream(kept.vocab, kept.train, kept.valid)
    stream.train.flags.writeable = stream.valid.flags.writeable = False  # shared by all callers
    return stream


_built_in = cache(_read)
other_stream = lru_cache(maxsize=2)(_read)  # an own text of 5 MB takes up to 40 MB


def corpus_of(choice: TextChoice) -> Corpus:
    """Return the corpus that a run reads. Raises CorpusError for an unknown one."""
    return corpus(choice.corpus)


def kind_in(read: Corpus) -> Callable[[str], str]:
    """Return the function that names a token's kind in a corpus: "six" may be French."""
    if read.has_digits:
        return kind_of
    return plain_kind if read.unit == "numbers" else kind_in_text


def numbers_of(choice: TextChoice) -> Numbers:
    """Return the numbers that a run reads.

    Raises CorpusError for an unknown corpus or split, or one that has no numbers.
    """
    read = corpus_of(choice)
    if read.unit != "numbers":
        raise CorpusError(f"{read.title} does not list the numbers 1 to 9,999")
    return numbers_split(choice.split)


def human_numbers_stream() -> TokenStream:
    """Return the notebook's split: 50,079 train and 13,017 valid tokens, vocabulary of 39.

    It is for pages about the notebook's text. Code that has a run or a config uses `stream_of`.
    """
    return stream_of(NOTEBOOK)


def split_text(split: str, choice: TextChoice = NOTEBOOK) -> Text:
    """Return "train" or "valid" of the notebook's text, or of a run's, as a text."""
    return _split_text(split, stream_of(choice))


@lru_cache(maxsize=8)
def _split_text(split: str, stream: TokenStream) -> Text:
    return Text(split, stream.vocab, stream.ids(split))


class Measured(NamedTuple):
    """How the valid text of a run consists of tokens."""

    text: str  # the same for runs that read the same valid text
    tokens: str  # what a token is: "word", "char", "bpe500"
    bits: float  # bits per character for each nat of the mean loss per token
    unknown: float  # share of tokens read as xxunk, whose letters cost nothing


def measured(choice: TextChoice) -> Measured:
    """Measure the valid text of a run; recent ones are cached.

    Raises CorpusError for a text that is not there.
    """
    return _measured(choice.corpus, choice.split)


def tokens_of(choice: TextChoice) -> str:
    """Say what a token of a run is, without reading the text: "word", "char", "bpe500"."""
    way = way_of(choice.corpus)
    return corpus_of(choice).level if way is None else way.written.partition("-")[0]


def bits_per_character(loss: float, choice: TextChoice) -> float:
    """Convert a mean loss on valid from nats per token to bits per character."""
    return loss * measured(choice).bits


@lru_cache(maxsize=256)
def _measured(corpus_id: str, split: str) -> Measured:
    choice = Choice(corpus_id, split)
    corpus, stream, way = corpus_of(choice), stream_of(choice), way_of(corpus_id)
    n_tokens = len(stream.valid) - 1  # xxbos has no characters
    if way is None:
        text = f"{corpus_id} {split}"
        n_characters = len(corpus.joined(corpus.tokens(split).valid[1:]))
    else:
        name = text_hash(corpus_id) or ""
        text = f"{name} {way.valid}"
        n_characters = len(cut(text_of(name), way)[1])
    unknown = float((stream.valid == stream.vocab.stoi.get(UNK, -1)).mean())
    return Measured(text, tokens_of(choice), n_tokens / n_characters / log(2), unknown)
