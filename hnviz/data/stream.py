"""A corpus as two streams of ids, which is all that a network ever sees of it."""

from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from hnviz.data.corpora import Corpus, human_numbers
from hnviz.data.tokens import tokenize
from hnviz.data.vocab import Vocab

SPLITS = ("train", "valid")
MOST_TOKENS = 1_000_000  # of a text of one's own
MOST_WORDS = 2**16  # different ones


@dataclass(frozen=True, eq=False)
class TokenStream:
    """Each split of a corpus as ids, int64 of shape (n_tokens,), with the vocab behind them."""

    vocab: Vocab
    train: NDArray[np.int64]
    valid: NDArray[np.int64]

    @classmethod
    def from_corpus(cls, corpus: Corpus) -> "TokenStream":
        """Tokenize both splits and number them with the vocab of the train split."""
        train, valid = tokenize(corpus.train), tokenize(corpus.valid)
        vocab = Vocab.from_tokens(train)
        return cls(vocab, vocab.numericalize(train), vocab.numericalize(valid))

    def ids(self, split: str) -> NDArray[np.int64]:
        """Return one split's ids."""
        if split not in SPLITS:
            raise ValueError(f"split must be one of {', '.join(SPLITS)}, got {split!r}")
        return self.train if split == "train" else self.valid


@dataclass(frozen=True, eq=False)
class Text:
    """One text as ids, int64 of shape (n_tokens,): a split of a corpus, or one's own."""

    name: str  # as sentences have it: "train", "valid", "your text"
    vocab: Vocab
    ids: NDArray[np.int64]
    n_left_out: int = 0  # tokens past the longest that is read


@cache
def human_numbers_stream() -> TokenStream:
    """Return the human-numbers corpus as ids: 50,079 train and 13,017 valid, 39 in the vocab."""
    stream = TokenStream.from_corpus(human_numbers())
    stream.train.flags.writeable = stream.valid.flags.writeable = False  # shared by all callers
    return stream


@cache
def split_text(split: str) -> Text:
    """Return a split of human numbers as a text."""
    stream = human_numbers_stream()
    return Text(split, stream.vocab, stream.ids(split))


@lru_cache(maxsize=8)
def own_text(text: str) -> Text:
    """Tokenize a text of one's own and number it with its own vocab.

    Of a longer one the first million tokens are read. Raises ValueError for one without a word,
    and for one with more different words than two bytes can number.
    """
    tokens = tokenize(text)
    read = tokens[:MOST_TOKENS]
    if len(read) < 2:
        raise ValueError("the text is empty: type or paste some words, or choose a file")
    vocab = Vocab.from_tokens(read)
    if len(vocab) > MOST_WORDS:
        raise ValueError(
            f"the text has {len(vocab):,} different words, and the picture can number "
            f"{MOST_WORDS:,}: choose a shorter text"
        )
    ids = vocab.numericalize(read)
    ids.flags.writeable = False  # shared by all callers
    return Text("your text", vocab, ids, len(tokens) - len(read))
