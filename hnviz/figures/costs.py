"""What going back through time takes: milliseconds and megabytes against bptt."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from hnviz.figures.labels import heading
from hnviz.figures.sketch import Sketch
from hnviz.figures.theme import Theme, apply

PLOT_HEIGHT = 170  # px
PANELS: dict[str, dict[str, Any]] = {
    "xaxis": {"domain": [0.0, 0.44]},
    "yaxis": {},
    "xaxis2": {"domain": [0.56, 1.0], "anchor": "y2"},
    "yaxis2": {"anchor": "x2"},
}
NAMES = {
    "reset": "reset, a backward each mini-batch",
    "detach": "keep and detach, a backward each mini-batch",
    "keep": "keep without detach, one backward for three",
}


def backward_costs(costs: Sequence[Mapping[str, Any]], look: Theme) -> go.Figure:
    """Time a mini-batch at the left, bytes held for the backward at the right.

    Each of `costs` holds "bptt" and for every way that was measured its "seconds" and "saved".
    """
    fig = Sketch(PANELS)
    bptt = [cost["bptt"] for cost in costs]
    styles = {
        "reset": {"color": look.text, "width": 2.5},
        "detach": {"color": look.text, "width": 2.5},
        "keep": {"color": look.role["h_h"], "width": 2, "dash": "7px,4px"},
    }
    for way in [way for way in NAMES if costs and way in costs[0]]:
        marker = {"symbol": "circle" if way != "keep" else "diamond", "size": 7}
        for axis, field, scale, unit in (("", "seconds", 1e3, "ms"), ("2", "saved", 1e-6, "MB")):
            fig.add_scatter(
                name=NAMES[way],
                x=bptt,
                y=[scale * cost[way][field] for cost in costs],
                xaxis=f"x{axis}",
                yaxis=f"y{axis}",
                mode="lines+markers",
                line=styles[way],
                marker={**marker, "color": styles[way]["color"]},
                showlegend=not axis,
                hovertemplate=f"bptt %{{x}}: %{{y:.2f}} {unit}<extra></extra>",
            )
    apply(fig, look, height=PLOT_HEIGHT + 138, margin={"l": 52, "r": 8, "t": 36, "b": 102})
    fig.update_xaxes(title={"text": "bptt, steps"}, rangemode="tozero", tickvals=bptt)
    fig.update_layout(
        yaxis={"title": {"text": "ms, forward and backward"}, "rangemode": "tozero"},
        yaxis2={"title": {"text": "MB held"}, "rangemode": "tozero"},
        showlegend=True,
        legend={
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": -52 / PLOT_HEIGHT,
            "yanchor": "top",
            "font": {"size": 13, "color": look.text},
            "bgcolor": "rgba(0,0,0,0)",
            "itemclick": False,
            "itemdoubleclick": False,
            "itemwidth": 34,
        },
    )
    heading(fig, "time")
    heading(fig, "saved tensors", "2")
    return fig.figure()
