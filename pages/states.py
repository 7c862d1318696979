"""What the network keeps while it reads."""

import streamlit as st

from hnviz.catalogue import entry
from hnviz.ui import states
from hnviz.ui.run_view import run_in_view
from hnviz.ui.show import page_title
from hnviz.ui.timeline import snapshot_box

page_title("Hidden states")
run = run_in_view()
if run is not None:
    first = st.columns([2, 1, 2], vertical_alignment="top")
    with first[0]:
        phrase = states.phrase_box()
    with first[1]:
        layer = states.layer_box(run)
    with first[2]:
        snapshot = snapshot_box(run)
    if phrase is not None:
        states.live_states(run, phrase, layer, snapshot)
    model = entry(run.record.config.model)
    if model.stateful:
        st.markdown(
            f"{model.name} carries its state: here it starts from zeros at the first token and "
            "is read in eval mode, each column the state **after** that token."
        )
    else:
        st.markdown(
            f"{model.name} carries no state: it starts from zeros again every "
            f"{run.record.config.bptt} tokens, as in training; each column is the state "
            "**after** that token."
        )
