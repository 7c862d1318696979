"""The Start page's button: it trains a network of the reader's own."""

import streamlit as st

from hnviz.app.kit.fields.picture import controls
from hnviz.app.kit.text import linked, problem
from hnviz.app.run.start import goes_on, start, train_button, trains_here
from hnviz.app.shell import session as state
from hnviz.config import RunConfig

MODEL = "Model5"
"""The model that the page trains, with its own recipe."""

_ERROR = "start_error"  # why the last press on the button started nothing


def try_it(*, own: bool) -> None:
    """Draw the button that trains a network at once; the page then shows that run.

    `own`: whether the page shows one of the reader's own runs.
    """
    config = RunConfig.for_model(MODEL)
    with st.container(horizontal=True, vertical_alignment="center", key="start_try"):
        with (
            st.container(width="stretch" if trains_here(config) else "content"),
            controls("start_train_fields") as row,
        ):
            train_button(
                row,
                "Train one yourself",
                "start_train",
                _train,
                help=f"Starts a run of {MODEL} with its own recipe. {goes_on(config)}",
            )
        if own:
            linked("The words above change with every snapshot. [See the loss fall](train)")
        else:
            st.markdown(
                ":gray[:small[The words above then change with every snapshot, from no training "
                "to a network that counts.]]"
            )
    problem(state.get(_ERROR))


def _train() -> None:
    run_id = start(_ERROR, RunConfig.for_model(MODEL))
    if run_id is not None:
        state.show_run(run_id)
