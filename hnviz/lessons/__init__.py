"""Lessons: plain data, one file each, which lead a student through the app's own pages.

``docs/lessons.md`` says how to write one; ``python -m hnviz lessons check`` says what is wrong.
"""

from functools import cache

from hnviz.lessons.beliefs import BELIEFS, Belief
from hnviz.lessons.language import read_translations
from hnviz.lessons.model import Because, Guess, Lesson, Step, Transfer, WrongValueError
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
    "Transfer",
    "WrongValueError",
    "address",
    "as_data",
    "following",
    "lessons",
    "lessons_and_translations",
    "query",
    "translations",
    "translations_of",
]


@cache
def lessons() -> dict[str, Lesson]:
    """Return all lessons by id, in the order of the list; reads their files once."""
    return read_lessons()


@cache
def translations() -> dict[str, Lesson | Problem]:
    """Return all translations by name, as `<id>.<language>`; in place of a wrong one, why it is."""
    return read_translations()


@cache
def lessons_and_translations() -> dict[str, Lesson]:
    """Return all lessons and then their translations, by name; one that is wrong is left out."""
    good = {name: each for name, each in translations().items() if isinstance(each, Lesson)}
    return {**lessons(), **good}


def following(lesson: Lesson) -> Lesson | None:
    """Return the next lesson in the same language, None after the last."""
    _, _, code = lesson.id.partition(".")
    found = (each for each in lessons_and_translations().values() if each.order > lesson.order)
    return next((each for each in found if each.id.partition(".")[2] == code), None)


def translations_of(lesson: Lesson) -> list[Lesson]:
    """List a lesson in other languages."""
    found = lessons_and_translations().values()
    return [each for each in found if each.id.startswith(f"{lesson.id}.")]
