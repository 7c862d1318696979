"""Live charts: figures that grow in the browser without being mounted again.

A figure is still a pure function of the run's record. What it has more than at the last drawing
is found here, and only that travels: the new points and the labels that moved.
"""

import hashlib
import json
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import plotly
import streamlit as st

from hnviz.app.kit.component import BrowserComponent, serve
from hnviz.figures.sketch import Sketch

_PLOTLY = Path(plotly.__file__).parent / "package_data"
_OVERLAP = 8  # messages; the browser may skip as many and still has every point

_component = BrowserComponent("kit/live", states=("need",), min_height="340px", isolate=False)


@dataclass(frozen=True)
class Panel:
    """One chart among those that are drawn together; may be shown to many viewers."""

    name: str
    sketch: Sketch
    alt: str  # the sentence that says what the chart shows
    of: str  # whose curves these are, as a run's id: another's are drawn whole, without the zoom
    title: str = ""
    note: str = ""
    height: int = 300

    @cached_property
    def drawn(self) -> dict[str, Any]:
        """The figure as the browser takes it."""
        return self.sketch.plain()

    @cached_property
    def version(self) -> str:
        """A hash of all but the points and the labels that move: another is another figure."""
        return _version(self.of, self.drawn)


@dataclass(slots=True)
class _Sent:
    """What a browser has of one chart, as far as it was sent."""

    version: str
    counts: deque[list[int]] = field(default_factory=lambda: deque(maxlen=_OVERLAP))


def live_figures(panels: Sequence[Panel], key: str) -> None:
    """Draw charts side by side, and send what is new of them since this session's last drawing.

    Python is not told when a component is mounted anew, as after a switch of pages. A browser
    that was sent a part and lacks the rest asks for the whole.
    """
    sent: dict[str, _Sent] = st.session_state.setdefault(f"_{key}_sent", {})
    mounted: Any = st.session_state.get(key) or {}
    need = mounted.get("need")
    if need and need != st.session_state.get(f"_{key}_need"):
        st.session_state[f"_{key}_need"] = need
        sent.clear()
    _component(
        key=key,
        data={
            "plotly": plotly_address(),
            "panels": [_message(panel, sent) for panel in panels],
        },
    )


def plotly_address() -> str:
    """Return where the browser finds plotly.js: all charts of a tab share one."""
    return f"{serve('plotly', _PLOTLY)}/plotly.min.js"


def _message(panel: Panel, sent: dict[str, _Sent]) -> dict[str, Any]:
    """Say what is new in a chart since it was last sent."""
    drawn, version = panel.drawn, panel.version
    head = {
        "name": panel.name,
        "title": panel.title,
        "note": panel.note,
        "alt": panel.alt.replace("**", ""),
        "height": panel.height,
        "of": panel.of,
        "version": version,
    }
    counts = [len(trace.get("x") or ()) for trace in drawn["data"]]
    known = sent.get(panel.name)
    if known is None or known.version != version or _shrunk(known.counts[-1], counts):
        sent[panel.name] = _Sent(version, deque([counts], maxlen=_OVERLAP))
        return {**head, "figure": drawn}
    start = known.counts[0]
    known.counts.append(counts)
    return {
        **head,
        "traces": [
            {"from": first, "x": trace["x"][first:], "y": trace["y"][first:]}
            for first, trace in zip(start, drawn["data"], strict=True)
        ],
        "marks": {name: drawn["layout"].get(name, []) for name in ("annotations", "shapes")},
    }


def _version(of: str, drawn: Mapping[str, Any]) -> str:
    """Hash all of a figure but its points and moving labels."""
    traces = [
        {name: value for name, value in trace.items() if name not in ("x", "y")}
        for trace in drawn["data"]
    ]
    layout = {
        name: value
        for name, value in drawn["layout"].items()
        if name not in ("annotations", "shapes")
    }
    text = json.dumps([of, traces, layout], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _shrunk(before: list[int], now: list[int]) -> bool:
    """Tell whether a trace lost points, as after a resumed run dropped later steps."""
    return len(before) != len(now) or any(b > n for b, n in zip(before, now, strict=True))
