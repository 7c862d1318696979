"""The time slider: which snapshot of the run in view all pages look at."""

import streamlit as st

from hnviz.ui import state
from hnviz.ui.address import address_problem
from hnviz.ui.run_text import Standing
from hnviz.ui.show import problem

LAST = "last"


def snapshot_box(run: Standing) -> int | str:
    """Draw the time slider; while a run trains, its newest snapshot is shown."""
    snapshots = run.record.snapshots
    if lost := address_problem(state.SNAPSHOT, snapshots):
        problem(lost)
    moves = run.is_live and run.status != "paused"
    if moves or len(snapshots) < 2:
        word = "the newest, as the run trains" if moves else "the only one"
        st.markdown(f"Snapshot  \n:gray[{word}]")
        return LAST
    if state.get(state.SNAPSHOT) not in snapshots:
        state.pop(state.SNAPSHOT)
    return st.select_slider(
        "Snapshot, updates of the weights",
        snapshots,
        value=snapshots[-1],
        key=state.SNAPSHOT,
        bind="query-params",
    )
