"""The part of Train that compares runs: their curves, what differs, and the list of all runs."""

import streamlit as st

from hnviz.app.kit.text import linked, prose, section
from hnviz.app.rooms.compare.curves.picture import compared_curves, standard_runs
from hnviz.app.rooms.compare.runs.picture import run_chooser

CHOOSE = "Tick the runs to compare. A run of your own can be renamed, pinned to the top or deleted."


def page() -> None:
    """Draw this part of its room."""
    standard = standard_runs()
    compared_curves(standard)
    with st.container(key="compare_try"):  # a locked page has none of it
        section("Runs", CHOOSE)
        run_chooser(standard)
    prose(
        ":gray[:small[The runs and the way they are shown are in the address: copy it to share.]]"
    )
    linked("[Next: train every combination, and see the map](train?train_part=Many runs)")
