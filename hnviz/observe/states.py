"""The hidden state, token by token."""

import numpy as np
import torch
from numpy.typing import NDArray

from hnviz.learn.state import State, layers
from hnviz.observe.subject import Subject


def states(
    subject: Subject, ids: NDArray[np.int64], state: State | None = None, which: int = 0
) -> NDArray[np.float32]:
    """Return the hidden state after each token of a stretch, (n_layers, len(ids), nh).

    `which`: the tensor of a state of several, such as 1 for an LSTM's cell.

    It starts from zeros, or from the `state` of one row; a model that keeps no state restarts from
    zeros every bptt tokens, as in training. The model's own `forward` reads each token as a window
    of one.
    """
    x, read = torch.tensor(ids), []
    for step in range(len(x)):
        if subject.window and step % subject.window == 0:
            state = None
        _, state = subject.answer(x[None, step : step + 1], state)
        read.append(layers(state, which)[:, 0])  # (n_layers, nh): a single row
    return torch.stack(read, dim=1).numpy()
