"""The list of runs as a picture: it follows the topic "runs", and brings a picked run into view."""

import streamlit as st

from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.app.run.start import student
from hnviz.app.shell import session as state

EXAMPLES = {
    "ready": Example(settings={"shown": "Model5", "student": None}, follows=True),
}

RUN_LIST = Picture(
    __file__, Place("*_runs", "276px"), reports=("pick",), silent=True, examples=EXAMPLES
)


def run_list(key: str) -> None:
    """Draw the runs, newest first; picking a line brings that run into view."""
    RUN_LIST(key=key, settings={"shown": state.get(state.RUN), "student": student()})
    picked = state.reported(key, "pick")
    if picked:
        state.show_run(str(picked["value"]))
        st.rerun()
