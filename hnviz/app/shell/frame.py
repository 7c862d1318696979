"""What stands around every page."""

from pathlib import Path

import streamlit as st

from hnviz.app.kit.cards import load_styles
from hnviz.app.run.engine import engine, stand_back
from hnviz.app.run.view import run_line, run_picker
from hnviz.app.shell import session as state
from hnviz.app.shell.reruns import keep_every_drawing, keep_every_press

PAGES: dict[str, dict[str, str]] = {
    "": {"start": "Start"},
    "Feed": {"data": "Data", "batches": "Batches"},
    "Build": {"models": "Models"},
    "Train": {"train": "Train"},
    "Look inside": {
        "states": "Hidden states",
        "predictions": "Predictions",
        "time": "Through time",
    },
}
"""Section -> page file (and address) -> title."""

_STATIC = Path(__file__).parent
_CSS = _STATIC / "page.css"
ICON = str(_STATIC / "icon.svg")  # a file: Streamlit fetches its own icons from the network


def page_frame() -> None:
    """Draw the sidebar below the navigation and load the style sheet; start the engine."""
    state.put(state.FRAMED, True)
    keep_every_drawing()
    keep_every_press(hear=stand_back)
    engine()
    st.html(_CSS)
    load_styles()
    run_picker()
    run_line()
