"""What a model says after a change of its state: units set, or another text's state."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hnviz.learn.state import State, mapped, tensors
from hnviz.models.catalogue import entry
from hnviz.observe.speech import Ids, finite
from hnviz.observe.subject import Subject

TOLERANCE = 1e-4  # of logits, for the same sums in another order

Operation = Callable[[State], State]


class Course(NamedTuple):
    """How a model continues from states, a row each, always with the likeliest word."""

    state: NDArray[np.float32]  # (n_layers, rows, nh): before the first word
    ids: Ids  # (rows, n)
    probabilities: NDArray[np.float64]  # (rows, n, nv)


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """Set some units of one layer to a value."""

    layer: int
    units: tuple[int, ...]
    value: float = 0.0

    def __call__(self, state: State) -> State:
        """Return a changed copy of a state, the same for each row; of several tensors, of each."""
        changed = mapped(state, Tensor.clone)
        for tensor in tensors(changed):
            _layers(tensor)[self.layer][:, list(self.units)] = self.value
        return changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """Replace the state by another text's: all of it, or one layer."""

    other: State
    layer: int | None = None

    def __call__(self, state: State) -> State:
        """Return the state that replaces another."""
        if self.layer is None:
            return self.other
        changed = mapped(state, Tensor.clone)
        for mine, theirs in zip(tensors(changed), tensors(self.other), strict=True):
            _layers(mine)[self.layer] = _layers(theirs)[self.layer]
        return changed


def read(subject: Subject, ids: Ids) -> State:
    """Return the state after the last token of a text, read from zeros.

    Raises ValueError for a model that carries no state, and for one whose answer cannot be
    recomputed from its state.
    """
    if subject.window:
        raise ValueError(
            f"{subject.config.model} carries no state: each of its answers starts again and "
            f"reads only the last {subject.window} tokens, so there is nothing to change"
        )
    logits, state = subject.answer(torch.tensor(ids[None]))
    finite(logits)
    if (read_out(subject, state) - logits).abs().max() > TOLERANCE * (1 + logits.abs().max()):
        raise ValueError(
            f"{subject.config.model} answers from more than its state, so a changed state alone "
            "gives no answer"
        )
    found: State = state
    return found


def read_out(subject: Subject, state: State) -> Tensor:
    """Return the answers from a state: from the top layer, (rows, nv)."""
    top, net = _layers(state)[-1], entry(subject.config.model)
    with torch.no_grad():
        if net.norm and not net.norm_in_loop:  # else the state is normalised already
            top = subject.part(net.norm)(top)
        logits: Tensor = subject.part("h_o")(top)
    return logits


def go_on(
    subject: Subject, state: State, n: int, change: Operation | None = None, *, hold: bool = False
) -> Course:
    """Say n words from each row of a state: each time the likeliest, which the model then reads.

    `change` applies to the state before the first word; with `hold`, before every word.
    """
    if change:
        state = change(state)
    begun = _layers(state).numpy().copy()
    logits, said = read_out(subject, state), list[Tensor]()
    probabilities = []
    for _ in range(n):
        said.append(finite(logits).argmax(-1, keepdim=True))  # (rows, 1)
        probabilities.append(logits.double().softmax(-1))
        logits, state = subject.answer(said[-1], state)
        if change and hold:
            state = change(state)
            logits = read_out(subject, state)
    return Course(begun, torch.cat(said, 1).numpy(), torch.stack(probabilities, 1).numpy())


def answers_on(subject: Subject, state: State, ids: Ids) -> NDArray[np.float64]:
    """Read some words from a state; return the answer before each, (n, nv)."""
    logits = [read_out(subject, state)]
    for index in ids[:-1].tolist():
        answer, state = subject.answer(torch.tensor([[index]]), state)
        logits.append(answer)
    return torch.cat(logits).double().softmax(-1).numpy()


def _layers(state: State) -> Tensor:
    """View a state as (n_layers, rows, nh); of several tensors, the first."""
    shown = tensors(state)[0]
    return shown.view(-1, *shown.shape[-2:])
