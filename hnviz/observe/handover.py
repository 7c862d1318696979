"""The state between the texts: from train's last mini-batch into valid's first."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from hnviz.data import BatchLayout
from hnviz.observe.stepwise import state_before
from hnviz.observe.subject import Subject
from hnviz.observe.through_time import WARM_UP


class Handover(NamedTuple):
    """The first valid mini-batch, read twice; arrays of shape (bptt,), shares of rows."""

    carried: NDArray[np.float64]  # right answers with the state that train left
    reset: NDArray[np.float64]  # right answers from zeros
    agree: NDArray[np.float64]  # rows in which both answers are the same
    n_read: int  # mini-batches at the end of train that produced the state


def handover(subject: Subject, train: NDArray[np.int64], valid: NDArray[np.int64]) -> Handover:
    """Read the end of train, then the start of valid from that state and again from zeros.

    The reading of train starts from zeros, two mini-batches before the last. Raises ValueError
    for a model that carries no state.
    """
    if not subject.model.stateful:
        raise ValueError(
            f"{subject.config.model} carries no state: it starts each mini-batch of train and of "
            "valid from zeros, so nothing passes from one to the other"
        )
    before = BatchLayout(len(train), subject.config.bs, subject.config.bptt)
    numbers = range(max(0, before.n_batches - 1 - WARM_UP), before.n_batches)
    read = np.concatenate([before.batch(train, number).x for number in numbers], axis=1)
    after = BatchLayout(len(valid), subject.config.bs, subject.config.bptt).batch(valid, 0)
    x, model = torch.from_numpy(after.x), subject.model
    with torch.no_grad():
        carried = model(x, state_before(subject, torch.from_numpy(read)))[0].argmax(-1).numpy()
        reset = model(x, model.init_state(len(x)))[0].argmax(-1).numpy()
    return Handover(
        (carried == after.y).mean(axis=0),
        (reset == after.y).mean(axis=0),
        (carried == reset).mean(axis=0),
        len(numbers),
    )
