"""A model that goes on by itself: word after word, the likeliest or drawn by lot."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hnviz.observe.subject import Subject

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How a word is chosen among those that a model answers with."""

    temperature: float = 0.0  # 0 is the likeliest word; 1 leaves the model's probabilities
    top_k: int | None = None  # the likeliest words that are drawn from; None for all
    seed: int = 0

    def shares(self, logits: Tensor) -> Tensor:
        """Return the probabilities that are drawn from: logits (nv,) to (nv,), in double."""
        logits = logits.double()
        if self.temperature == 0:
            shares = torch.zeros_like(logits)
            shares[logits.argmax()] = 1
            return shares
        kept = torch.full_like(logits, -torch.inf)
        likeliest = logits.topk(min(self.top_k or len(logits), len(logits))).indices
        kept[likeliest] = logits[likeliest] / self.temperature
        return kept.softmax(-1)


class Speech(NamedTuple):
    """What a model said by itself."""

    ids: Ids  # (n,)
    drawn: NDArray[np.float64]  # (n,): the probability with which each was drawn
    probabilities: NDArray[np.float64]  # (n, nv): the model's own, of which each was drawn


def say(subject: Subject, ids: Ids, n: int, how: Sampling) -> Speech:
    """Read a prompt, (at least 1,), from zeros and say n words, each read before the next.

    A model that carries no state reads the last bptt tokens before each answer. The draws are of
    a generator of their own: the same settings give the same words.
    """
    chance = torch.Generator().manual_seed(how.seed)
    text, state = ids.tolist(), None
    unread = text
    said: list[int] = []
    drawn, probabilities = [], []
    for _ in range(n):
        if subject.window:
            unread, state = text[-subject.window :], None
        logits, state = subject.answer(torch.tensor([unread]), state)
        shares = how.shares(finite(logits[0]))
        chosen = int(torch.multinomial(shares, 1, generator=chance))
        said.append(chosen)
        drawn.append(float(shares[chosen]))
        probabilities.append(logits[0].double().softmax(-1).numpy())
        unread = [chosen]
        text = text + unread
    return Speech(np.array(said, dtype=np.int64), np.array(drawn), np.array(probabilities))


def finite(logits: Tensor) -> Tensor:
    """Return logits as they are, or raise ValueError where weights have run away."""
    if not torch.isfinite(logits).all():
        raise ValueError(
            "the answers are not finite numbers here: the weights, or the state that was put in, "
            "ran away; pick another snapshot, or a smaller value"
        )
    return logits
