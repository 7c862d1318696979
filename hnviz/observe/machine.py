"""What the reading machine draws: a text read word by word, then what the model says after it.

A text is read as in training: from its first word by a model that carries its state, otherwise in
windows of bptt words, each from zeros. The words after it are those of `hnviz.observe.speech`.
"""

from collections.abc import Callable
from itertools import islice
from math import log
from typing import Annotated, Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hnviz.learn.state import seen
from hnviz.models.catalogue import entry
from hnviz.observe.attention import looks
from hnviz.observe.passes import read_text
from hnviz.observe.question import LAST_ID, Ids, Range, question
from hnviz.observe.speech import MAX_SAID, Sampling, drawing, finite, speak
from hnviz.observe.subject import Subject
from hnviz.observe.units import gates
from hnviz.questions.params import Of
from hnviz.questions.view import Reply

MOST_READ = 200  # words of a text
BEST = 5  # likeliest next words

LAST_BEGIN: Any = Of("bptt less 1", lambda asked: asked.subject.config.bptt - 1)


class Read(NamedTuple):
    """Words as a model read them."""

    ids: Ids  # (n,)
    states: Tensor  # (n_layers, n, nh): after each word
    logits: Tensor  # (n, nv): for the word that follows
    looks: list[list[Tensor]]  # of each word, a layer's shares, (words that it knows,)


@question()
def ask_reading(
    subject: Subject,
    ids: Annotated[Ids, Range(0, LAST_ID, 1, MOST_READ)],
    n: Annotated[int, Range(0, MAX_SAID)] = 20,
    begin: Annotated[int, Range(0, LAST_BEGIN)] = 0,
    *,
    how: Sampling,
) -> Reply:
    """Read `ids` word by word, then let the model say `n` words after them.

    It says the likeliest word each time; at a `temperature` above 0 it draws from the `top_k`
    likeliest, with `seed`.

    A model that carries no state reads the text in windows of bptt words that begin at `begin`,
    `begin` + bptt and so on; the words before `begin` are a window of their own. From the text's
    last word on it reads the last bptt words for each answer, wherever windows begin.

    arrays, for the T words of the text and said: "ids", int64 (T,);
    "states", float32 (n_layers, T, nh), after each word; "passes", float32 (n_layers, T), the mean
    over the units of the gate that keeps, absent for a model without one; "best", int64 (T, 5), the
    likeliest next words, fewer in a smaller vocabulary, and "shares", float32 (T, 5), their
    probabilities: -1 and 0 without an answer; "surprise", float32 (T,), -log2 p of each word of the
    text, nan without an answer before it and for words said; "begins", int64 (T,), the first word
    that the state after each word knows of; "answers", int8 (T,), 1 where the model answers: if it
    predicts once a window, after a full window and from the text's last word on; "looks", float32
    (n_layers, T, W), only with attention: the share that word i has for word begins[i] + j. meta:
    "given", the words of the text; "window", bptt, or None for a carried state; "n_layers".
    """
    given, begins = len(ids), _begins(subject, len(ids), begin, n)
    read = _spoken(subject, _read(subject, ids, begins), n, drawing(how))
    arrays = _arrays(read, begins, _answers(subject, given, begin, n), given)
    cell = entry(subject.config.model).cell
    if cell and cell.keeper:
        arrays["passes"] = _passes(subject, read, begins, given, cell.keeper)
    if subject.window and any(read.looks):
        arrays["looks"] = _looks(read.looks)
    meta = {"given": given, "window": subject.window, "n_layers": len(read.states)}
    return Reply(arrays, meta)


def _arrays(
    read: Read, begins: Ids, answers: NDArray[np.bool_], given: int
) -> dict[str, NDArray[Any]]:
    return {
        "ids": read.ids,
        "states": read.states.numpy().astype(np.float32),
        **_likeliest(read.logits, answers),
        "surprise": _surprise(read, answers, given),
        "begins": begins,
        "answers": answers.astype(np.int8),
    }


def _begins(subject: Subject, given: int, begin: int, n: int) -> Ids:
    """Return the first word that the state after each word knows of, (given + n,)."""
    at = np.arange(given + n)
    if subject.window is None:
        return np.zeros_like(at)
    in_text = np.maximum(0, at - (at - begin) % subject.window)
    return np.where(at < given - 1, in_text, np.maximum(0, at + 1 - subject.window))


