"""A class as a value: its code, its members, their guesses, and which guesses everyone sees.

A teacher starts it with ``python -m hnviz app --class``; docs/class.md is for that teacher.
Nothing here knows about the network, the pages or torch.
"""

from hnviz.classroom.experiment import ExperimentError
from hnviz.classroom.guesses import GuessError, Value
from hnviz.classroom.state import ClassError, Classroom, Limits

__all__ = ["ClassError", "Classroom", "ExperimentError", "GuessError", "Limits", "Value"]
