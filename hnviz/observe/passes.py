"""One pass over a text: the state after every token, and the answer there.

The state at a position is defined once, for every picture: the text is read from its first token
on, from zeros, in eval mode. A model that carries no state starts from zeros again every bptt
tokens, as in training, but each of its answers reads the bptt tokens before it.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from hnviz.data import human_numbers_stream
from hnviz.observe.states import states
from hnviz.observe.subject import Subject

KEPT_PASSES = 6  # over whole splits: of train one takes 40 MB
STRETCHES = 64  # that a long text is read in, side by side
FORGOTTEN = 256  # tokens after which a network hardly knows what was before them
READINGS = 3
SAME = 1e-5  # of the largest value: as near as float32 comes in another order of the sums
ROWS = 512  # windows read at once: more would leave the processor's cache


class Pass(NamedTuple):
    """A text as a model read it; float32."""

    ids: NDArray[np.int64]  # (n,)
    states: NDArray[np.float32]  # (n_layers, n, nh): after each token
    logits: NDArray[np.float32]  # (n, nv): of the token that follows each


@lru_cache(maxsize=KEPT_PASSES)
def split_pass(subject: Subject, split: str) -> Pass:
    """Read a whole split of human numbers; passes are kept for the snapshots last asked about."""
    ids = human_numbers_stream().ids(split)
    together = read_together(subject, ids) if subject.model.stateful else None
    return together or read_text(subject, ids)


@lru_cache(maxsize=KEPT_PASSES)
def split_states(subject: Subject, split: str) -> NDArray[np.float32]:
    """Return the states of a split's pass alone, (n_layers, n, nh).

    A model that carries no state comes by them a hundred times sooner than by its answers, each
    of which reads a window of its own.
    """
    if subject.model.stateful:
        return split_pass(subject, split).states
    return _window_states(subject, human_numbers_stream().ids(split))


def read_together(subject: Subject, ids: NDArray[np.int64]) -> Pass | None:
    """Read a long text as 64 stretches side by side, each from where the one before it ends.

    A network forgets: what the last 256 tokens of a stretch leave behind is nearly the state at
    its end. From these states all stretches are read, and again until each ends as was taken for
    it. None for a network that does not forget, which three readings tell.
    """
    each = -(-len(ids) // STRETCHES)
    x = torch.from_numpy(np.resize(ids, (STRETCHES, each)))  # the last one's end is cut again
    with torch.inference_mode():
        _, end = subject.model(x[:, -FORGOTTEN:], subject.model.init_state(STRETCHES))
        for _ in range(READINGS):
            start = end.roll(1, dims=-2)  # rows are the last dimension but one
            start[..., 0, :] = 0
            seen, logits, again = _stretches(subject, x, start)
            gap = (again - end)[..., :-1, :].abs().max()  # nothing follows the last one
            if gap <= SAME * max(1.0, float(end.abs().max())):
                states = seen.flatten(1, 2)[:, : len(ids)].numpy()
                return Pass(ids, states, logits.flatten(0, 1)[: len(ids)].numpy())
            end = again
    return None


def _stretches(subject: Subject, x: Tensor, start: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Read rows; return states (n_layers, rows, steps, nh), logits, and the state at the end."""
    recurrent = _recurrent(subject.model)
    if recurrent is None:
        state, seen, said = start, [], []
        for step in range(x.shape[1]):
            logits, state = subject.model(x[:, step : step + 1], state)
            seen.append(state.reshape(-1, len(x), subject.config.nh))
            said.append(logits[:, 0])
        return torch.stack(seen, dim=2), torch.stack(said, dim=1), state
    given: list[Tensor] = []
    handle = recurrent.register_forward_pre_hook(lambda _, args: given.append(args[0]))
    try:
        logits, end = subject.model(x, start)
    finally:
        handle.remove()
    return _layer_states(recurrent, given[0], start), logits, end


