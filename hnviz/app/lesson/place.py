"""Where the reader is in a lesson: in the address, and kept while other pages are in view."""

from typing import NamedTuple

import streamlit as st

from hnviz.app.shell import session as state
from hnviz.lessons import PARAMETER, Lesson, lessons, lessons_and_translations

KEPT = "lesson_kept"  # of the session: "<lesson>.<number>"


class Place(NamedTuple):
    """A step of a lesson, counted from 1; the one after the last is the end."""

    lesson: Lesson
    number: int


def place_in_lesson() -> Place | None:
    """Return the step that the address names, or the last one that it named."""
    asked = st.query_params.get(PARAMETER)
    if asked is not None and place_named(asked):
        state.put(KEPT, asked)
    return place_named(str(state.get(KEPT, "")))


def lesson_problem() -> str | None:
    """Say that the address names a step that no lesson has."""
    asked = st.query_params.get(PARAMETER)
    if asked is None or place_named(asked):
        return None
    return (
        f"The address asks for the lesson {asked[: state.LONGEST_NAME]!r}, which does not exist: "
        "choose one of the lessons."
    )


def lesson_of(page: str) -> Lesson | None:
    """Return the first lesson that begins on a page, None where none does."""
    return next((each for each in lessons().values() if each.steps[0].page == page), None)


def leave_lesson() -> None:
    """Forget the lesson."""
    state.pop(KEPT)
    st.query_params.pop(PARAMETER, None)


def place_named(text: str) -> Place | None:
    """Return the step of "<lesson>.<number>", None where there is none."""
    name, _, number = text.rpartition(".")
    lesson = lessons_and_translations().get(name)
    if lesson is None or not (number.isascii() and number.isdigit() and len(number) < 4):
        return None
    return Place(lesson, int(number)) if 1 <= int(number) <= len(lesson.steps) + 1 else None
