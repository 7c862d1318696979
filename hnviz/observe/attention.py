"""Where each token of a window looks: the shares of a Transformer's attention."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from hnviz.learn.attention import Attention
from hnviz.models.catalogue import entry
from hnviz.observe.question import LAST_ID, Ids, Range, question
from hnviz.observe.subject import Subject
from hnviz.questions.params import Of
from hnviz.questions.view import Reply

WINDOW: Any = Of("bptt", lambda asked: asked.subject.config.bptt)


@question()
def ask_attention(subject: Subject, ids: Annotated[Ids, Range(0, LAST_ID, 1, WINDOW)]) -> Reply:
    """Return how much each of `ids` looks at itself and at each one before it, in one window.

    arrays: "shares", float32 (n_layers, n, n): a row for each token that looks, a column for
    each that it looks at. A row sums to 1; later tokens have 0.
    """
    config = subject.config
    if not entry(config.model).attends:
        raise ValueError(
            f"{config.called} has no attention: it carries what it has read in its state"
        )
    return Reply({"shares": attention_shares(subject, ids)})


def attention_shares(subject: Subject, ids: Ids) -> NDArray[np.float32]:
    """Read one window from its start; return its shares, (n_layers, n, n)."""
    with looks(subject.model) as found:
        subject.answer(torch.tensor(ids[None]))
    return torch.stack(found)[:, 0].numpy()  # there is only one row


@contextmanager
def looks(model: nn.Module) -> Iterator[list[Tensor]]:
    """List the shares of each layer of attention, (rows, n, t), in the order of the reading."""
    found: list[Tensor] = []

    def take(_: nn.Module, __: Any, result: tuple[Tensor, Tensor]) -> None:
        found.append(result[1])

    layers = [each for each in model.modules() if isinstance(each, Attention)]
    handles = [layer.register_forward_hook(take) for layer in layers]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()
