"""What is around every page."""

from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.navigation.page import StreamlitPage

from hnviz.app.kit.text import page_link, problem
from hnviz.app.lesson.panel.picture import panel
from hnviz.app.lesson.place import lesson_of, lesson_problem, place_in_lesson
from hnviz.app.run.line.picture import run_line
from hnviz.app.run.view import run_picker
from hnviz.app.shell import session as state
from hnviz.app.shell.address import address_problem
from hnviz.lessons import query
from hnviz.lessons.panel import page_named

PRESENT = "present"
"""Whether the page is shown for a projector: page.css and kit/js/present.js do the rest."""

ICON = str(
    Path(__file__).parent / "icon.svg"
)  # a file: Streamlit fetches its own icons from the network


def lesson_place() -> DeltaGenerator:
    """Return the panel's place; call it before the page is drawn.

    After the page, the panel's place would be another one on each page. While a page is coming, its
    parts would take the place of the last page's panel, which would be gone for a second, with the
    keys that are pressed in it.
    """
    return st.container(key="lesson_place")


def lesson_beside(page: StreamlitPage, place: DeltaGenerator) -> None:
    """Draw the panel of the lesson that the reader is in."""
    problem(lesson_problem())
    if step := place_in_lesson():
        with place:
            panel(step, page.url_path)


def page_frame(page: StreamlitPage) -> None:
    """Draw the sidebar below the navigation of a page."""
    state.keep_lock()
    if lesson := lesson_of(page_named(page.url_path)):
        page_link(lesson.steps[0].page, f"Lead me: {lesson.title}", query(lesson, 1))
    run_picker()
    run_line(state.get(state.RUN), page.title)
    problem(address_problem(PRESENT))
    st.toggle(
        "Present",
        key=PRESENT,
        bind="query-params",
        help="Larger, and without this sidebar, for a projector. The key P switches it, too.",
    )
