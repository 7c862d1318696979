"""What going back through time takes: milliseconds and megabytes against bptt."""

from collections.abc import Mapping, Sequence
from typing import Any

from hnviz.figures.labels import heading, legend_below
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


def backward_costs(costs: Sequence[Mapping[str, Any]], look: Theme) -> Sketch:
    """Time a mini-batch at the left, bytes held for the backward at the right.

    Each of `costs` holds "bptt" and for every way that was measured its "seconds" and "saved".
    """
    sketch = Sketch(PANELS)
    bptt = [cost["bptt"] for cost in costs]
    for way in [way for way in NAMES if costs and way in costs[0]]:
        _curves(sketch, bptt, [cost[way] for cost in costs], (way, look))
    apply(sketch, look, height=PLOT_HEIGHT + 138, margin={"l": 52, "r": 8, "t": 36, "b": 102})
    sketch.update_xaxes(title={"text": "bptt, steps"}, rangemode="tozero", tickvals=bptt)
    sketch.update_layout(
        yaxis={"title": {"text": "ms, forward and backward"}, "rangemode": "tozero"},
        yaxis2={"title": {"text": "MB held"}, "rangemode": "tozero"},
    )
    heading(sketch, "time")
    heading(sketch, "saved tensors", "2")
    legend_below(sketch, look, below=52, plot_height=PLOT_HEIGHT)
    return sketch


def _curves(
    sketch: Sketch, bptt: list[int], costs: list[Mapping[str, Any]], style: tuple[str, Theme]
) -> None:
    """One way's curve in each panel."""
    way, look = style
    whole = way == "keep"
    line = {"color": look.role["h_h"] if whole else look.text, "width": 2 if whole else 2.5}
    for axis, field, scale, unit in (("", "seconds", 1e3, "ms"), ("2", "saved", 1e-6, "MB")):
        sketch.add_scatter(
            name=NAMES[way],
            x=bptt,
            y=[scale * cost[field] for cost in costs],
            xaxis=f"x{axis}",
            yaxis=f"y{axis}",
            mode="lines+markers",
            line={**line, "dash": "7px,4px"} if whole else line,
            marker={
                "symbol": "diamond" if whole else "circle",
                "size": 7,
                "color": line["color"],
            },
            showlegend=not axis,
            hovertemplate=f"bptt %{{x}}: %{{y:.2f}} {unit}<extra></extra>",
        )
