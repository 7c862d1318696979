"""What Streamlit runs for each page: the frame, with the page inside."""

import streamlit as st

import hnviz.app.shell.everything  # noqa: F401 - before any other part of hnviz
from hnviz.app.rooms.classroom.door import join_first
from hnviz.app.run.start import may_view
from hnviz.app.shell.address import leave_out_endless
from hnviz.app.shell.frame import ICON, page_frame
from hnviz.app.shell.navigation import navigation

st.set_page_config(page_title="hnviz", page_icon=ICON, layout="wide")
page = navigation()
leave_out_endless(page)
if may_view():
    with st.sidebar:
        page_frame(page.title)
    page.run()
else:
    join_first()
