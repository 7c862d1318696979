"""Train a model and watch its curves grow."""

import streamlit as st

from hnviz.ui import ruler, settings, state, training
from hnviz.ui.run_list import run_list
from hnviz.ui.run_view import run_in_view
from hnviz.ui.show import page_title, problem, section

page_title("Train")
lead = st.container()
config, wrong = settings.training_settings()
bar = st.container(horizontal=True, vertical_alignment="center")
with bar:
    training.train_button(config)
problem(wrong or state.get(state.TRAIN_ERROR))

run = run_in_view()
if run is not None:
    training.live(run, lead, bar)
    ruler.positions(run.record.id)

section("Runs", "Every run keeps its own link; a closed tab does not stop it.")
run_list("train_runs")
