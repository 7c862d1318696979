"""The cost of a backward pass through time in seconds and bytes, and torch's error on a second."""

import time
from collections.abc import Callable
from copy import deepcopy
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from hnviz.data import BatchLayout
from hnviz.learn import LanguageModel
from hnviz.learn.state import mapped
from hnviz.observe.subject import Subject
from hnviz.observe.through_time import WINDOWS

TIMES = 2  # each measurement is the shortest of this many


class Cost(NamedTuple):
    """The cost of one way to go back."""

    seconds: float  # of processor time per mini-batch, forward and backward: others may be at work
    saved: int  # bytes of tensors held for the backward pass, each storage once


def backward_costs(subject: Subject, ids: NDArray[np.int64], bptt: int) -> dict[str, Cost]:
    """Measure three mini-batches of `bptt` steps now, with the run's own number of rows.

    "detach" goes back after each mini-batch, "keep" once, after the third. A model that carries
    no state has only "reset". The copy is in eval mode; its weights take gradients, as in
    training, but do not count as saved: they exist anyway.
    """
    layout = BatchLayout(len(ids), subject.config.bs, bptt)
    parts = [layout.batch(ids, number) for number in range(WINDOWS)]
    x, y = (torch.from_numpy(np.stack([part[at] for part in parts])) for at in (1, 2))
    model = deepcopy(subject.model).eval().requires_grad_()
    ways: dict[str, Callable[[], None]] = {"reset": lambda: _go_back(model, x, y, cut=True)}
    if model.stateful:
        ways = {
            "detach": lambda: _go_back(model, x, y, cut=True),
            "keep": lambda: _go_back(model, x, y, cut=False),
        }
    return {name: _measure(model, way, x, name) for name, way in ways.items()}


def _measure(model: LanguageModel, way: Callable[[], None], x: Tensor, name: str) -> Cost:
    seconds = []
    for _ in range(TIMES):
        begun = time.process_time()
        way()
        seconds.append((time.process_time() - begun) / len(x))
    windows = x.unbind() if name == "keep" else x[:1].unbind()
    return Cost(min(seconds), saved_bytes(model, windows))


def saved_bytes(model: LanguageModel, windows: tuple[Tensor, ...]) -> int:
    """Count the bytes that the graph over some windows holds for backward, except weights."""
    weights = {each.untyped_storage().data_ptr() for each in model.parameters()}
    held: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            held[storage.data_ptr()] = storage.nbytes()
        return tensor  # kept alive, so that no other storage gets its address

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        state, losses = model.init_state(len(windows[0])), []
        for x in windows:
            logits, state = model(x, state)
            losses.append(loss_of(model, logits, x))
        torch.stack(losses).sum()
    return sum(held.values())


def _go_back(model: LanguageModel, x: Tensor, y: Tensor, *, cut: bool) -> None:
    state, losses = model.init_state(x.shape[1]), []
    for window, target in zip(x, y, strict=True):
        logits, state = model(window, state)
        losses.append(loss_of(model, logits, target))
        if cut:
            losses.pop().backward()
            state = mapped(state, Tensor.detach) if model.stateful else model.init_state(x.shape[1])
    if losses:
        torch.stack(losses).sum().backward()
    model.zero_grad()


def loss_of(model: LanguageModel, logits: Tensor, y: Tensor) -> Tensor:
    """Return a mini-batch's mean loss; y is (bs, bptt)."""
    target = y[:, -1] if model.predicts == "last" else y
    return F.cross_entropy(logits.flatten(0, -2), target.flatten())


def second_backward_error(subject: Subject, ids: NDArray[np.int64]) -> str:
    """Go back after each of two mini-batches without detach; return torch's error.

    Two rows of three tokens are enough. Raises ValueError for a model that carries no state,
    where this error cannot occur.
    """
    if not subject.model.stateful:
        raise ValueError(
            f"{subject.config.model} carries no state from mini-batch to mini-batch, so each "
            "backward has its own graph"
        )
    model = deepcopy(subject.model).eval().requires_grad_()
    layout = BatchLayout(len(ids), bs=2, bptt=3)
    state = model.init_state(layout.bs)
    try:
        for number in (0, 1):
            _, window, target = map(torch.as_tensor, layout.batch(ids, number))
            logits, state = model(window, state)
            loss_of(model, logits, target).backward()
    except RuntimeError as error:
        return f"{type(error).__name__}: {error}"
    raise ValueError("this version of torch went back twice through one graph without an error")
