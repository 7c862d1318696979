"""Looks inside a network. Needs torch; takes tensors, returns numpy arrays.

The functions marked with `hnviz.observe.question.question` are the questions.
"""

from importlib import import_module
from pkgutil import iter_modules

from hnviz.observe.accuracy import accuracy_by_position
from hnviz.observe.counting import Counted, Said, count_on, counting_accuracy
from hnviz.observe.passes import states
from hnviz.observe.question import QUESTIONS
from hnviz.observe.subject import Subject

for found in iter_modules(__path__):
    if found.name != "declare":  # declare is a command
        import_module(f"{__name__}.{found.name}")

__all__ = [
    "QUESTIONS",
    "Counted",
    "Said",
    "Subject",
    "accuracy_by_position",
    "count_on",
    "counting_accuracy",
    "states",
]
