"""Gradients through three mini-batches: how far back a loss reaches, with and without detach."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from hnviz.data import BatchLayout
from hnviz.learn import LanguageModel
from hnviz.learn.state import State, mapped, seen, tensors
from hnviz.models.catalogue import entry
from hnviz.observe.question import Range, question
from hnviz.observe.subject import Subject
from hnviz.questions.view import Reply

WINDOWS = 3  # mini-batches in one picture
WARM_UP = 2  # mini-batches read first, so that the initial state is realistic
FIRST = 5  # the first of the three mini-batches, by default

Norms = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Windows:
    """Consecutive mini-batches, and the state before the first."""

    x: tuple[Tensor, ...]  # each (bs, bptt)
    y: tuple[Tensor, ...]
    state: State  # zeros for a model that carries no state
    n_before: int  # mini-batches that produced the state

    @classmethod
    def cut(cls, subject: Subject, ids: NDArray[np.int64], first: int) -> "Windows":
        """Take mini-batches `first` to `first` + 2 of a text, in the run's own layout.

        Raises ValueError if the text does not have them.
        """
        layout = BatchLayout(len(ids), subject.config.bs, subject.config.bptt)
        check_windows(layout, first)
        before = range(max(0, first - WARM_UP), first if subject.model.stateful else 0)
        read = [layout.batch(ids, number).x for number in before]
        x = np.concatenate(read, axis=1) if read else np.zeros((layout.bs, 0), dtype=np.int64)
        parts = [layout.batch(ids, first + each) for each in range(WINDOWS)]
        return cls(
            tuple(torch.from_numpy(part.x) for part in parts),
            tuple(torch.from_numpy(part.y) for part in parts),
            state_before(subject, torch.from_numpy(x)),
            len(read),
        )


def check_windows(layout: BatchLayout, first: int) -> None:
    """Raise ValueError if a text does not have these three mini-batches."""
    last = layout.n_batches - WINDOWS
    if last < 0:
        raise ValueError(
            f"{layout.n_tokens:,} tokens in {layout.bs} rows of {layout.bptt} steps are "
            f"{layout.n_batches} mini-batch{'' if layout.n_batches == 1 else 'es'}, and the "
            f"picture needs {WINDOWS}: choose a run with a smaller bs or bptt"
        )
    if not 0 <= first <= last:
        raise ValueError(
            f"the text has {layout.n_batches} mini-batches, 0 to {layout.n_batches - 1}, so the "
            f"first of {WINDOWS} must be from 0 to {last}; got {first}"
        )


class StateGradients(NamedTuple):
    """Norm of dLoss/dh after each step of the three mini-batches, (3 * bptt,); 0 if none.

    The norm is over layers and units, in a typical row: the median of all rows' norms. For a
    model that carries no state, `detach` and `keep` are None; `loss` is the mean loss of `keep`, or
    for such a model of `reset`.
    """

    reset: Norms
    detach: Norms | None
    keep: Norms | None
    loss: float


@question()
def ask_state_gradients(
    subject: Subject, first: Annotated[int, Range(0)] = FIRST, every: bool = False
) -> Reply:
    """Return the norm of dLoss/dh after each step of mini-batches `first` to `first` + 2 of train.

    With `every` (true; default false) the loss is that of all steps, otherwise of the last. Raises
    ValueError for a model that has attention in place of a state. arrays:
    "reset" and, for a model that carries its state, "detach" and "keep", float64 (3 * bptt,).
    meta: "batches", "bptt", "bs", "loss"; "n_before", how many mini-batches produced the first
    state; "n_batches", those of the whole text.
    """
    if entry(subject.config.model).attends:
        raise ValueError(
            f"{subject.config.called} has no state through which a gradient could go back: it goes "
            "to each word of the window directly"
        )
    ids, config = subject.stream.train, subject.config
    n_batches = BatchLayout(len(ids), config.bs, config.bptt).n_batches
    windows = Windows.cut(subject, ids, first)
    found = state_gradients(subject, windows, every=every)
    arrays: dict[str, NDArray[Any]] = {"reset": found.reset}
    if found.detach is not None and found.keep is not None:
        arrays |= {"detach": found.detach, "keep": found.keep}
    meta = {
        "batches": list(range(first, first + WINDOWS)),
        "bptt": config.bptt,
        "bs": config.bs,
        "loss": found.loss,
        "n_before": windows.n_before,
        "n_batches": n_batches,
    }
    return Reply(arrays, meta)


def state_gradients(subject: Subject, windows: Windows, *, every: bool) -> StateGradients:
    """Go back through three mini-batches from the last step's loss, or with `every` from each.

    With `every`, each mini-batch has its training loss: the mean over its answers. Detach does not
    change a model's answers. It removes the gradients beyond the cut and keeps those inside, so
    one forward pass gives both.
    """
    subject.check_graph()
    model = stepwise_copy(subject)
    reset, loss = _reset(model, windows, every)
    if not model.stateful:
        return StateGradients(reset, None, None, loss)
    states, losses = [], []
    state = mapped(windows.state, lambda tensor: tensor.clone().requires_grad_())
    for x, y in zip(windows.x, windows.y, strict=True):
        said, seen = _read(model, x, state)
        losses.append(_loss(model, said, y, every))
        states.append(seen)
        state = seen[-1]
    from_ = losses if every else losses[-1:]
    whole = torch.stack(from_).sum()
    keep = _norms(whole, [each for seen in states for each in seen], keep=every)
    if every:
        parts = zip(losses, states, strict=True)
        detach = np.concatenate([_norms(loss, seen, keep=True) for loss, seen in parts])
    else:
        detach = np.where(np.arange(len(keep)) < len(keep) - len(states[-1]), 0.0, keep)
    return StateGradients(reset, detach, keep, whole.item() / len(from_))


def _reset(model: LanguageModel, windows: Windows, every: bool) -> tuple[Norms, float]:
    """Read each mini-batch from zeros; they are independent, so read them side by side."""
    read = range(WINDOWS) if every else [WINDOWS - 1]
    x = torch.cat([windows.x[each] for each in read])  # (mini-batches * bs, bptt)
    y = torch.cat([windows.y[each] for each in read])
    said, states = _read(model, x, mapped(model.init_state(len(x)), Tensor.requires_grad_))
    loss = _loss(model, said, y, every)
    gradients = _gradients(loss * len(read), states)  # each mini-batch has its own mean
    parts = [each.chunk(len(read)) for each in gradients]
    norms = [[_typical(part[each]) for part in parts] for each in range(len(read))]
    zeros = np.zeros(len(states) * (WINDOWS - len(read)))
    return np.concatenate([zeros, *norms]), loss.item()


def _rows_first(gradient: Tensor) -> Tensor:
    """Reorder (rows, nh) or (n_layers, rows, nh) so that rows come first."""
    return gradient if gradient.ndim == 2 else gradient.transpose(0, 1).flatten(1)


def _read(model: LanguageModel, x: Tensor, state: State) -> tuple[list[Tensor], list[State]]:
    """Return each step's logits and state."""
    said, states = zip(*steps(model, x, state), strict=True)
    return list(said), list(states)


