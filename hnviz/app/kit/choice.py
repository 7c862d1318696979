"""One of a few, as a row of buttons that the address remembers."""

from collections.abc import Sequence
from typing import Any, TypeVar

import streamlit as st

from hnviz.app.kit.text import problem
from hnviz.app.shell.address import address_problem

Option = TypeVar("Option", str, int)


def choice(
    label: str, options: Sequence[Option], key: str, default: Option | None = None, **look: Any
) -> Option:
    """Draw a choice, below a sentence if the address asks for another; return what is chosen.

    That is `default`, or the first of `options`, until a reader chooses. `look` goes to
    `st.segmented_control`.
    """
    problem(address_problem(key, options))
    first = options[0] if default is None else default
    chosen = st.segmented_control(
        label, options, default=first, required=True, key=key, bind="query-params", **look
    )
    return chosen if chosen in options else first
