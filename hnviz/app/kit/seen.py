"""What takes long waits until it is looked at."""

from collections.abc import Callable

import streamlit as st

from hnviz.app.kit.component import BrowserComponent
from hnviz.app.shell import session as state

AHEAD = 300  # px: what takes long begins a little before it is looked at
WAITING = "Reading the text …"

_component = BrowserComponent("kit/seen", states=("seen",), min_height="1px")


def when_seen(key: str, draw: Callable[[], None], *, height: int = 1, ahead: int = AHEAD) -> None:
    """Draw once this place has been scrolled to; from then on at every run.

    In a fragment, which the browser's report runs again. Without a browser nothing is drawn.
    `height` is about that of the drawing, in pixels: what stands below it does not come into view
    in its place. It counts as scrolled to when it is `ahead` pixels below the window's edge.
    """
    seen = was_seen(key)
    _component(key, {"seen": seen, "height": 1 if seen else height, "ahead": ahead})
    if seen:
        draw()
    else:
        st.markdown(f":gray[{WAITING}]")


def was_seen(key: str) -> bool:
    """Tell whether a place has been scrolled to since the page was opened."""
    return bool((state.get(key) or {}).get("seen"))
