"""What Streamlit runs for each page: the frame, with the page inside."""

from typing import Literal

import streamlit as st

import hnviz.app.shell.everything  # noqa: F401 - before any other part of hnviz
from hnviz.app.kit.terms.picture import terms
from hnviz.app.lesson.panel.picture import was_left
from hnviz.app.lesson.place import leave_lesson, place_in_lesson
from hnviz.app.rooms.classroom.door import join_first
from hnviz.app.run.start import may_view
from hnviz.app.shell.frame import ICON, lesson_beside, lesson_place, page_frame
from hnviz.app.shell.navigation import UNLISTED, navigation

if was_left():  # known before the sidebar is folded or not
    leave_lesson()
sidebar: Literal["auto", "collapsed"] = "collapsed" if place_in_lesson() else "auto"
st.set_page_config("hnviz", ICON, layout="wide", initial_sidebar_state=sidebar)
page = navigation()
if may_view():
    with st.sidebar:
        page_frame(page)
    beside = lesson_place()
    page.run()
    if page.url_path not in UNLISTED:  # the page Words has its own list
        terms()
    lesson_beside(page, beside)
else:
    join_first()
