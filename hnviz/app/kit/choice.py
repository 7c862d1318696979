"""One of a few, and on or off: controls that the address remembers."""

from collections.abc import Sequence
from typing import Any, TypeVar

import streamlit as st

from hnviz.app.kit.row import said_below
from hnviz.app.shell.address import SWITCH, address_problem

Option = TypeVar("Option", str, int)


def choice(
    label: str, options: Sequence[Option], key: str, default: Option | None = None, **look: Any
) -> Option:
    """Draw a choice, with a sentence if the address asks for another; return what is chosen.

    That is `default`, or the first of `options`, until a reader chooses. `look` goes to
    `st.segmented_control`.
    """
    said_below(label, address_problem(key, options))
    first = options[0] if default is None else default
    chosen = st.segmented_control(
        label, options, default=first, required=True, key=key, bind="query-params", **look
    )
    return chosen if chosen in options else first


def switch(label: str, key: str, *, explained: str | None = None) -> bool:
    """Draw a switch, with a sentence if the address asks for neither on nor off."""
    said_below(label, address_problem(key, SWITCH))
    return st.toggle(label, key=key, help=explained, bind="query-params")
