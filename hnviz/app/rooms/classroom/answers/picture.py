"""The answers; they follow the class's WebSocket as the teacher's browser."""

from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from typing import Any

from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.app.rooms.classroom.answers.examples import (
    CHOICE,
    CURVE,
    FIRST_VOTE,
    MANY,
    NEARER,
    NUMBER,
    NUMBERS,
    SECOND_VOTE,
    SQUARE,
    answered,
    voting,
)
from hnviz.lessons import lessons


@cache
def questions() -> Mapping[str, Mapping[str, Any]]:
    """Return all that lessons ask, by step: "batches.3"."""
    return {
        f"{lesson.id}.{number}": {"lesson": lesson.title, **asdict(step.guess)}
        for lesson in lessons().values()
        for number, step in enumerate(lesson.steps, 1)
        if step.guess is not None
    }


EXAMPLES = {
    "ready": Example(settings=answered([CHOICE, NUMBER])),
    "vote": Example(settings=voting(CHOICE, FIRST_VOTE)),
    "twice": Example(settings=voting(CHOICE, FIRST_VOTE, SECOND_VOTE)),
    "twice a number": Example(settings=voting(NUMBER, NUMBERS, NEARER)),
    "number": Example(settings=answered([NUMBER])),
    "curve": Example(settings=answered([CURVE])),
    "square": Example(settings=answered([SQUARE])),
    "long": Example(settings=answered(MANY)),
}

ANSWERS = Picture(
    __file__, Place("class_answers", "420px", "520px"), silent=True, examples=EXAMPLES
)