def _loss(model: LanguageModel, said: list[Tensor], y: Tensor, every: bool) -> Tensor:
    if every and model.predicts == "every":
        return F.cross_entropy(torch.stack(said, dim=1).flatten(0, 1), y.flatten())
    return F.cross_entropy(said[-1], y[:, -1])


def _norms(loss: Tensor, states: list[State], *, keep: bool = False) -> Norms:
    """Go back from a loss; `keep` preserves the graph for another pass."""
    return np.array([_typical(each) for each in _gradients(loss, states, keep=keep)])


def _typical(gradient: Tensor) -> float:
    """Return the median of the rows' norms, which a few rows with a long reach do not raise."""
    return float(np.median(gradient.norm(dim=1).numpy()))


def _gradients(loss: Tensor, states: list[State], *, keep: bool = False) -> list[Tensor]:
    """Go back from a loss to states; return the gradient of each, (rows, a row's whole state).

    A tensor that no answer depends on, such as the second one after a last step, has zeros.
    """
    parts = [each for state in states for each in tensors(state)]
    found = iter(
        torch.autograd.grad(
            loss, parts, retain_graph=keep, allow_unused=True, materialize_grads=True
        )
    )
    return [torch.cat([_rows_first(next(found)) for _ in tensors(state)], 1) for state in states]


def frozen_copy(subject: Subject) -> LanguageModel:
    """Return a copy in eval mode in which only states and words take gradients, not weights."""
    return deepcopy(subject.model).eval().requires_grad_(False)


def stepwise_copy(subject: Subject) -> LanguageModel:
    """Return a frozen copy that answers from the state it passes on, when read token by token.

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
    output, state = result  # (rows, 1, nh), or steps first; (n_layers, rows, nh), two for nn.LSTM
    top = seen(state)[-1]
    return (top.view_as(output) if output.numel() == top.numel() else output), state


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
