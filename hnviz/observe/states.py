"""The hidden state, token by token."""

import numpy as np
import torch
from numpy.typing import NDArray

from hnviz.observe.subject import Subject


def states(subject: Subject, ids: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return the hidden state after each token of a stretch, (n_layers, len(ids), nh).

    It starts from zeros; a model that keeps no state starts from zeros again every bptt tokens,
    as in training. Each token is read by the model's own `forward`, as a window of one.
    """
    x = torch.tensor(ids)
    state, seen = None, []
    for step in range(len(x)):
        if subject.window and step % subject.window == 0:
            state = None
        _, state = subject.answer(x[None, step : step + 1], state)
        seen.append(state.reshape(-1, subject.config.nh))  # (n_layers, nh): there is one row
    return torch.stack(seen, dim=1).numpy()
