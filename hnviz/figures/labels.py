"""Text on figures: end labels that do not overlap, headings, legends without boxes."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go

from hnviz.figures.sketch import Sketch
from hnviz.figures.theme import Theme

GAP = 14  # px between the middles of two labels


class EndLabel(NamedTuple):
    """A curve's name or last value, written beside the plot at the height of its last point."""

    y: float
    text: str
    color: str


def spread(values: Sequence[float], gap: float) -> list[float]:
    """Move values until neighbours are at least `gap` apart, each as little as possible.

    Keeps their order, and the middle of each group that moved.
    """
    order = np.argsort(values, kind="stable")
    groups: list[list[float]] = []  # [sum of wished places of the lowest member, members]
    for index in order:
        groups.append([float(values[index]), 1.0])
        while len(groups) > 1 and _top(groups[-2], gap) > groups[-1][0] / groups[-1][1]:
            total, members = groups.pop()
            below = groups[-1]
            below[0] += total - members * below[1] * gap
            below[1] += members
    moved = np.empty(len(order))
    rank = 0
    for total, members in groups:
        for place in range(int(members)):
            moved[order[rank]] = total / members + place * gap
            rank += 1
    return moved.tolist()


def _top(group: list[float], gap: float) -> float:
    """Return the lowest place for the next label above a group."""
    return group[0] / group[1] + group[1] * gap


def end_labels(
    fig: go.Figure | Sketch,
    labels: Sequence[EndLabel],
    look: Theme,
    units_per_px: float,
    axis: str = "",
) -> None:
    """Write labels to the right of a plot, spread apart; `units_per_px` is of the y axis.

    They stay in place while a run's curves grow. `axis` is the number of the subplot's axes: ""
    for the first, "2" for the second.
    """
    places = spread([label.y for label in labels], GAP * units_per_px)
    for label, place in zip(labels, places, strict=True):
        fig.add_annotation(
            x=1,
            xref=f"x{axis} domain",
            xanchor="left",
            xshift=8,
            y=place,
            yref=f"y{axis}",
            yanchor="middle",
            text=label.text,
            showarrow=False,
            font={"color": label.color},
        )


def heading(fig: go.Figure | Sketch, text: str, axis: str = "") -> None:
    """Write a title above a subplot, at its left end."""
    fig.add_annotation(
        text=f"<b>{text}</b>",
        x=0,
        xref=f"x{axis} domain",
        y=1,
        yref=f"y{axis} domain",
        xanchor="left",
        yanchor="bottom",
        yshift=8,
        showarrow=False,
    )


def legend_below(fig: go.Figure | Sketch, look: Theme, *, below: int, plot_height: int) -> None:
    """Put the legend under the title of the x axis, `below` px below the plot area."""
    fig.update_layout(
        showlegend=True,
        legend={
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": -below / plot_height,
            "yanchor": "top",
            "font": {"size": 13, "color": look.text},
            "bgcolor": "rgba(0,0,0,0)",
            "itemclick": False,
            "itemdoubleclick": False,
            "itemwidth": 34,
        },
    )
