"""One pass over a text: the state and the answer after every token.

All pictures share one definition of the state at a position: the model reads the text from its
first token, starting from zeros, in eval mode. A model that carries no state restarts from zeros
every bptt tokens, as in training, but for each of its answers it reads the bptt tokens before it.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
import torch
from cachetools import LRUCache, cached
from numpy.typing import NDArray
from torch import Tensor, nn

from hnviz.estimate import reads_whole
from hnviz.learn import LanguageModel
from hnviz.learn.opened import Opened
from hnviz.learn.state import State, layers, mapped, seen, tensors
from hnviz.models.catalogue import entry
from hnviz.observe.progress import reported
from hnviz.observe.subject import Subject

KEPT_BYTES = 128 * 2**20  # for passes over whole splits; one over train takes 40 MB
STRETCHES = 64  # of a long text, read side by side
FORGOTTEN = 256  # tokens after which a network has nearly forgotten what came before
READINGS = 3
SAME = 1e-5  # of the largest value: float32's precision when sums change their order
ROWS = 512  # windows read at once; more would not fit in the processor's cache


class Pass(NamedTuple):
    """A text as a model read it; float32."""

    ids: NDArray[np.int64]  # (n,)
    states: NDArray[np.float32]  # (n_layers, n, nh): after each token
    logits: NDArray[np.float32]  # (n, nv): for the token that follows each


Read = TypeVar("Read")


def keep_recent(
    size: Callable[[Any], int],
) -> Callable[[Callable[[Subject, str], Read]], Callable[[Subject, str], Read]]:
    """Cache results for recent snapshots, up to KEPT_BYTES; always keep the last one."""
    most = KEPT_BYTES
    return cached(LRUCache(most, lambda read: min(most, size(read))))


def states(
    subject: Subject, ids: NDArray[np.int64], state: State | None = None, which: int = 0
) -> NDArray[np.float32]:
    """Return the hidden state after each token of a stretch, (n_layers, len(ids), nh).

    `which` chooses one of a state's tensors, such as 1 for an LSTM's cell.

    It starts from zeros, or from the `state` of one row; a model that carries no state restarts
    from zeros every bptt tokens, as in training. The model's own `forward` reads each token as a
    window of one.
    """
    x, read = torch.tensor(ids), []
    for step in range(len(x)):
        if subject.window and step % subject.window == 0:
            state = None
        _, state = subject.answer(x[None, step : step + 1], state)
        read.append(layers(state, which)[:, 0])  # (n_layers, nh): a single row
    return torch.stack(read, dim=1).numpy()


@keep_recent(lambda read: read.states.nbytes + read.logits.nbytes)
def split_pass(subject: Subject, split: str) -> Pass:
    """Read a whole split of the run's text; passes of recent snapshots are cached.

    Raises ValueError for a split that is too long.
    """
    ids = subject.stream.ids(split)
    _check_length(subject, split)
    together = read_together(subject, ids) if subject.model.stateful else None
    return together or read_text(subject, ids)


@keep_recent(lambda read: read.nbytes)
def split_states(subject: Subject, split: str) -> NDArray[np.float32]:
    """Return only the states of a split's pass, (n_layers, n, nh).

    For a model that carries no state, this is a hundred times faster than computing its answers,
    each of which reads its own window.
    """
    if subject.model.stateful:
        return split_pass(subject, split).states
    _check_length(subject, split)
    return _window_states(subject, subject.stream.ids(split))


def _check_length(subject: Subject, split: str) -> None:
    """Refuse a split whose states and answers would take too much memory."""
    n_tokens = len(subject.stream.ids(split))
    floats = entry(subject.config.model).n_layers * subject.config.nh + len(subject.vocab)
    if not reads_whole(n_tokens, floats):
        raise ValueError(
            f"{split} has {n_tokens:,} tokens, and with {floats:,} numbers for each it is too long "
            "to read as a whole: ask about a stretch of it"
        )


def read_together(subject: Subject, ids: NDArray[np.int64]) -> Pass | None:
    """Read a long text as 64 stretches side by side, each from where the previous one ends.

    A network forgets: the last 256 tokens of a stretch alone give nearly the state at its end.
    All stretches are read from these states, and again until each ends as assumed. Returns None
    for a network that does not forget, as three readings show.
    """
    each = -(-len(ids) // STRETCHES)
    x = torch.from_numpy(np.resize(ids, (STRETCHES, each)))  # the last row's surplus is dropped
    with torch.inference_mode():
        _, end = subject.model(x[:, -FORGOTTEN:], subject.model.init_state(STRETCHES))
        for _ in range(READINGS):
            start = mapped(end, _rolled)
            read, logits, again = _stretches(subject, x, start)
            if all(map(_ends_alike, tensors(again), tensors(end))):
                states = read.flatten(1, 2)[:, : len(ids)].numpy()
                return Pass(ids, states, logits.flatten(0, 1)[: len(ids)].numpy())
            end = again
    return None


def _rolled(end: Tensor) -> Tensor:
    """Start each row where the previous one ends, and the first from zeros."""
    start = end.roll(1, dims=-2)
    start[..., 0, :] = 0
    return start


def _ends_alike(again: Tensor, end: Tensor) -> bool:
    gap = (again - end)[..., :-1, :].abs().max()  # nothing follows the last stretch
    return bool(gap <= SAME * max(1.0, float(end.abs().max())))


def _stretches(subject: Subject, x: Tensor, start: State) -> tuple[Tensor, Tensor, State]:
    """Read rows; return states (n_layers, rows, steps, nh), logits, and the final state."""
    recurrent = _recurrent(subject.model)
    if recurrent is None:
        state, read, said = start, [], []
        for step in reported(range(x.shape[1]), "tokens"):
            logits, state = subject.model(x[:, step : step + 1], state)
            read.append(seen(state))
            said.append(logits.reshape(len(x), -1))
        return torch.stack(read, dim=2), torch.stack(said, dim=1), state
    logits, end = subject.model(x, start)
    return _layer_states(subject, recurrent, x, start), logits, end


def read_text(subject: Subject, ids: NDArray[np.int64]) -> Pass:
    """Read a text from zeros, (n,) ids with n at least 1."""
    if not subject.model.stateful:
        return Pass(ids, _window_states(subject, ids), _window_logits(subject, ids))
    start = subject.model.init_state(1)
    with torch.inference_mode():
        logits, _ = subject.model(torch.tensor(ids)[None], start)
    return Pass(ids, states_from(subject, ids, start), logits[0].numpy())


def read_states(subject: Subject, ids: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return only the states, (n_layers, n, nh), which is faster than with the answers."""
    if not subject.model.stateful:
        return _window_states(subject, ids)
    return states_from(subject, ids, subject.model.init_state(1))


