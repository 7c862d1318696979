"""A model's gates at all tokens of a text at once, computed from its states."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hnviz.models.catalogue import entry
from hnviz.observe.subject import Subject


def gates(subject: Subject, layer: int, given: Tensor, before: Tensor) -> dict[str, Tensor]:
    """Return the values of each gate of a layer, (n, nh) each, by its name in the catalogue.

    `given` is the layer's input at each token, `before` its state before each; both (n, nh). A
    model may compute its own gates: `model.gates(layer, given, before)` returns them in order.
    Raises ValueError for a model that has none.
    """
    net = entry(subject.config.model)
    part = net.recurrent
    if part is None or not net.gates:
        raise ValueError(f"{net.name} has no gates: show its state")
    own = getattr(subject.model, "gates", None)
    if own is None and part.kind not in _KINDS:
        raise ValueError(
            f"{net.name} names its gates but does not compute them: give its class a method "
            "gates(layer, given, before)"
        )
    with torch.inference_mode():
        if own is None:
            values = _KINDS[part.kind](getattr(subject.model, part.name), layer, given, before)
        else:
            values = own(layer, given, before)
    return dict(zip(net.gates, values, strict=True))


def _gru(cell: nn.Module, layer: int, given: Tensor, before: Tensor) -> tuple[Tensor, ...]:
    """Evaluate the equations; the next state is (1 - update) * candidate + update * before."""
    input_r, input_z, input_n = _sums(cell, "ih", layer, given)
    hidden_r, hidden_z, hidden_n = _sums(cell, "hh", layer, before)
    reset = torch.sigmoid(input_r + hidden_r)
    update = torch.sigmoid(input_z + hidden_z)
    return reset, update, torch.tanh(input_n + reset * hidden_n)


def _lstm(cell: nn.Module, layer: int, given: Tensor, before: Tensor) -> tuple[Tensor, ...]:
    """Evaluate the equations; the next cell is forget * cell + input * candidate."""
    pairs = zip(_sums(cell, "ih", layer, given), _sums(cell, "hh", layer, before), strict=True)
    put_in, forget, candidate, put_out = (one + other for one, other in pairs)
    return put_in.sigmoid(), forget.sigmoid(), candidate.tanh(), put_out.sigmoid()


def _sums(cell: nn.Module, side: str, layer: int, vectors: Tensor) -> tuple[Tensor, ...]:
    weight = getattr(cell, f"weight_{side}_l{layer}")  # (gates * nh, nh)
    bias = getattr(cell, f"bias_{side}_l{layer}", None)
    return F.linear(vectors, weight, bias).split(weight.shape[-1], dim=-1)


_KINDS: dict[str, Callable[..., tuple[Tensor, ...]]] = {"GRU": _gru, "LSTM": _lstm}
"""The gates of torch's parts."""
