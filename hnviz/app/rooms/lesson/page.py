"""The Lessons page: the list of all lessons; an address that names one leads to its step."""

import streamlit as st

from hnviz.app.kit.text import page_link, page_title, problem, prose
from hnviz.app.lesson.place import Place, place_named
from hnviz.app.shell.navigation import page_file
from hnviz.lessons import Lesson, lessons, query

MINUTES = 0.75  # that a step takes


def page() -> None:
    """Draw the page, or go on to the step that the address asks for."""
    wrong = None
    if name := st.query_params.get("id"):
        number = st.query_params.get("step", "1")
        place = place_named(f"{name}.{number}")
        if place:
            _go(place)
        wrong = (
            f"There is no step {number[:40]!r} of a lesson {name[:40]!r}; choose a lesson below."
        )
    page_title(
        "Lessons",
        "Each lesson leads you through the app's own pictures: guess first, then look, then try.",
    )
    problem(wrong)
    for lesson in lessons().values():
        _offer(lesson)


def _go(place: Place) -> None:
    lesson, number = place
    step = lesson.steps[min(number, len(lesson.steps)) - 1]
    st.switch_page(page_file(step.page), query_params=query(lesson, number))


def _offer(lesson: Lesson) -> None:
    """Draw a lesson's link and what it is about."""
    minutes = round(MINUTES * len(lesson.steps))
    with st.container(gap=None, key=f"lesson_of_{lesson.id}"):
        page_link("lesson", f"**{lesson.title}**", {"id": lesson.id})
        file = f"[Take it with you](api/lessons/{lesson.id}/file) as a file that works offline."
        prose(f"{lesson.about} :gray[{len(lesson.steps)} steps, about {minutes} minutes.] {file}")
