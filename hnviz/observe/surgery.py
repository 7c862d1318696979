"""What a model says after its state was changed: units set, or another text's state put in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hnviz.observe.speech import Ids, finite
from hnviz.observe.subject import Subject

TOLERANCE = 1e-4  # of logits: the same sums in another order

Operation = Callable[[Tensor], Tensor]


class Course(NamedTuple):
    """How a model goes on from a state, always with the likeliest word."""

    state: NDArray[np.float32]  # (n_layers, nh): that the first word was said from
    ids: Ids  # (n,)
    probabilities: NDArray[np.float64]  # (n, nv)


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """Units of one layer that are set to a value."""

    layer: int
    units: tuple[int, ...]
    value: float = 0.0

    def __call__(self, state: Tensor) -> Tensor:
        """Return a changed copy of a state of one row."""
        changed = state.clone()
        _layers(changed)[self.layer, list(self.units)] = self.value
        return changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """Another text's state put in: the whole of it, or that of one layer."""

    other: Tensor
    layer: int | None = None

    def __call__(self, state: Tensor) -> Tensor:
        """Return what stands in a state's place."""
        if self.layer is None:
            return self.other
        changed = state.clone()
        _layers(changed)[self.layer] = _layers(self.other)[self.layer]
        return changed


def read(subject: Subject, ids: Ids) -> Tensor:
    """Return the state after the last token of a text, read from zeros.

    Raises ValueError for a model that carries no state, and for one whose answer cannot be made
    again from its state.
    """
    if subject.window:
        raise ValueError(
            f"{subject.config.model} carries no state: each of its answers starts again from zeros "
            f"and reads the last {subject.window} tokens, so there is nothing to change"
        )
    logits, state = subject.answer(torch.tensor(ids[None]))
    finite(logits)
    if (read_out(subject, state) - logits).abs().max() > TOLERANCE * (1 + logits.abs().max()):
        raise ValueError(
            f"{subject.config.model} answers from more than its state, so that a changed state "
            "has no answer of its own"
        )
    return state


def read_out(subject: Subject, state: Tensor) -> Tensor:
    """Return the answer that is made from a state of one row: the top layer's, (1, nv)."""
    model = subject.model
    if not (isinstance(model.bn, torch.nn.Module) and isinstance(model.h_o, torch.nn.Module)):
        raise ValueError(f"{subject.config.model} has no bn and h_o to answer from a state with")
    with torch.no_grad():
        logits: Tensor = model.h_o(model.bn(_layers(state)[-1:]))
    return logits


def go_on(
    subject: Subject, state: Tensor, n: int, change: Operation | None = None, *, hold: bool = False
) -> Course:
    """Say n words from a state, the likeliest each time, each read before the next is said.

    `change` is made to the state before the first word; with `hold` before every word.
    """
    if change:
        state = change(state)
    begun = _layers(state).numpy().copy()
    logits, said = read_out(subject, state), list[int]()
    probabilities = []
    for _ in range(n):
        said.append(int(finite(logits[0]).argmax()))
        probabilities.append(logits[0].double().softmax(-1).numpy())
        logits, state = subject.answer(torch.tensor([[said[-1]]]), state)
        if change and hold:
            state = change(state)
            logits = read_out(subject, state)
    return Course(begun, np.array(said, dtype=np.int64), np.array(probabilities))


def answers_on(subject: Subject, state: Tensor, ids: Ids) -> NDArray[np.float64]:
    """Return the answer before each of some words that are read from a state, (n, nv)."""
    logits = [read_out(subject, state)]
    for index in ids[:-1].tolist():
        answer, state = subject.answer(torch.tensor([[index]]), state)
        logits.append(answer)
    return torch.cat(logits).double().softmax(-1).numpy()


def _layers(state: Tensor) -> Tensor:
    """See the state of one row as (n_layers, nh)."""
    return state.view(-1, state.shape[-1])
