"""A room: one question, and a few parts that answer it, of which the address names one."""

from collections.abc import Callable, Mapping

import streamlit as st

from hnviz.app.kit.fields.picture import choice, controls
from hnviz.app.kit.text import page_title

Parts = Mapping[str, Callable[[], None]]
"""Each part of a room by its name in the address."""


def is_part(name: str) -> bool:
    """Tell whether a control chooses the part of a room, by its name."""
    return name.endswith("_part")


def row_of(key: str) -> str:
    """Return the key of the row in which a reader chooses the part of a room."""
    return f"{key}_fields"


def room(
    title: str, key: str, parts: Parts, *, beside: Callable[[str], None] | None = None
) -> None:
    """Draw a room's title with the choice of its part, and that part; `key` is in the address.

    `beside` draws what else is in the line of the title, for the part that is chosen.
    """
    with st.container(key="room_title", horizontal=True, gap="medium", vertical_alignment="bottom"):
        with st.container(width="content"):
            page_title(title)
        with st.container(width="content"), controls(row_of(key)):
            chosen = choice("Look at", tuple(parts), key, bare=True)
        if beside:
            with st.container(width="content"):
                beside(chosen)
    parts[chosen]()
