"""Train a model and watch its curves grow."""

import streamlit as st

from hnviz.app.kit.text import page_title, section
from hnviz.app.rooms.train import training
from hnviz.app.run import ruler
from hnviz.app.run.list import run_list
from hnviz.app.run.view import run_in_view

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
