"""Let a model continue a text on its own: word by word, the likeliest or a random draw."""

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
    """How to choose a word from a model's answer."""

    temperature: float = 0.0  # 0 takes the likeliest word; 1 keeps the model's probabilities
    top_k: int | None = None  # draw only from this many likeliest words; None for all
    seed: int = 0

    def shares(self, logits: Tensor) -> Tensor:
        """Return the probabilities to draw from: logits (nv,) to (nv,), in double precision."""
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
    """What a model said on its own."""

    ids: Ids  # (n,)
    drawn: NDArray[np.float64]  # (n,): the probability with which each was drawn
    probabilities: NDArray[np.float64]  # (n, nv): the model's own, before sampling settings


def say(subject: Subject, ids: Ids, n: int, how: Sampling) -> Speech:
    """Read a prompt of at least one token from zeros and say n words, reading each in turn.

    A model that carries no state reads the last bptt tokens before each answer. The draws use
    their own generator, so the same settings give the same words.
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
    """Return logits unchanged, or raise ValueError if they are not finite."""
    if not torch.isfinite(logits).all():
        raise ValueError(
            "the answers are not finite numbers here: the weights, or the changed state, are too "
            "large; choose another snapshot, or a smaller value"
        )
    return logits
