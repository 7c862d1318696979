"""The panel of a lesson, beside the page on a wide screen and below it on a phone."""

import json
from functools import cache
from typing import Any

from hnviz.app.kit.component import publish
from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.app.lesson.place import Place as Where
from hnviz.app.run.start import visitor
from hnviz.app.shell import session as state
from hnviz.app.shell.classroom import class_service
from hnviz.lessons import as_data, following, lessons, lessons_and_translations
from hnviz.lessons.panel import asks_in

KEY = "lesson_panel"
LEFT = "left"  # what it reports when the reader leaves the lesson
TURN = "lesson_turn"  # how often a page was drawn beside it
FIRST = "text-into-batches"


@cache
def published(name: str) -> str:
    """Return the address of a lesson's data."""
    lesson = lessons_and_translations()[name]
    data = as_data(lesson, following(lesson))
    asks = asks_in(name, len(data["steps"]))
    steps = [{**step, "asks": asked} for step, asked in zip(data["steps"], asks, strict=True)]
    return publish(json.dumps({**data, "steps": steps}).encode(), ".json")


def _settings(name: str, number: int, turn: int = 0, page: str = "") -> dict[str, Any]:
    return {
        "lesson": published(name),
        "at": number,
        "page": page,
        "turn": turn,
        "role": _role(),
    }


def _role() -> str:
    if class_service() is None:
        return ""
    return "teacher" if visitor().teacher else "student"


EXAMPLES = {
    "ready": Example(settings=lambda: _settings(FIRST, 2)),
    "long": Example(settings=lambda: _settings(FIRST, 1)),
    "end": Example(settings=lambda: _settings(FIRST, len(lessons()[FIRST].steps) + 1)),
}

PANEL = Picture(__file__, Place(KEY), reports=(LEFT,), silent=True, examples=EXAMPLES)


def panel(where: Where, page: str) -> None:
    """Draw the panel of a step; after the page, as its turn says that the page was drawn.

    `page` is the address of that page, which may be another one than the step's.
    """
    state.put(TURN, state.get(TURN, 0) + 1)
    PANEL(settings=_settings(where.lesson.id, where.number, state.get(TURN), page))


def was_left() -> bool:
    """Return whether the reader has left the lesson. A late rerun may still send its address."""
    return state.reported(KEY, LEFT, once=False) is not None
