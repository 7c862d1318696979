"""Tasks whose memory is known before training. Needs only numpy."""

from hnviz.tasks.machine import TaskError
from hnviz.tasks.reach import Outlook, Result, outlook, outlooks, result
from hnviz.tasks.statement import Statement, state
from hnviz.tasks.task import TASKS, Task, task

__all__ = [
    "TASKS",
    "Outlook",
    "Result",
    "Statement",
    "Task",
    "TaskError",
    "outlook",
    "outlooks",
    "result",
    "state",
    "task",
]
