"""What is around every page."""

from pathlib import Path

import streamlit as st

from hnviz.app.kit.cards import load_styles
from hnviz.app.run.engine import engine
from hnviz.app.run.line.picture import run_line
from hnviz.app.run.view import run_picker
from hnviz.app.shell import session as state

_STATIC = Path(__file__).parent
_CSS = _STATIC / "page.css"
ICON = str(_STATIC / "icon.svg")  # a file: Streamlit fetches its own icons from the network


def page_frame() -> None:
    """Draw the sidebar below the navigation and load the style sheet; start the engine."""
    engine()
    st.html(_CSS)
    load_styles()
    run_picker()
    if (run_id := state.get(state.RUN)) is not None:
        run_line(run_id)
