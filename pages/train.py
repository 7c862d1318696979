"""Train a model and watch its curves grow."""

import streamlit as st

from hnviz.ui import ruler, training
from hnviz.ui.run_list import run_list
from hnviz.ui.run_view import run_in_view
from hnviz.ui.show import page_title, section

page_title("Train")
lead, choice = st.container(key="train_lead"), st.container()
bar, told = st.container(horizontal=True, vertical_alignment="center"), st.empty()
with bar:
    start = st.empty()
with choice:
    training.settings_and_start(start, told)

run = run_in_view()
if run is not None:
    training.live(run, lead, bar)
    ruler.positions(run.record.id)

section("Runs", "Every run keeps its own link; a closed tab does not stop it.")
run_list("train_runs")
