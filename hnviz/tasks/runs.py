"""What a run on a task can reach, and whether it did."""

from typing import Protocol

from hnviz.models.catalogue import entry
from hnviz.tasks.reach import Outlook, Reading, Result, outlook, result
from hnviz.tasks.statement import state
from hnviz.tasks.stream import FAMILY, task_stream
from hnviz.tasks.words import give_or_take, nats


class TaskRun(Protocol):
    """The settings of a run that matter here, such as those of a `RunConfig`."""

    @property
    def corpus(self) -> str:
        """The id of the corpus."""

    @property
    def model(self) -> str:
        """The name of the model."""

    @property
    def bptt(self) -> int:
        """Tokens of a window."""

    @property
    def bs(self) -> int:
        """Rows read side by side."""


def is_task(corpus_id: str) -> bool:
    """Whether a corpus is a task."""
    return corpus_id.partition("-")[0] == FAMILY


def before(run: TaskRun) -> Outlook:
    """Say what a run on a task can reach before it is trained. Raises TaskError."""
    return outlook(task_stream(run.corpus), Reading(run.model, run.bptt, run.bs))


def after(run: TaskRun, accuracy: float) -> Result:
    """Say whether a run on a task reached it; `accuracy` is that on valid. Raises TaskError."""
    return result(before(run), accuracy, _n_answers(run))


def loss_line(run: TaskRun, loss: float) -> str:
    """Compare a run's loss on valid, in nats, with the least to expect of it. Raises TaskError."""
    stream, least = task_stream(run.corpus), before(run).least
    chance = give_or_take(state(stream.name, dict(stream.values)), _n_answers(run))
    return f"Its loss on valid is {nats(loss)}; the least to expect is {least:.3f}{chance}."


def _n_answers(run: TaskRun) -> int:
    n_valid = task_stream(run.corpus).n_valid
    return max(1, n_valid // run.bptt) if entry(run.model).predicts == "last" else n_valid
