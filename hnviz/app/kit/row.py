"""A row of controls; what the address asks of one in vain is said below the row, and moves none."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import streamlit as st

from hnviz.app.kit.text import problem

_below: ContextVar[list[str] | None] = ContextVar("below", default=None)
"""What is to be said below the row that is being drawn; None outside of a row."""


@contextmanager
def controls_row(key: str | None = None, gap: Any = "small", **look: Any) -> Iterator[None]:
    """Draw controls side by side; `look` goes to `st.container`."""
    said: list[str] = []
    token = _below.set(said)
    try:
        with st.container(horizontal=True, gap=gap, key=key, **look):
            yield
    finally:
        _below.reset(token)
    for message in said:
        problem(message)


def said_below(label: str, message: str | None) -> None:
    """Say what is wrong with a control: below its row, by its name; at once if it has none."""
    said = _below.get()
    if message is None:
        return
    if said is None:
        problem(message)
    else:
        said.append(f"{label}: {message}")
