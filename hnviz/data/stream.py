"""A corpus as two streams of ids, which is all that a network ever sees of it."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from hnviz.data.corpora import Corpus, human_numbers
from hnviz.data.tokens import tokenize
from hnviz.data.vocab import Vocab

SPLITS = ("train", "valid")


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


@cache
def human_numbers_stream() -> TokenStream:
    """Return the human-numbers corpus as ids: 50,079 train and 13,017 valid, 39 in the vocab."""
    stream = TokenStream.from_corpus(human_numbers())
    stream.train.flags.writeable = stream.valid.flags.writeable = False  # shared by all callers
    return stream
