"""The lessons as cards: each a link to its first step, and what it is about."""

import streamlit as st

from hnviz.app.kit.text import page_link, prose, section
from hnviz.lessons import Lesson, lessons, query, translations_of
from hnviz.lessons.language import language_of

MINUTES = 0.75  # that a step takes
CARD = 300  # px: three in a row of a page, one on a phone


def lesson_cards() -> None:
    """Draw a card for each lesson, the user's own too."""
    section("Lessons: guess first, then look, then try")
    with st.container(horizontal=True, key="lesson_cards"):
        for lesson in lessons().values():
            _card(lesson)


def _card(lesson: Lesson) -> None:
    minutes = round(MINUTES * len(lesson.steps))
    with st.container(border=True, gap=None, width=CARD, key=f"lesson_of_{lesson.id}"):
        page_link(lesson.steps[0].page, f"**{lesson.title}**", query(lesson, 1))
        file = f"[(as a file)](api/lessons/{lesson.id}/file)"
        length = f":gray[{len(lesson.steps)} steps, about {minutes} minutes] {file}"
        prose(f"{lesson.about}\n\n{length}")  # one element: each takes the server time
        for other in translations_of(lesson):
            spoken = language_of(other.id)
            called = f"{spoken.name}: {other.title}" if spoken else other.title
            page_link(other.steps[0].page, called, query(other, 1))
