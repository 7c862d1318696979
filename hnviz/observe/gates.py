"""A GRU's gates at every token of a text at once, worked out from its states."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hnviz.observe.subject import Subject

GATES = ("reset", "update", "candidate")
"""In torch's order of the stacked weights; the third is what a unit would take in."""


def gru_of(subject: Subject) -> nn.GRU:
    """Return a model's one nn.GRU. Raises ValueError for a model that has none."""
    found = [module for module in subject.model.modules() if isinstance(module, nn.GRU)]
    if len(found) != 1:
        raise ValueError(f"{subject.config.model} has no gates: show its state")
    return found[0]


def gates(cell: nn.GRU, layer: int, given: Tensor, before: Tensor) -> dict[str, Tensor]:
    """Return what each gate of a layer was, (n, nh) each.

    `given` is the layer's input at each token, `before` its state before each; (n, nh).
    The state after is (1 - update) * candidate + update * before.
    """
    with torch.inference_mode():
        input_r, input_z, input_n = _sums(cell, "ih", layer, given)
        hidden_r, hidden_z, hidden_n = _sums(cell, "hh", layer, before)
        reset = torch.sigmoid(input_r + hidden_r)
        update = torch.sigmoid(input_z + hidden_z)
        candidate = torch.tanh(input_n + reset * hidden_n)
    return dict(zip(GATES, (reset, update, candidate), strict=True))


def _sums(cell: nn.GRU, side: str, layer: int, vectors: Tensor) -> tuple[Tensor, ...]:
    weight = getattr(cell, f"weight_{side}_l{layer}")  # (3 * nh, nh)
    bias = getattr(cell, f"bias_{side}_l{layer}", None)
    return F.linear(vectors, weight, bias).chunk(3, dim=-1)
