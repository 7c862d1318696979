"""The Predictions page's views: which there are, and which is chosen."""

from collections.abc import Callable

import streamlit as st

from hnviz.ui.address import address_problem
from hnviz.ui.counting_map import counting_map
from hnviz.ui.next_word import next_word
from hnviz.ui.run_text import Standing
from hnviz.ui.show import problem
from hnviz.ui.surgery import surgery

VIEWS: dict[str, Callable[[Standing], None]] = {
    "Next word": next_word,
    "Change the state": surgery,
    "Counting map": counting_map,
}
"""Each view by its name in the address; one is drawn at a time, since each asks the observer."""


def view_choice() -> str:
    """Draw the choice of a view; return its name."""
    problem(address_problem("predictions_view", tuple(VIEWS)))
    chosen = st.segmented_control(
        "Look at",
        tuple(VIEWS),
        default="Next word",
        required=True,
        key="predictions_view",
        bind="query-params",
        label_visibility="collapsed",
    )
    return chosen or "Next word"
