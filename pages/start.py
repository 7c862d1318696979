"""A trained network counts on; then what hnviz is."""

import streamlit as st

from hnviz.app.kit.text import page_title, section
from hnviz.app.rooms.start import counting, overview
from hnviz.app.run.list import run_list

page_title("Watch a network learn to count")
counting.opening()
with st.container(horizontal=True):
    if st.button("Train Model5 yourself", type="primary", key="start_train"):
        st.switch_page("pages/train.py")
    if st.button("Start at the text: Data", key="start_data"):
        st.switch_page("pages/data.py")

section("Six networks, each one step from the last")
overview.ladder_picture()

section(
    "What this is",
    "hnviz takes fast.ai's human-numbers text, the numbers 1 to 9,999 in words, and the six models "
    "of its notebook. It shows how the text is cut into mini-batches, how each model differs from "
    "the one before, how it learns, and what its hidden state keeps.",
)
st.markdown(
    "**Data** and **Batches** show what a network is fed, **Models** what it is, **Train** how it "
    "learns, **Hidden states** what it remembers, **Predictions** what it says next, **Through "
    "time** how far back it learns from. What a page shows is in its address: copy it to show "
    "somebody what you see."
)

section("Open a run", "Pick a line: the pages that look at a run then look at that one.")
run_list("start_runs")
overview.machine_line()
