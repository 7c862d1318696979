"""The state between the texts: from train's last mini-batch to valid's first."""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from hnviz.data import BatchLayout
from hnviz.learn.state import State
from hnviz.observe.progress import reported
from hnviz.observe.question import question
from hnviz.observe.subject import Subject
from hnviz.observe.through_time import WARM_UP, state_before
from hnviz.questions.view import Reply

MOST = 12  # mini-batches of valid to read; the notebook's valid has 11


class Handover(NamedTuple):
    """Results of reading valid twice: by position in its first mini-batch, and by mini-batch.

    Arrays are shares: of rows, (bptt,), or of all answers, (n,) for the first n mini-batches.
    """

    carried: NDArray[np.float64]  # right answers, starting from the state that train left
    reset: NDArray[np.float64]  # right answers, starting from zeros
    agree: NDArray[np.float64]  # rows in which both answers are the same
    batches_carried: NDArray[np.float64]  # right answers of each mini-batch
    batches_reset: NDArray[np.float64]
    n_read: int  # mini-batches at the end of train that produced the state


@question(slow=True)
def ask_handover(subject: Subject) -> Reply:
    """Compare valid with the state that train left, and from zeros.

    arrays: of its first mini-batch, "carried", "reset", right answers by position, and "agree", the
    rows in which both answers are the same; float64 (bptt,), shares. Of the first mini-batches,
    "batches_carried" and "batches_reset", right answers; float64 (n,), shares.
    meta: "bs"; "last", train's last mini-batch; "n_read", how many mini-batches produced its state.
    """
    stream, config = subject.stream, subject.config
    found = handover(subject, stream.train, stream.valid)
    last = BatchLayout(len(stream.train), config.bs, config.bptt).n_batches - 1
    arrays = {name: each for name, each in found._asdict().items() if name != "n_read"}
    return Reply(arrays, {"bs": config.bs, "last": last, "n_read": found.n_read})


def handover(subject: Subject, train: NDArray[np.int64], valid: NDArray[np.int64]) -> Handover:
    """Read the end of train, then valid from that state and again from zeros.

    Reading starts from zeros, two mini-batches before the last one of train, and the state goes
    on through valid. Raises ValueError for a model that carries no state.
    """
    if not subject.model.stateful:
        raise ValueError(
            f"{subject.config.called} carries no state: it starts each mini-batch of train and of "
            "valid from zeros, so nothing passes from one to the other"
        )
    before = BatchLayout(len(train), subject.config.bs, subject.config.bptt)
    numbers = range(max(0, before.n_batches - 1 - WARM_UP), before.n_batches)
    read = np.concatenate([before.batch(train, number).x for number in numbers], axis=1)
    left = state_before(subject, torch.from_numpy(read))
    carried, targets = _answers(subject, valid, left)
    reset, _ = _answers(subject, valid, subject.model.init_state(len(read)))
    return Handover(
        (carried[0] == targets[0]).mean(axis=0),
        (reset[0] == targets[0]).mean(axis=0),
        (carried[0] == reset[0]).mean(axis=0),
        (carried == targets).mean(axis=(1, 2)),
        (reset == targets).mean(axis=(1, 2)),
        len(numbers),
    )


def _answers(
    subject: Subject, ids: NDArray[np.int64], state: State
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Read a text from a state, MOST mini-batches; return answers and targets, (n, bs, bptt)."""
    layout = BatchLayout(len(ids), subject.config.bs, subject.config.bptt)
    answers, targets = [], []
    for number in reported(range(min(layout.n_batches, MOST)), "mini-batches"):
        batch = layout.batch(ids, number)
        with torch.no_grad():
            logits, state = subject.model(torch.from_numpy(batch.x), state)
        answers.append(logits.argmax(-1).numpy())
        targets.append(batch.y)
    return np.stack(answers), np.stack(targets)
