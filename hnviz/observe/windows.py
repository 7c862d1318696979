"""Accuracy by position in the window, with the state reset before each mini-batch or kept."""

import numpy as np
import torch
from numpy.typing import NDArray

from hnviz.data import BatchLayout
from hnviz.observe.progress import reported
from hnviz.observe.subject import Subject

ROWS = 512  # windows read at once; more would not fit in the processor's cache


def accuracy_by_position(
    subject: Subject, ids: NDArray[np.int64], *, reset: bool
) -> NDArray[np.float64]:
    """Return the share of right answers at each position of a window, (bptt,), over one pass.

    The text has the run's own layout. The pass starts from zeros; with `reset`, so does each
    mini-batch. Raises ValueError for a model that answers only the last position.
    """
    if subject.model.predicts == "last":
        raise ValueError(
            f"{subject.config.model} answers only after the last token of its window, so it has "
            "no accuracy at the other positions"
        )
    layout = BatchLayout(len(ids), subject.config.bs, subject.config.bptt)
    right = np.zeros(layout.bptt, dtype=np.int64)
    state, each = None, 1
    if reset:
        each = max(1, ROWS // layout.bs)  # windows that start from zeros are independent
    for first in reported(range(0, layout.n_batches, each), "mini-batches"):
        numbers = range(first, min(first + each, layout.n_batches))
        parts = [layout.batch(ids, number) for number in numbers]
        x = torch.from_numpy(np.concatenate([part.x for part in parts]))  # (rows, bptt)
        y = np.concatenate([part.y for part in parts])
        with torch.no_grad():
            begun = subject.model.init_state(len(x)) if reset or state is None else state
            logits, state = subject.model(x, begun)
        right += (logits.argmax(-1).numpy() == y).sum(axis=0)
    return right / (layout.n_batches * layout.bs)
