"""The Lessons page: the list of all lessons.

An address that names one leads to its step: hnviz/app/shell/asgi.py.
"""

import streamlit as st

from hnviz.app.kit.text import page_link, page_title, problem, prose
from hnviz.app.lesson.place import place_named
from hnviz.lessons import Lesson, lessons, query

MINUTES = 0.75  # that a step takes


def page() -> None:
    """Draw the page."""
    page_title(
        "Lessons",
        "Each lesson leads you through the app's own pictures: guess first, then look, then try.",
    )
    problem(_wrong())
    for lesson in lessons().values():
        _offer(lesson)


def _wrong() -> str | None:
    """Say that the address asks for a step that does not exist."""
    name, number = st.query_params.get("id"), st.query_params.get("step", "1")
    if not name or place_named(f"{name}.{number}"):
        return None
    return f"There is no step {number[:40]!r} of a lesson {name[:40]!r}; choose a lesson below."


def _offer(lesson: Lesson) -> None:
    """Draw a lesson's link and what it is about."""
    minutes = round(MINUTES * len(lesson.steps))
    with st.container(gap=None, key=f"lesson_of_{lesson.id}"):
        page_link(lesson.steps[0].page, f"**{lesson.title}**", query(lesson, 1))
        file = f"[Take it with you](api/lessons/{lesson.id}/file) as a file that works offline."
        prose(f"{lesson.about} :gray[{len(lesson.steps)} steps, about {minutes} minutes.] {file}")
