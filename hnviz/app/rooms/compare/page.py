"""The part of Train that compares runs: their curves, what differs, and the list of all runs."""

import streamlit as st

from hnviz.app.kit.text import linked, prose, section
from hnviz.app.rooms.compare.curves.picture import CURVES_COMPARED, settings, standard_runs
from hnviz.app.run.list.picture import run_list

CHOOSE = "Tick the runs to compare. ⋯ renames a run of your own, pins it to the top or deletes it."


def page() -> None:
    """Draw this part of its room."""
    standard = standard_runs()
    CURVES_COMPARED(settings=settings(standard))
    with st.container(key="compare_try"):  # a locked page has none of it
        section("Runs", CHOOSE)
        run_list("compare_runs", standard)
    prose(
        ":gray[:small[The runs and the way they are shown are in the address: copy it to share.]]"
    )
    linked("[Next: train every combination, and see the map](train?train_part=Many runs)")
