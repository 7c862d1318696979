"""What a run on a task can reach, and whether it did."""

from hnviz.catalogue import entry
from hnviz.tasks.reach import Outlook, Result, outlook, result
from hnviz.tasks.statement import LONGEST, Statement, state
from hnviz.tasks.stream import FAMILY, task_stream

CURVE = 64  # tokens; a longer window's ceiling takes the limit from there on


def is_task(corpus_id: str) -> bool:
    """Whether a corpus is a task."""
    return corpus_id.partition("-")[0] == FAMILY


def statement_of(corpus_id: str, bptt: int = LONGEST) -> Statement:
    """Return the exact figures of a task by its id. Raises TaskError."""
    stream = task_stream(corpus_id)
    return state(stream.name, dict(stream.values), max(LONGEST, min(bptt, CURVE)))


def before(corpus_id: str, model: str, bptt: int) -> Outlook:
    """Say what a model can reach on a task before it is trained. Raises TaskError."""
    return outlook(statement_of(corpus_id, bptt), entry(model), bptt)


def after(corpus_id: str, model: str, bptt: int, accuracy: float) -> Result:
    """Say whether a run reached it; `accuracy` is that on valid. Raises TaskError."""
    n_answers = task_stream(corpus_id).n_valid
    if entry(model).predicts == "last":
        n_answers = max(1, n_answers // bptt)
    return result(before(corpus_id, model, bptt), accuracy, n_answers)
