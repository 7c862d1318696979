"""What a run can reach on its task, and at its end whether it did."""

from hnviz.figures.sentences import as_sentence
from hnviz.figures.task_text import expected
from hnviz.tasks.machine import TaskError
from hnviz.tasks.reach import after, before, loss_line
from hnviz.web.state import CurrentRun


def outcome(moment: CurrentRun) -> str:
    """Say it in a sentence or two; a run that still trains is no result yet."""
    record = moment.record
    config = record.config
    try:
        if moment.is_live or not record.epochs:
            return f"Before training: {expected(before(config))}"
        end = record.epochs[-1]
        return f"{after(config, end.accuracy).sentence} {loss_line(config, end.valid_loss)}"
    except TaskError as error:
        return as_sentence(str(error))
