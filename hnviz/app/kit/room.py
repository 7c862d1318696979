"""A room: one question, and a few parts that answer it, of which the address names one."""

from collections.abc import Callable, Mapping

import streamlit as st

from hnviz.app.kit.choice import choice
from hnviz.app.kit.row import controls_row
from hnviz.app.kit.text import page_title

Parts = Mapping[str, Callable[[], None]]
"""Each part of a room by its name in the address."""


def room(
    title: str, key: str, parts: Parts, *, beside: Callable[[str], None] | None = None
) -> None:
    """Draw a room's title with the choice of its part, and that part; `key` is in the address.

    `beside` draws what else is in the line of the title, for the part that is chosen.
    """
    place = "room_title_action" if beside else "room_title"  # their heights differ
    with controls_row(place, "medium", vertical_alignment="bottom"):
        with st.container(width="content"):
            page_title(title)
        with st.container(width="content"):
            chosen = choice("Look at", tuple(parts), key, label_visibility="collapsed")
        if beside:
            with st.container(width="content"):
                beside(chosen)
    parts[chosen]()
