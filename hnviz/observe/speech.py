"""Lets a model continue a text on its own, word by word: the likeliest word or a random draw."""

from dataclasses import dataclass
from math import log
from typing import Annotated, Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hnviz.observe.passes import read_text
from hnviz.observe.question import LAST_ID, Ids, Range, question
from hnviz.observe.subject import Subject
from hnviz.questions.params import Of
from hnviz.questions.view import Reply

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


class Speech(NamedTuple):
    """What a model said on its own."""

    ids: Ids  # (n,)
    drawn: NDArray[np.float64]  # (n,): each word's probability in its draw
    probabilities: NDArray[np.float64]  # (n, nv): the model's own, before the sampling settings


@question()
def ask_next_word(
    subject: Subject, ids: Prompt, how: Sampling, n: Annotated[int, Range(1, MAX_SAID)] = 20
) -> Reply:
    """Return what follows each token of `ids`, and let the model say `n` words after them.

    Words are drawn at `temperature` from the `top_k` likeliest, with `seed`. arrays:
    "probabilities", float32 (n_tokens + n - 1, nv), the answer after each token of the prompt and
    each word said except the last; "surprise", float64 (n_tokens - 1,), -log2 p of each token
    after the first; "said", ids; "drawn", the probability with which each was drawn. meta:
    "window", the tokens that each answer reads in a model that carries no state, or None.
    """
    speech = say(subject, ids, n, how)
    logits = finite(torch.from_numpy(read_text(subject, ids).logits)).double()
    answers = logits.log_softmax(-1).numpy()  # (n_tokens, nv)
    surprise = -answers[np.arange(len(ids) - 1), ids[1:]] / log(2)
    arrays: dict[str, NDArray[Any]] = {
        "probabilities": np.concatenate([np.exp(answers), speech.probabilities[1:]]).astype("f4"),
        "surprise": surprise,
        "said": speech.ids,
        "drawn": speech.drawn,
    }
    return Reply(arrays, {"window": subject.window})


def say(subject: Subject, ids: Ids, n: int, how: Sampling) -> Speech:
    """Read a prompt of at least one token from zeros, then say n words, reading each in turn.

    A model that carries no state reads the last bptt tokens before each answer. The draws use
    their own generator, so equal settings give equal words.
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
