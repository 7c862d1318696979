"""The cost of going back through time in seconds and bytes: cut, uncut and never detached."""

import time
from collections.abc import Callable
from copy import deepcopy
from typing import Annotated, Any, NamedTuple
from weakref import ref

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from hnviz.data import BatchLayout
from hnviz.learn import LanguageModel
from hnviz.learn.state import mapped
from hnviz.observe.progress import reported
from hnviz.observe.question import Asked, Range, question
from hnviz.observe.subject import Subject
from hnviz.observe.through_time import WINDOWS
from hnviz.questions.params import Of
from hnviz.questions.view import Reply

TIMES = 2  # each measurement is the shortest of this many
LONGEST_WINDOW = 80  # steps of a mini-batch
MINI_BATCHES = 8  # to go back through without detach


def _longest(asked: Asked) -> int:
    return asked.net.max_bptt or LONGEST_WINDOW


LONGEST: Any = Of("80, or the longest window of the model", _longest)
RUNS_BPTT: Any = Of("the run's", lambda asked: min(asked.subject.config.bptt, _longest(asked)))


class Cost(NamedTuple):
    """The cost of one way to go back."""

    seconds: float  # of processor time per mini-batch, forward and backward: others may be at work
    saved: int  # bytes of tensors held for the backward pass, each storage once


@question(slow=True, measures=True)
def ask_backward_costs(
    subject: Subject, bptt: Annotated[int, Range(1, LONGEST)] = RUNS_BPTT
) -> Reply:
    """Measure three mini-batches of `bptt` steps now.

    meta: "bptt", and for each way to go back ("detach" and "keep", or "reset") its "seconds" per
    mini-batch and the bytes "saved" for the backward pass.
    """
    costs = backward_costs(subject, subject.stream.train, bptt)
    return Reply({}, {"bptt": bptt, **{name: cost._asdict() for name, cost in costs.items()}})


@question()
def ask_second_backward(subject: Subject) -> Reply:
    """Return torch's error for a second backward through an uncut graph: meta "error"."""
    return Reply({}, {"error": second_backward_error(subject, subject.stream.train)})


@question(slow=True, measures=True)
def ask_undetached(subject: Subject) -> Reply:
    """Measure now the cost of a state that is never detached, mini-batch by mini-batch.

    meta: "bptt", "bs", "steps", each with its "seconds" and the bytes "saved"; "error", torch's
    where it is not asked to keep the graph.
    """
    config, train = subject.config, subject.stream.train
    steps = [cost._asdict() for cost in undetached(subject, train)]
    error = second_backward_error(subject, train)
    return Reply({}, {"bptt": config.bptt, "bs": config.bs, "steps": steps, "error": error})


def backward_costs(subject: Subject, ids: NDArray[np.int64], bptt: int) -> dict[str, Cost]:
    """Measure three mini-batches of `bptt` steps now, with the run's own number of rows.

    "detach" goes back after each mini-batch, "keep" once, after the third. A model that carries
    no state has only "reset". The copy is in eval mode; its weights take gradients, as in
    training, but do not count as saved: they exist in any case.
    """
    layout = BatchLayout(len(ids), subject.config.bs, bptt)
    parts = [layout.batch(ids, number) for number in range(WINDOWS)]
    x, y = (torch.from_numpy(np.stack([part[at] for part in parts])) for at in (1, 2))
    subject.check_graph()
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
        return tensor  # kept alive, so that no other storage reuses its address

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
            f"{subject.config.called} carries no state from mini-batch to mini-batch, so each "
            "backward has its own graph"
        )
    subject.check_graph()
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


class _Batch(NamedTuple):
    """A mini-batch: ids and targets, (bs, bptt) each."""

    x: Tensor
    y: Tensor


def undetached(subject: Subject, ids: NDArray[np.int64]) -> list[Cost]:
    """Go back after each of the text's first MINI_BATCHES, without detach; return each one's cost.

    The graph is kept (retain_graph), and the weights do not change: torch refuses to go back
    through those that an update has changed. Eval mode; weights do not count as saved. Raises
    ValueError for a model that carries no state.
    """
    config = subject.config
    if not subject.model.stateful:
        raise ValueError(
            f"{config.called} carries no state from mini-batch to mini-batch, so there is nothing "
            "to detach"
        )
    subject.check_graph()
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
    """Count the bytes in the graph at the start of each mini-batch's backward pass."""
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
