"""The runs on tasks, and whether each reached what was possible; a click brings one into view."""

import streamlit as st

from hnviz.app.kit.picture import Example, Picture, Place
from hnviz.app.shell import session as state

KEY = "tasks_trained"

EXAMPLES = {"ready": Example(settings={"shown": "Model5"}, follows=True)}

TASK_RUNS = Picture(
    __file__, Place(KEY, "172px"), reports=("pick",), silent=True, examples=EXAMPLES
)


def task_runs() -> None:
    """List the runs on tasks, newest first."""
    TASK_RUNS(key=KEY, settings={"shown": state.get(state.RUN)})
    if picked := state.reported(KEY, "pick"):
        state.show_run(str(picked["value"]))
        st.rerun()
