"""The mini-batch with which pictures show a model at work."""

from typing import Annotated, NamedTuple

import torch
from torch import Tensor

from hnviz.data import BatchLayout
from hnviz.learn.state import State
from hnviz.models.catalogue import entry
from hnviz.observe.question import Range, Split
from hnviz.observe.subject import Subject

MOST_ROWS = 64  # read from the mini-batch
MOST_TOKENS = 20  # read from the window
LAST_BATCH = 9  # earlier mini-batches are read too, so that the state is right


class Place(NamedTuple):
    """A mini-batch of a split."""

    split: Split = "valid"
    batch: Annotated[int, Range(0, LAST_BATCH)] = 0


class Reading(NamedTuple):
    """A mini-batch's first rows and tokens, the state before them, and the targets."""

    x: Tensor  # (rows, steps)
    state: State
    y: Tensor  # (rows, steps): the token after each of x


def read(subject: Subject, at: Place) -> Reading:
    """Take a mini-batch of the run's layout; a carried state comes from the previous mini-batches.

    It has at most 64 rows and 20 tokens: in eval mode, rows are independent.
    """
    ids, config = subject.stream.ids(at.split), subject.config
    longest = min(config.bptt, entry(config.model).max_bptt or config.bptt)
    layout = BatchLayout(len(ids), config.bs, longest)
    rows = min(config.bs, MOST_ROWS)
    state = subject.model.init_state(rows)
    if subject.model.stateful:
        for before in range(at.batch):
            _, state = subject.answer(torch.from_numpy(layout.batch(ids, before).x[:rows]), state)
    cut = layout.batch(ids, at.batch)
    x, y = (torch.from_numpy(each[:rows, :MOST_TOKENS]) for each in (cut.x, cut.y))
    return Reading(x, state, y)
