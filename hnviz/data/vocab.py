"""The numbering of tokens."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

UNK = "xxunk"
SPECIALS = (UNK, "xxpad", "xxbos", "xxeos", "xxfld", "xxmaj", "xxup", "xxrep", "xxwrep")
"""fastai 1.0.61's nine special tokens, in its order; they take the ids 0 to 8."""


@dataclass(frozen=True)
class Vocab:
    """The tokens that a model knows; a token's id is its place in `itos`."""

    itos: tuple[str, ...]
    stoi: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        stoi = {token: index for index, token in enumerate(self.itos)}
        if len(stoi) != len(self.itos):
            raise ValueError("a vocabulary's tokens must all differ; one is in it twice")
        object.__setattr__(self, "stoi", stoi)

    @classmethod
    def from_tokens(cls, tokens: Iterable[str], min_count: int = 1) -> "Vocab":
        """Number the specials first, then words by descending count, ties by first appearance.

        Words that appear less than `min_count` times are left out.
        """
        counts = Counter(tokens)
        words = (token for token, count in counts.most_common() if count >= min_count)
        return cls(SPECIALS + tuple(word for word in words if word not in SPECIALS))

    def __len__(self) -> int:
        return len(self.itos)

    def numericalize(self, tokens: Sequence[str]) -> NDArray[np.int64]:
        """Turn tokens into ids of shape (len(tokens),); an unknown token becomes ``xxunk``, 0."""
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
