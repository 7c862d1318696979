"""What the Tasks page shows of a task before any training, calculated once for all viewers."""

from dataclasses import dataclass
from functools import lru_cache

from hnviz.models.catalogue import CATALOGUE
from hnviz.tasks.bounds import Statement, statement_of
from hnviz.tasks.reach import Outlook, Reader, outlook
from hnviz.tasks.task import TaskStream

BS = 32  # rows of every run that this page starts


@dataclass(frozen=True, slots=True)
class Study:
    """One task: its text, and its exact figures."""

    stream: TaskStream
    statement: Statement


@lru_cache(maxsize=64)
def study(stream: TaskStream) -> Study:
    """Calculate a task's figures.

    Raises TaskError for impossible parameters, and for a machine too large for exact figures.
    """
    stream.check()
    return Study(stream, statement_of(stream.name, dict(stream.values)))


def outlooks(stream: TaskStream, bptt: int | None = None) -> list[Outlook]:
    """Say what each model can reach; `bptt` is that of all, or None for each recipe's own."""
    return [
        outlook(stream, Reader(name, bptt or each.recipe.bptt, BS))
        for name, each in CATALOGUE.items()
    ]