def read_text(subject: Subject, ids: NDArray[np.int64]) -> Pass:
    """Read a text from zeros, (n,) ids with n at least 1."""
    if not subject.model.stateful:
        return Pass(ids, _window_states(subject, ids), _window_logits(subject, ids))
    recurrent = _recurrent(subject.model)
    if recurrent is None:
        logits, _ = _forward(subject, ids)
        return Pass(ids, states(subject, ids), logits.numpy())
    given: list[Tensor] = []
    handle = recurrent.register_forward_pre_hook(lambda _, args: given.append(args[0]))
    try:
        logits, _ = _forward(subject, ids)
    finally:
        handle.remove()
    start = subject.model.init_state(1)
    return Pass(ids, _layer_states(recurrent, given[0], start)[:, 0].numpy(), logits.numpy())


def read_states(subject: Subject, ids: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the states alone, (n_layers, n, nh): sooner, of a model that carries no state."""
    if not subject.model.stateful:
        return _window_states(subject, ids)
    return read_text(subject, ids).states


def _forward(subject: Subject, ids: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
    """Read the text as one window; return logits, (n, nv), and the state after it."""
    x = torch.tensor(ids)[None]
    with torch.inference_mode():
        logits, state = subject.model(x, subject.model.init_state(1))
    return logits[0], state


def _recurrent(model: nn.Module) -> nn.RNNBase | None:
    """Return the model's nn.RNN or nn.GRU if its outputs are its states; None for all else."""
    found = [module for module in model.modules() if isinstance(module, nn.RNNBase)]
    if len(found) != 1 or not isinstance(found[0], (nn.RNN, nn.GRU)):
        return None
    return found[0] if found[0].batch_first and not found[0].bidirectional else None


def _layer_states(stacked: nn.RNNBase, given: Tensor, start: Tensor) -> Tensor:
    """Read (rows, n, nh) with each layer by itself: torch hands out the last one's states alone.

    start: (n_layers, rows, nh). Returns (n_layers, rows, n, nh).
    """
    options: dict[str, Any] = {"batch_first": True, "dtype": given.dtype}
    if isinstance(stacked, nn.RNN):
        options["nonlinearity"] = stacked.nonlinearity
    make: type[nn.Module] = type(stacked)
    seen = []
    with torch.inference_mode():
        for layer in range(stacked.num_layers):
            alone = make(given.shape[-1], stacked.hidden_size, **options)
            for name, weight in alone.named_parameters():
                weight.copy_(getattr(stacked, name.replace("_l0", f"_l{layer}")))
            given, _ = alone(given, start[layer : layer + 1])
            seen.append(given)
    return torch.stack(seen)


def _window_states(subject: Subject, ids: NDArray[np.int64]) -> NDArray[np.float32]:
    """Read all windows side by side, step by step."""
    window = min(subject.config.bptt, len(ids))
    n_windows = -(-len(ids) // window)
    x = torch.from_numpy(np.resize(ids, (n_windows, window)))  # the last one's end is cut again
    state, seen = None, []
    for step in range(window):
        _, state = subject.answer(x[:, step : step + 1], state)
        seen.append(state.reshape(-1, n_windows, subject.config.nh))
    together = torch.stack(seen, dim=2).flatten(1, 2)  # (n_layers, n_windows * window, nh)
    return together[:, : len(ids)].numpy()


def _window_logits(subject: Subject, ids: NDArray[np.int64]) -> NDArray[np.float32]:
    """Answer each position from a window of its own, which ends there."""
    window = min(subject.config.bptt, len(ids))
    first = [subject.answer(torch.tensor(ids[None, : end + 1]))[0] for end in range(window - 1)]
    windows = np.lib.stride_tricks.sliding_window_view(ids, window)  # (n - window + 1, window)
    rest = [
        subject.answer(torch.tensor(windows[start : start + ROWS]))[0]
        for start in range(0, len(windows), ROWS)
    ]
    return torch.cat([*first, *rest]).numpy()
