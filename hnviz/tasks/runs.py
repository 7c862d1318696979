"""What a run on a task can reach, and whether it did."""

from typing import Protocol

from hnviz.tasks.reach import Outlook, Reading, Result, outlook, result
from hnviz.tasks.stream import FAMILY, task_stream


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
    looked = before(run)
    n_answers = task_stream(run.corpus).n_valid
    if looked.reading.entry.predicts == "last":
        n_answers = max(1, n_answers // run.bptt)
    return result(looked, accuracy, n_answers)
