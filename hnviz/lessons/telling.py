"""A lesson as its panel in a browser takes it."""

from typing import Any
from urllib.parse import urlencode

from hnviz.lessons.model import Guess, Lesson, Step
from hnviz.models.catalogue import FIRST_RUN

PARAMETER = "lesson"
"""The address parameter that says which step a page shows: "<lesson>.<number>", from 1."""


def query(lesson: Lesson, number: int) -> dict[str, str]:
    """Return the parameters of a step's address; the end of a lesson has its last step's."""
    step = lesson.steps[min(number, len(lesson.steps)) - 1]
    return {"run": FIRST_RUN, **step.at, PARAMETER: f"{lesson.id}.{number}"}


def address(lesson: Lesson, number: int) -> str:
    """Return a step's address, relative to the app's own: "batches?run=Model5&..."."""
    page = lesson.steps[min(number, len(lesson.steps)) - 1].page
    path = "" if page == "start" else page  # the first page has the app's own address
    return f"{path}?{urlencode(query(lesson, number))}"


def as_data(lesson: Lesson, following: Lesson | None = None) -> dict[str, Any]:
    """Return all that the panel shows, as JSON can hold it, and the lesson that comes next.

    Addresses are relative to the app's own.
    """
    goes_on = following and {
        "id": following.id,
        "title": following.title,
        "address": address(following, 1),
    }
    return {
        "id": lesson.id,
        "title": lesson.title,
        "about": lesson.about,
        "steps": [
            _step(step, address(lesson, number)) for number, step in enumerate(lesson.steps, 1)
        ],
        "next": goes_on or None,
    }


def _step(step: Step, where: str) -> dict[str, Any]:
    return {
        "title": step.title,
        "text": step.text,
        "page": step.page,
        "at": dict(step.at),
        "address": where,
        "point": step.point,
        "guess": _guess(step.guess) if step.guess else None,
    }


def _guess(guess: Guess) -> dict[str, Any]:
    return {
        "kind": guess.kind,
        "ask": guess.ask,
        "why": guess.why,
        "answers": list(guess.answers),
        "columns": guess.columns,
        "low": guess.low,
        "high": guess.high,
        "unit": guess.unit,
        "truth": list(guess.truth) if isinstance(guess.truth, tuple) else guess.truth,
    }