def states_from(subject: Subject, ids: NDArray[np.int64], start: State) -> NDArray[np.float32]:
    """Read a text of one row from a given state, for a model that carries it; (n_layers, n, nh)."""
    recurrent = _recurrent(subject.model)
    with torch.inference_mode():
        if recurrent is None:
            return states(subject, ids, start)
        return _layer_states(subject, recurrent, torch.tensor(ids)[None], start)[:, 0].numpy()


class _ReachedError(Exception):
    """Stops a forward pass at the recurrent part."""


def _given(subject: Subject, recurrent: nn.RNNBase, x: Tensor, start: State) -> Tensor:
    """Return the input of a model's recurrent part, without running that part."""
    given: list[Tensor] = []

    def take(_: nn.Module, args: tuple[Tensor, ...]) -> None:
        given.append(args[0])
        raise _ReachedError

    handle = recurrent.register_forward_pre_hook(take)
    try:
        subject.model(x, start)
    except _ReachedError:
        pass
    finally:
        handle.remove()
    return given[0]


@cached(WeakKeyDictionary(), lambda model: model)
def _recurrent(model: LanguageModel) -> nn.RNNBase | None:
    """Return the model's nn.RNN, nn.GRU or nn.LSTM if its outputs are its states; else None."""
    if isinstance(model, Opened):  # it may do anything with what such a part gives
        return None
    found = [module for module in model.modules() if isinstance(module, nn.RNNBase)]
    if len(found) != 1 or not isinstance(found[0], (nn.RNN, nn.GRU, nn.LSTM)):
        return None
    part, state = found[0], tensors(model.init_state(1))
    n_tensors = 2 if isinstance(part, nn.LSTM) else 1
    shape = (part.num_layers, 1, part.hidden_size)
    whole = len(state) == n_tensors and all(each.shape == shape for each in state)
    return part if whole and part.batch_first and not part.bidirectional else None


def _layer_states(subject: Subject, stacked: nn.RNNBase, x: Tensor, start: State) -> Tensor:
    """Read x, (rows, n), layer by layer: torch returns only the last layer's states.

    start: (n_layers, rows, nh), or two of them for nn.LSTM. Returns (n_layers, rows, n, nh).
    """
    given, seen = _given(subject, stacked, x, start), []
    with torch.inference_mode():
        for layer, alone in enumerate(_alone(stacked)):
            for name, weight in alone.named_parameters():
                weight.copy_(getattr(stacked, name.replace("_l0", f"_l{layer}")))
            own = [tensor[layer : layer + 1] for tensor in tensors(start)]
            given, _ = alone(given, tuple(own) if len(own) > 1 else own[0])
            seen.append(given)
    return torch.stack(seen)


@cached(WeakKeyDictionary(), lambda stacked: stacked)  # torch draws weights for each new module
def _alone(stacked: nn.RNNBase) -> list[nn.Module]:
    """Return a module for each layer; its weights are still to be copied."""
    options: Any = {"nonlinearity": stacked.nonlinearity} if isinstance(stacked, nn.RNN) else {}
    options |= {
        "batch_first": True,
        "bias": stacked.bias,
        "dtype": next(stacked.parameters()).dtype,
    }
    make: type[nn.Module] = type(stacked)
    sizes = [stacked.input_size] + [stacked.hidden_size] * (stacked.num_layers - 1)
    return [make(size, stacked.hidden_size, **options) for size in sizes]


def _window_states(subject: Subject, ids: NDArray[np.int64]) -> NDArray[np.float32]:
    """Read all windows side by side, step by step."""
    window = min(subject.config.bptt, len(ids))
    n_windows = -(-len(ids) // window)
    x = torch.from_numpy(np.resize(ids, (n_windows, window)))  # the last row's surplus is dropped
    state, read = None, []
    for step in reported(range(window), "tokens"):
        _, state = subject.answer(x[:, step : step + 1], state)
        read.append(seen(state))
    together = torch.stack(read, dim=2).flatten(1, 2)  # (n_layers, n_windows * window, nh)
    return together[:, : len(ids)].numpy()


def _window_logits(subject: Subject, ids: NDArray[np.int64]) -> NDArray[np.float32]:
    """Answer each position from the window that ends there."""
    window = min(subject.config.bptt, len(ids))
    first = [subject.answer(torch.tensor(ids[None, : end + 1]))[0] for end in range(window - 1)]
    windows = np.lib.stride_tricks.sliding_window_view(ids, window)  # (n - window + 1, window)
    pieces = [windows[start : start + ROWS] for start in range(0, len(windows), ROWS)]
    rest = [
        subject.answer(torch.tensor(piece))[0]
        for piece in reported(pieces, "windows", [len(piece) for piece in pieces])
    ]
    return torch.cat([*first, *rest]).numpy()
