"""Still charts: Plotly figures that are drawn again only where they have changed.

Streamlit's own chart is drawn anew with every rerun of its page. Two panels of three curves took
49 ms of the browser's time that way, between a click and the picture that it asked for.
"""

import hashlib
import json
from functools import cache
from typing import Any

import plotly.graph_objects as go

from hnviz.app.kit.component import BrowserComponent
from hnviz.app.kit.live import plotly_address
from hnviz.figures.sketch import Sketch


def still_figure(figure: go.Figure | Sketch, alt: str, key: str, *, can_wait: bool = False) -> None:
    """Draw a chart; with `can_wait` once whatever was just pressed has had its answer."""
    drawn = figure.plain() if isinstance(figure, Sketch) else json.loads(figure.to_json())
    height = int(drawn["layout"]["height"])
    panel: dict[str, Any] = {
        "name": key,
        "alt": alt,
        "height": height,
        "of": key,
        "still": True,
        "can_wait": can_wait,
        "version": hashlib.sha256(json.dumps(drawn).encode()).hexdigest()[:16],
        "figure": drawn,
    }
    _component(height)(key, {"plotly": plotly_address(), "panels": [panel]})


@cache
def _component(height: int) -> BrowserComponent:
    """Return the component that keeps the place of a chart of some height."""
    return BrowserComponent(
        "kit/live",
        name=f"still_{height}",
        states=("need",),
        min_height=f"{height}px",
        isolate=False,
    )
