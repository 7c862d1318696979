"""The mini-batch on which pictures show a model at work."""

from typing import NamedTuple

import torch
from torch import Tensor

from hnviz.data import BatchLayout
from hnviz.learn.state import State
from hnviz.models.catalogue import entry
from hnviz.observe.subject import Subject

MOST_ROWS = 64  # read from the mini-batch
MOST_TOKENS = 20  # read from the window
LAST_BATCH = 9  # earlier mini-batches are read too, so that the state is right


class Reading(NamedTuple):
    """A mini-batch's first rows and tokens, the state before them, and the targets."""

    x: Tensor  # (rows, steps)
    state: State
    y: Tensor  # (rows, steps): the token after each of x


def read(subject: Subject, split: str, batch: int, most: int) -> Reading:
    """Cut a mini-batch from the run's layout; a carried state comes from the previous mini-batches.

    At most 64 rows and `most` tokens: in eval mode rows are independent.
    """
    ids, config = subject.stream.ids(split), subject.config
    longest = min(config.bptt, entry(config.model).max_bptt or config.bptt)
    layout = BatchLayout(len(ids), config.bs, longest)
    rows = min(config.bs, MOST_ROWS)
    state = subject.model.init_state(rows)
    if subject.model.stateful:
        for before in range(batch):
            _, state = subject.answer(torch.from_numpy(layout.batch(ids, before).x[:rows]), state)
    cut = layout.batch(ids, batch)
    x, y = (torch.from_numpy(each[:rows, :most]) for each in (cut.x, cut.y))
    return Reading(x, state, y)
