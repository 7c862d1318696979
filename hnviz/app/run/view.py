"""The run in view: picked in the sidebar, kept in the address, the same on every page."""

import streamlit as st

from hnviz.app.kit.text import escape, problem
from hnviz.app.run import text as run_text
from hnviz.app.run.engine import standing, store
from hnviz.app.run.text import Standing
from hnviz.app.shell import session as state
from hnviz.runs import DamagedRun, RunNotFound

LINE_TICK = 3.7  # seconds
FIRST_RUN = "Model5"
"""The shipped run that is in view before one was picked."""


def run_picker() -> None:
    """Draw the picker of runs.

    It stands on every page: the address keeps the parameters of widgets that are drawn, no others.
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
        help="Every page that looks at a run looks at this one.",
    )
    lost = state.lost_run()
    if lost:
        problem(f"There is no run named {lost!r}; this one is shown instead.")


def run_in_view() -> Standing | None:
    """Return the run in view; None, with a sentence in its place, when it cannot be read."""
    if lost := state.lost_run():  # said here too: on a phone the sidebar is shut
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


def look_again(run_id: str) -> Standing | None:
    """Return a run in a fragment's tick; None, with a sentence, when it is gone or damaged."""
    try:
        return standing(run_id)
    except (RunNotFound, DamagedRun) as error:
        problem(f"{error}; pick another run")
        return None


def run_line() -> None:
    """Say under the picker what the run is and how far, as long as it goes on."""
    run_id = state.get(state.RUN)
    if run_id is not None:
        _, is_live = _line(run_id)
        draw = st.fragment(_run_line, run_every=LINE_TICK if is_live else None)
        draw(run_id)


def _run_line(run_id: str) -> None:
    st.markdown(_line(run_id)[0])


def _line(run_id: str) -> tuple[str, bool]:
    """Return the line and whether it will change."""
    try:
        now = standing(run_id)
    except (RunNotFound, DamagedRun):
        return ":red[:small[This run cannot be read.]]", False
    word = "shipped" if now.shipped else now.status
    line = f"{run_text.name(now.record)}, {word}, {run_text.steps(now.record)}"
    return f":gray[:small[{escape(line)}]]", now.is_live
