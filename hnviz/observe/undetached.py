"""What a carried state costs if it is never detached: a backward pass goes through all before."""

import time
from copy import deepcopy
from typing import NamedTuple
from weakref import ref

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hnviz.data import BatchLayout
from hnviz.learn.models import LanguageModel
from hnviz.observe.backward_costs import TIMES, Cost, loss_of
from hnviz.observe.progress import reported
from hnviz.observe.subject import Subject

MINI_BATCHES = 8


class _Batch(NamedTuple):
    """A mini-batch: ids and targets, (bs, bptt) each."""

    x: Tensor
    y: Tensor


def undetached(subject: Subject, ids: NDArray[np.int64]) -> list[Cost]:
    """Go back after each of the text's first MINI_BATCHES, without detach; return each one's cost.

    The graph is kept (retain_graph), and the weights stay as they are: torch refuses to go back
    through those that an update has changed. Eval mode; weights do not count as saved. Raises
    ValueError for a model that carries no state.
    """
    config = subject.config
    if not subject.model.stateful:
        raise ValueError(
            f"{config.model} carries no state from mini-batch to mini-batch, so there is nothing "
            "to detach"
        )
    layout = BatchLayout(len(ids), config.bs, config.bptt)
    numbers = range(min(MINI_BATCHES, layout.n_batches))
    parts = [map(torch.as_tensor, layout.batch(ids, number)[1:]) for number in numbers]
    batches = [_Batch(*part) for part in parts]
    model = deepcopy(subject.model).eval().requires_grad_()
    seconds = np.min([_seconds(model, batches) for _ in range(TIMES)], axis=0)
    return [Cost(*each) for each in zip(seconds.tolist(), _held(model, batches), strict=True)]


def _seconds(model: LanguageModel, batches: list[_Batch]) -> list[float]:
    """Measure the processor time of each mini-batch, forward and backward."""
    state, found = model.init_state(len(batches[0].x)), []
    for x, y in batches:
        begun = time.process_time()
        logits, state = model(x, state)
        loss_of(model, logits, y).backward(retain_graph=True)
        found.append(time.process_time() - begun)
        model.zero_grad()
    return found


class _Saved:
    """A tensor that the graph holds for a backward pass, for as long as it does."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor


def _held(model: LanguageModel, batches: list[_Batch]) -> list[int]:
    """Count the bytes that the graph holds when each mini-batch's backward pass begins."""
    weights = {each.untyped_storage().data_ptr() for each in model.parameters()}
    saved: list[ref[_Saved]] = []

    def pack(tensor: Tensor) -> _Saved:
        made = _Saved(tensor)
        saved.append(ref(made))
        return made

    state, found = model.init_state(len(batches[0].x)), []
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda made: made.tensor):
        for x, y in reported(batches, "mini-batches"):
            logits, state = model(x, state)
            loss = loss_of(model, logits, y)
            alive = [made.tensor.untyped_storage() for each in saved if (made := each())]
            sizes = {each.data_ptr(): each.nbytes() for each in alive}
            found.append(sum(size for at, size in sizes.items() if at not in weights))
            del loss, logits
    return found
