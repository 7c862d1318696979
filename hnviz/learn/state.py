"""A model's hidden state: one tensor, or a tuple of several, as in an LSTM.

The last two dimensions of each tensor are the rows of a mini-batch and the units. Pictures show
the first tensor; the page Hidden states shows the others, too.
"""

from collections.abc import Callable, Mapping, Sequence

from torch import Tensor

State = Tensor | tuple[Tensor, ...]


def tensors(state: State) -> tuple[Tensor, ...]:
    """List the tensors of a state."""
    return state if isinstance(state, tuple) else (state,)


def mapped(state: State, change: Callable[[Tensor], Tensor]) -> State:
    """Apply a function to each tensor of a state."""
    return tuple(map(change, state)) if isinstance(state, tuple) else change(state)


def named(names: Sequence[str], state: State) -> dict[str, Tensor]:
    """Name the tensors of a state as in a snapshot: "state", and others such as "state.c"."""
    return dict(zip(_keys(names), tensors(state), strict=True))


def from_named(names: Sequence[str], stored: Mapping[str, Tensor]) -> State:
    """Rebuild a state from the result of `named`. Raises KeyError if a tensor is missing."""
    found = tuple(stored[key] for key in _keys(names))
    return found[0] if len(found) == 1 else found


def is_state(key: str) -> bool:
    """Return whether a key in a snapshot names a tensor of the state, not a weight."""
    return key == "state" or key.startswith("state.")


def _keys(names: Sequence[str]) -> list[str]:
    return ["state", *(f"state.{name}" for name in names[1:])]


def rows_of(state: State, rows: slice) -> State:
    """Take some rows of a state."""
    return mapped(state, lambda tensor: tensor[..., rows, :])


def seen(state: State) -> Tensor:
    """Return the tensor that pictures show, as (n_layers, rows, units)."""
    return layers(state, 0)


def layers(state: State, which: int) -> Tensor:
    """Return one tensor of a state, as (n_layers, rows, units)."""
    shown = tensors(state)[which]
    return shown.reshape(-1, *shown.shape[-2:])
