"""The snapshot that what takes long looks at: not every one of a run that trains."""

import streamlit as st

from hnviz.app.rooms.hidden_states.states import Shown
from hnviz.app.run.ruler import WAITING, observed_step
from hnviz.app.run.text import Standing
from hnviz.app.run.view import look_again
from hnviz.catalogue import entry

LATER = "Of the last epoch's end when the page was drawn; anew when the run has ended."


def settled(shown: Shown) -> tuple[Standing, int] | None:
    """Return the run and the snapshot to look at; None, with a sentence, where there is none.

    Of a run that trains it is that of an epoch's end when the page last ran as a whole: no tick
    asks for it.
    """
    run = look_again(shown.run_id)
    if run is None:
        return None
    if not run.is_live or run.status == "paused":
        return run, shown.step
    step = observed_step(run)
    if step is None or not run.record.epochs:
        st.markdown(f":gray[{WAITING}]")
        return None
    return run, step


def layer_name(run: Standing, layer: int) -> str:
    """Name a layer; a model that has only one needs no number."""
    many = entry(run.record.config.model).n_layers > 1
    return f"layer {layer}" if many else "the one layer"


def note(text: str, run: Standing) -> None:
    """Write what was measured, small; of a run that trains also when it is measured again."""
    later = f" {LATER}" if run.is_live and run.status != "paused" else ""
    st.markdown(f":gray[:small[{text}{later}]]")
