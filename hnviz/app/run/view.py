"""The run in view: picked in the sidebar, kept in the address, the same on every page."""

import streamlit as st

from hnviz.app.kit.text import escape, problem
from hnviz.app.run.engine import standing, store
from hnviz.app.run.text import Standing
from hnviz.app.shell import session as state
from hnviz.runs import DamagedRun, RunNotFound

FIRST_RUN = "Model5"
"""The pre-trained run that is in view until one is picked."""


def run_picker() -> None:
    """Draw the picker of runs.

    It is on every page, as the address keeps only the parameters of widgets that are drawn.
    """
    ids = store().ids()
    state.note_lost_run(ids)
    if (wanted := state.pop(state.NEXT_RUN)) is not None:
        state.put(state.RUN, wanted)
    if state.get(state.RUN) not in ids:
        state.pop(state.RUN)
    st.selectbox(
        "Run in view",
        ids,
        index=ids.index(FIRST_RUN) if FIRST_RUN in ids else 0,
        key=state.RUN,
        bind="query-params",
        on_change=state.forget_lost_run,
        placeholder="no run yet",
        help="Choose a run to show on all pages. A run is one training of one model; a training "
        "step is one update of its weights.",
    )
    lost = state.lost_run()
    if lost:
        problem(f"There is no run named {lost!r}; this one is shown instead.")


def run_in_view() -> Standing | None:
    """Return the run in view; None, with a sentence in its place, when it cannot be read."""
    if lost := state.lost_run():  # also here: on a phone the sidebar is shut
        problem(f"There is no run named {lost!r}; {state.get(state.RUN)} is shown instead.")
    run_id = state.get(state.RUN)
    if run_id is None:
        st.info("There is no run yet. Press Train on the Train page to make one.")
        return None
    try:
        return standing(run_id)
    except (RunNotFound, DamagedRun) as error:
        st.error(escape(f"{str(error)[:1].upper()}{str(error)[1:]}. Pick another run."))
        return None
