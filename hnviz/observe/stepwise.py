"""Copies of a model for gradients through time, read step by step."""

from collections.abc import Iterator
from copy import deepcopy

import torch
from torch import Tensor, nn

from hnviz.learn import LanguageModel
from hnviz.learn.state import State, seen
from hnviz.observe.subject import Subject


def frozen_copy(subject: Subject) -> LanguageModel:
    """Return a copy in eval mode in which only states and words take gradients, not weights."""
    return deepcopy(subject.model).eval().requires_grad_(False)


def stepwise_copy(subject: Subject) -> LanguageModel:
    """Return a frozen copy that answers from the state that it passes on, read token by token.

    nn.RNN, nn.GRU and nn.LSTM return a step's output and its last state as two tensors. Their
    numbers are equal, but a gradient would reach the state only from later steps, not from its own
    answer.
    """
    model = frozen_copy(subject)
    for module in model.modules():
        if isinstance(module, nn.RNNBase):
            module.register_forward_hook(_output_from_state)
    return model


def _output_from_state(
    _: nn.Module, __: tuple[Tensor, ...], result: tuple[Tensor, State]
) -> tuple[Tensor, State]:
    state = result[1]  # (n_layers, rows, nh); two of them for nn.LSTM
    return seen(state)[-1].unsqueeze(1), state  # (rows, 1, nh)


def steps(model: LanguageModel, x: Tensor, state: State) -> Iterator[tuple[Tensor, State]]:
    """Read x, (rows, n), token by token; yield each step's logits, (rows, nv), and state."""
    for at in range(x.shape[1]):
        logits, state = model(x[:, at : at + 1], state)
        yield logits if model.predicts == "last" else logits[:, -1], state


def state_before(subject: Subject, x: Tensor) -> State:
    """Return the state after reading x, (rows, n), from zeros; zeros if n is 0."""
    state = subject.model.init_state(len(x))
    if x.shape[1] == 0:
        return state
    with torch.no_grad():
        after: State = subject.model(x, state)[1]
    return after
