"""Where each token of a window looks: the shares of a Transformer's attention."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from hnviz.learn.attention import Attention
from hnviz.models.catalogue import entry
from hnviz.observe.params import Params, numbered, only
from hnviz.observe.reply import Reply
from hnviz.observe.subject import Subject


def ask_attention(subject: Subject, params: Params) -> Reply:
    """Return how much each of `ids` looks at itself and at each one before it, in one window.

    arrays: "shares", float32 (n_layers, n, n): a row for each token that looks, a column
    for each that is looked at. A row sums to 1; what comes later has 0.
    """
    only(params, "ids")
    config = subject.config
    if not entry(config.model).attends:
        raise ValueError(
            f"{config.model} has no attention: it carries what it has read along in its state"
        )
    if "ids" not in params:
        raise ValueError("attention needs ids, a list of whole numbers")
    ids = numbered(subject, params)
    if not 1 <= len(ids) <= config.bptt:
        raise ValueError(
            f"{config.model} reads a window of 1 to {config.bptt} tokens; got {len(ids):,}"
        )
    return Reply({"shares": attention_shares(subject, ids)}, {})


def attention_shares(subject: Subject, ids: NDArray[np.int64]) -> NDArray[np.float32]:
    """Read one window from its start; return its shares, (n_layers, n, n)."""
    found: list[Tensor] = []

    def take(_: nn.Module, __: Any, result: tuple[Tensor, Tensor]) -> None:
        found.append(result[1][0])  # (n, n), of the only row

    layers = [each for each in subject.model.modules() if isinstance(each, Attention)]
    handles = [layer.register_forward_hook(take) for layer in layers]
    try:
        subject.answer(torch.tensor(ids[None]))
    finally:
        for handle in handles:
            handle.remove()
    return torch.stack(found).numpy()
