"""Lessons: plain data, one file each, which lead a student through the app's own pages.

``docs/lessons.md`` says how to write one; ``python -m hnviz lessons check`` says what is wrong.
"""

from functools import cache

from hnviz.lessons.beliefs import BELIEFS, Belief
from hnviz.lessons.model import Because, Guess, Lesson, Step, WrongValueError
from hnviz.lessons.panel import PARAMETER, address, as_data, query
from hnviz.lessons.reading import LessonError, Problem, read_lessons

__all__ = [
    "BELIEFS",
    "PARAMETER",
    "Because",
    "Belief",
    "Guess",
    "Lesson",
    "LessonError",
    "Problem",
    "Step",
    "WrongValueError",
    "address",
    "as_data",
    "lessons",
    "query",
]


@cache
def lessons() -> dict[str, Lesson]:
    """Return all lessons by id, in the order of the list; reads their files once."""
    return read_lessons()
