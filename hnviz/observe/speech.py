"""Lets a model continue a text on its own, word by word: the likeliest word or a random draw."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from hnviz.learn.state import State
from hnviz.observe.question import LAST_ID, Ids, Range
from hnviz.observe.subject import Subject
from hnviz.questions.params import Of

MAX_PROMPT = 2000  # tokens
MAX_SAID = 200  # words that a model says on its own
HOTTEST = 10  # temperature; above it, all words are about equally likely
LAST_SEED = 2**31 - 1

N_WORDS: Any = Of("the size of the vocabulary", lambda asked: len(asked.subject.vocab))

Prompt = Annotated[Ids, Range(0, LAST_ID, 1, MAX_PROMPT)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How to choose the next word from a model's answer."""

    temperature: Annotated[float, Range(0, HOTTEST)] = 0.0
    """0 takes the likeliest word; 1 keeps the model's probabilities."""
    top_k: Annotated[int, Range(1, N_WORDS)] | None = None
    """Draw only from this many likeliest words; None for all."""
    seed: Annotated[int, Range(0, LAST_SEED)] = 0

    def shares(self, logits: Tensor) -> Tensor:
        """Turn logits, (nv,), into the probabilities to draw from, (nv,), in double precision."""
        logits = logits.double()
        if self.temperature == 0:
            shares = torch.zeros_like(logits)
            shares[logits.argmax()] = 1
            return shares
        kept = torch.full_like(logits, -torch.inf)
        likeliest = logits.topk(min(self.top_k or len(logits), len(logits))).indices
        kept[likeliest] = logits[likeliest] / self.temperature
        return kept.softmax(-1)


class Word(NamedTuple):
    """A word that a model said, and what it said it from."""

    id: int
    logits: Tensor  # (nv,)
    state: State  # of one row: after the token before the word


def say(subject: Subject, ids: Ids, n: int) -> Ids:
    """Read a prompt of at least one token from zeros; return the n likeliest words said after it.

    A model that carries no state reads the last bptt tokens before each answer.
    """
    said = islice(speak(subject, ids, drawing(Sampling())), n)
    return np.array([each.id for each in said], dtype=np.int64)


def drawing(how: Sampling) -> Callable[[Tensor], int]:
    """Return what chooses a word from logits, (nv,); its draws are the same for equal settings."""
    chance = torch.Generator().manual_seed(how.seed)
    return lambda logits: int(torch.multinomial(how.shares(logits), 1, generator=chance))


def speak(subject: Subject, ids: Ids, choose: Callable[[Tensor], int]) -> Iterator[Word]:
    """Yield one word after the other, without end; `choose` takes logits, (nv,).

    Raises ValueError if the logits are not finite.
    """
    text, state = ids.tolist(), None
    unread = text
    while True:
        if subject.window:
            unread, state = text[-subject.window :], None
        logits, state = subject.answer(torch.tensor([unread]), state)
        said = choose(finite(logits[0]))
        yield Word(said, logits[0], state)
        unread = [said]
        text = text + unread


def finite(logits: Tensor) -> Tensor:
    """Return logits unchanged, or raise ValueError if they are not finite."""
    if not torch.isfinite(logits).all():
        raise ValueError(
            "the answers are not finite numbers here: the weights, or the changed state, are too "
            "large; choose another snapshot, or a smaller value"
        )
    return logits
