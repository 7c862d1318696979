"""A view of the Predictions page."""

import streamlit as st

from hnviz.ui.run_text import Standing


def surgery(run: Standing) -> None:
    """Draw the view."""
    st.markdown(run.record.id)
