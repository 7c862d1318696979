"""What takes long waits until it is looked at."""

from collections.abc import Callable

import streamlit as st

from hnviz.ui.components import BrowserComponent

WAITING = "Reading the text …"

_component = BrowserComponent("seen", states=("seen",), min_height="1px")


def when_seen(key: str, draw: Callable[[], None]) -> None:
    """Draw once this place has been scrolled to, or nearly; from then on at every run.

    In a fragment, which the browser's report runs again. Without a browser nothing is drawn.
    """
    result = _component(key, {})
    if getattr(result, "seen", None):
        draw()
    else:
        st.markdown(f":gray[{WAITING}]")
