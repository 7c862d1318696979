"""A part of a page that is folded away until a reader, or a link, opens it."""

from collections.abc import Callable

import streamlit as st

from hnviz.app.kit.text import problem
from hnviz.app.shell.address import address_problem


def fold(title: str, key: str, draw: Callable[[], None]) -> None:
    """Draw a fold that the address remembers; `draw` fills it while it is open.

    A sentence above it says so if the address asks for neither open nor closed.
    """
    problem(address_problem(key))
    part = st.expander(title, key=key, on_change="rerun", bind="query-params")
    if part.open:
        with part:
            draw()