def _answers(subject: Subject, given: int, begin: int, n: int) -> NDArray[np.bool_]:
    """Return after which words the model answers, (given + n,)."""
    at, bptt = np.arange(given + n), subject.config.bptt
    full = (at + 1 - begin) % bptt == 0
    if begin:
        full &= at >= begin  # the words before are no full window
    return full | (at >= given - 1) | (subject.model.predicts == "every")


def _read(subject: Subject, ids: Ids, begins: Ids) -> Read:
    """Read the text; windows are read side by side, word by word."""
    if subject.window is None:
        read = read_text(subject, ids)
        return Read(ids, torch.tensor(read.states), torch.tensor(read.logits), [])
    starts, row = np.unique(begins[: len(ids)], return_inverse=True)
    place = np.arange(len(ids)) - begins[: len(ids)]
    steps = int(place.max()) + 1
    x = torch.tensor(ids[np.minimum(starts[:, None] + np.arange(steps), len(ids) - 1)])
    state, after, said = None, [], []
    with looks(subject.model) as found:
        for step in range(steps):
            logits, state = subject.answer(x[:, step : step + 1], state)
            after.append(seen(state))
            said.append(logits)
    n_layers = len(found) // steps
    shares = [
        [each[r, 0] for each in found[step * n_layers : (step + 1) * n_layers]]
        for r, step in zip(row, place, strict=True)
    ]
    states, answered = torch.stack(after, dim=2), torch.stack(said, dim=1)
    return Read(ids, states[:, row, place], answered[row, place], shares)


def _spoken(subject: Subject, text: Read, n: int, choose: Callable[[Tensor], int]) -> Read:
    """Add n words that the model says; its answer after the text gives the first of them."""
    said, states, logits, shares = [], [], [], []
    with looks(subject.model) as found:
        for word in islice(speak(subject, text.ids, choose), n + 1):
            said.append(word.id)
            states.append(seen(word.state)[:, 0])
            logits.append(word.logits)
            shares.append([each[0, -1] for each in found])
            found.clear()
    return Read(
        np.concatenate([text.ids, np.array(said[:-1], dtype=np.int64)]),
        torch.cat([text.states[:, :-1], torch.stack(states, dim=1)], dim=1),
        finite(torch.cat([text.logits[:-1], torch.stack(logits)])),
        [*text.looks[:-1], *shares],
    )


def _likeliest(logits: Tensor, answers: NDArray[np.bool_]) -> dict[str, NDArray[Any]]:
    shares, best = logits.double().softmax(-1).topk(min(BEST, logits.shape[1]))
    told = answers[:, None]
    return {
        "best": np.where(told, best.numpy(), -1),
        "shares": np.where(told, shares.numpy(), 0).astype(np.float32),
    }


def _surprise(read: Read, answers: NDArray[np.bool_], given: int) -> NDArray[np.float32]:
    bits = np.full(len(read.ids), np.nan, dtype=np.float32)
    logs = read.logits[: given - 1].double().log_softmax(-1).numpy() / log(2)
    here = -logs[np.arange(given - 1), read.ids[1:given]]
    bits[1:given] = np.where(answers[: given - 1], here, np.nan)
    return bits


def _passes(
    subject: Subject, read: Read, begins: Ids, given: int, keeper: str
) -> NDArray[np.float32]:
    """Return the mean of a gate over the units of each layer at each word, (n_layers, n)."""
    before = torch.zeros_like(read.states)
    known = np.flatnonzero(begins < np.arange(len(begins)))
    before[:, known] = read.states[:, known - 1]
    if subject.window is not None:  # each answer reads its whole window, from zeros
        for at in known[known >= given - 1]:
            _, state = subject.answer(torch.tensor(read.ids[None, begins[at] : at]))
            before[:, at] = seen(state)[:, 0]
    with torch.inference_mode():
        below = subject.part("i_h")(torch.tensor(read.ids))
    means = []
    for layer, after in enumerate(read.states):
        means.append(gates(subject, layer, below, before[layer])[keeper].mean(-1))
        below = after
    return torch.stack(means).numpy().astype(np.float32)


def _looks(shares: list[list[Tensor]]) -> NDArray[np.float32]:
    longest = max(len(each) for word in shares for each in word)
    found = np.zeros((len(shares[0]), len(shares), longest), dtype=np.float32)
    for at, word in enumerate(shares):
        for layer, each in enumerate(word):
            found[layer, at, : len(each)] = each.numpy()
    return found
