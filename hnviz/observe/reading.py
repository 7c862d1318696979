"""The mini-batch that a model is shown at work on."""

from typing import NamedTuple

import torch
from torch import Tensor

from hnviz.catalogue import entry
from hnviz.data import BatchLayout, human_numbers_stream
from hnviz.observe.subject import Subject

MOST_ROWS = 64  # of the mini-batch that are read
MOST_TOKENS = 20  # of the window that are read
LAST_BATCH = 9  # the mini-batches before it are read too, so that the state is what it was


class Reading(NamedTuple):
    """A mini-batch's first rows and tokens, and the state before them."""

    x: Tensor  # (rows, steps)
    state: Tensor


def read(subject: Subject, split: str, batch: int, most: int) -> Reading:
    """Cut out of the run's own layout; a state that is carried comes from the mini-batches before.

    At most 64 rows and `most` tokens: in eval mode rows do not know of each other.
    """
    ids, config = human_numbers_stream().ids(split), subject.config
    longest = min(config.bptt, entry(config.model).max_bptt or config.bptt)
    layout = BatchLayout(len(ids), config.bs, longest)
    rows = min(config.bs, MOST_ROWS)
    state = subject.model.init_state(rows)
    if subject.model.stateful:
        for before in range(batch):
            _, state = subject.answer(torch.from_numpy(layout.batch(ids, before).x[:rows]), state)
    return Reading(torch.from_numpy(layout.batch(ids, batch).x[:rows, :most]), state)
