"""The best accuracy by window length, over the bounds of the last k tokens."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from hnviz.figures.labels import end_labels, heading
from hnviz.figures.numbers import accuracy
from hnviz.figures.ruler import PERCENT, TOP, bound_lines, merged
from hnviz.figures.sketch import Sketch
from hnviz.figures.theme import Theme, apply
from hnviz.runs.ruler import Bound

PLOT_HEIGHT = 230  # px
HEIGHT = PLOT_HEIGHT + 28 + 52
TICKS = (1, 3, 10, 30, 100, 300)
EDGE = 1.25  # factor beyond the ends of the axis, so that marks stay whole
DOMAINS = {
    1: ([0.0, 1.0],),
    2: ([0.0, 0.315], [0.685, 1.0]),
}  # by number of panels; names fit between them


@dataclass(frozen=True, eq=False)
class Reach:
    """How accurate a short memory can be on one text."""

    name: str  # of the text
    bounds: Sequence[Bound]
    means: NDArray[np.float64]  # of windows of 1, 2, ... tokens with the state reset

    @property
    def sure(self) -> int:
        """The longest window in which every position has a meaningful bound."""
        hidden = (bound.k for bound in self.bounds if not bound.shown)
        return next(hidden, len(self.bounds) + 1) - 1


def reach_curves(texts: Sequence[Reach], bptt: int, look: Theme) -> go.Figure:
    """Draw the best mean accuracy by window length, a panel per text; `bptt` is marked.

    Hairlines are the bounds of k tokens. The curve is dotted where more than a quarter of the
    last position's contexts occur once.
    """
    domains = DOMAINS[len(texts)]
    axes: dict[str, dict[str, object]] = {}
    for number, domain in enumerate(domains, 1):
        axis = "" if number == 1 else str(number)
        axes[f"xaxis{axis}"] = {"domain": domain, "anchor": f"y{axis}"}
        axes[f"yaxis{axis}"] = {"anchor": f"x{axis}", "showticklabels": number == 1}
    fig = Sketch(axes)
    longest = max(100, bptt)
    for number, text in enumerate(texts, 1):
        axis = "" if number == 1 else str(number)
        lines = merged(text.bounds)
        names = bound_lines(fig, lines, (1 / EDGE, longest * EDGE), look, axis)
        _curve(fig, text, longest, look, axis)
        _mark(fig, float(text.means[bptt - 1]), bptt, look, axis)
        heading(fig, f"{text.name}: {accuracy(text.means[bptt - 1])}", axis)
        end_labels(fig, names, look, TOP / PLOT_HEIGHT, axis)
    apply(fig, look, height=HEIGHT, margin={"l": 52, "r": 92, "t": 28, "b": 52})
    fig.update_xaxes(
        title={"text": "bptt, tokens"},
        type="log",
        range=[np.log10(1 / EDGE), np.log10(longest * EDGE)],
        tickvals=list(TICKS),
    )
    at = [value / 100 for value in PERCENT["tickvals"]]
    fig.update_yaxes(range=[0, TOP], tickvals=at, ticktext=PERCENT["ticktext"])
    fig.update_layout(yaxis={"title": {"text": "best accuracy, state reset"}})
    return fig.figure()


def _curve(fig: Sketch, text: Reach, longest: int, look: Theme, axis: str) -> None:
    lengths = np.arange(1, longest + 1)
    parts = ((1, text.sure, "solid"), (max(1, text.sure), longest, "dot"))
    for first, last, dash in parts:
        shown = slice(first - 1, last)
        fig.add_scatter(
            name="state reset" if dash == "solid" else "state reset, most seen once",
            x=lengths[shown],
            y=text.means[shown],
            xaxis=f"x{axis}",
            yaxis=f"y{axis}",
            mode="lines",
            line={"color": look.text, "width": 2, "dash": dash},
            hovertemplate=f"bptt %{{x}}: %{{y:.1%}}<extra>{text.name}</extra>",
        )


def _mark(fig: Sketch, mean: float, bptt: int, look: Theme, axis: str) -> None:
    """Mark the current length; its value is in the heading, clear of all lines."""
    fig.add_scatter(
        name="bptt",
        x=[bptt],
        y=[mean],
        xaxis=f"x{axis}",
        yaxis=f"y{axis}",
        mode="markers",
        marker={"size": 9, "color": look.text},
        hoverinfo="skip",
    )
