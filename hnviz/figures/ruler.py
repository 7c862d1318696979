"""The memory ruler: thin lines on an accuracy chart, and bounds by position in the window."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from hnviz.figures.labels import EndLabel, end_labels, legend_below
from hnviz.figures.numbers import accuracy
from hnviz.figures.sketch import Sketch
from hnviz.figures.theme import Theme, apply
from hnviz.runs.ruler import MAX_ONCE_SHARE, Bound, PositionBounds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HAIRLINE = 1.3  # px
MERGED = 0.015  # of accuracy: bounds this close share one line; 2 px on the Train page
MERGED_NATS = 0.03  # the same of a loss
PLOT_HEIGHT = 230  # px
HEIGHT = PLOT_HEIGHT + 24 + 92  # px, of the picture by position with its legend
FEWEST_SHOWN = 20  # positions
TOP = 1.04  # of the accuracy axis
PERCENT: dict[str, list[Any]] = {
    "tickvals": [0, 25, 50, 75, 100],
    "ticktext": ["0 %", "25 %", "50 %", "75 %", "100 %"],
}
"""An axis of percent."""


class Line(NamedTuple):
    """Bounds too close to tell apart, drawn as one line at the highest."""

    first: int  # tokens
    last: int
    best: float  # accuracy, or loss

    @property
    def name(self) -> str:
        """The label at its end: "1 token", "2-4 tokens"."""
        if self.first == self.last:
            return f"{self.last} token{'' if self.last == 1 else 's'}"
        return f"{self.first}\N{EN DASH}{self.last} tokens"


@dataclass(frozen=True, eq=False)
class Windows:
    """The best possible at each position of a window, and what was measured; (bptt,) arrays."""

    reset: PositionBounds
    kept: PositionBounds | None  # None where a row's kept state belongs to other text
    split: str = "valid"
    measured: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)  # "reset", "kept"
    step: int = 0  # of the snapshot, where something was measured


def merged(bounds: Sequence[Bound]) -> list[Line]:
    """Group the shown bounds into lines, from few tokens to many."""
    return _grouped(((bound.k, bound.accuracy) for bound in bounds if bound.shown), MERGED)


def merged_losses(bounds: Sequence[Bound]) -> list[Line]:
    """Group the least losses of the shown bounds into lines, from few tokens to many."""
    shown = ((bound.k, -bound.loss) for bound in bounds if bound.shown and bound.loss)
    return [line._replace(best=-line.best) for line in _grouped(shown, MERGED_NATS)]


def _grouped(bounds: "Iterable[tuple[int, float]]", near: float) -> list[Line]:
    """Group what 1, 2, ... tokens allow, more is better; each line is at the best of its group."""
    lines: list[Line] = []
    worst = 0.0
    for k, best in bounds:
        if lines and best - worst <= near:
            lines[-1] = Line(lines[-1].first, k, max(lines[-1].best, best))
        else:
            worst = best
            lines.append(Line(k, k, best))
    return lines


def bound_lines(
    fig: Sketch, lines: Sequence[Line], ends: tuple[float, float], look: Theme, axis: str = ""
) -> list[EndLabel]:
    """Draw hairlines across a subplot; return their names, to be written at its right end.

    Drawn before the curves, they lie below these but above the grid, which would hide a shape.
    Their points never change, so a live chart never sends them again.
    """
    for line in lines:
        fig.add_scatter(
            name=f"best, {line.name}",
            x=ends,
            y=[line.best] * 2,
            xaxis=f"x{axis}",
            yaxis=f"y{axis}",
            mode="lines",
            line={"color": look.bound, "width": HAIRLINE},
            hoverinfo="skip",
        )
    return [EndLabel(line.best, line.name, look.muted) for line in lines]


def position_curves(windows: Windows, look: Theme) -> go.Figure:
    """Draw the best at each position of a window, with the state reset and kept, and measured.

    A bound is dotted where more than a quarter of its contexts were seen once.
    """
    fig = go.Figure()
    labels = []
    for name, bounds in (("reset", windows.reset), ("kept", windows.kept)):
        if bounds is None:
            continue
        for number, (part, values) in enumerate(_parts(bounds, always=name == "kept")):
            _bound_trace(fig, f"best, {name}{part}", values, look, named=number == 0)
    for name, values in windows.measured.items():
        _measured_trace(fig, name, values, look, windows.split)
        last_value = float(values[-1])
        text = f"<b>{name} {accuracy(last_value)}</b>"
        labels.append(EndLabel(100 * last_value, text, look.text))
    apply(fig, look, height=HEIGHT, margin={"l": 52, "r": 112, "t": 24, "b": 92})
    legend_below(fig, look, below=48, plot_height=PLOT_HEIGHT)
    last = shown_positions(windows) - 1
    edge = max(0.5, 0.03 * last)  # marks at both ends stay whole
    title = "position in the window"
    if last < len(windows.reset.accuracy) - 1:
        title += f", of {len(windows.reset.accuracy)}: past these the best is 100 %"
    fig.update_xaxes(title_text=title, range=[-edge, last + edge], nticks=8)
    fig.update_yaxes(title_text=f"accuracy on {windows.split}", range=[0, 100 * TOP], **PERCENT)
    if last < 8:
        fig.update_xaxes(dtick=1)
    end_labels(fig, labels, look, 100 * TOP / PLOT_HEIGHT)
    return fig


def shown_positions(windows: Windows) -> int:
    """Count the positions shown: all, unless nothing was measured and most bounds are 1."""
    n = len(windows.reset.accuracy)
    below = [np.flatnonzero(each.accuracy < 1) for each in (windows.reset, windows.kept) if each]
    known = max((int(each.max()) + 1 for each in below if len(each)), default=0)
    return n if windows.measured else min(n, max(FEWEST_SHOWN, known + 4))


def _parts(bounds: PositionBounds, *, always: bool) -> "Iterator[tuple[str, NDArray[np.float64]]]":
    """Split a curve where too many of its contexts were seen once; the parts share that point.

    A kept state's bound is close to 1 and says only that nothing is out of reach, so it needs no
    such warning.
    """
    few = np.ones_like(bounds.once, dtype=bool) if always else bounds.once <= MAX_ONCE_SHARE
    if few.any():
        yield "", np.where(few, bounds.accuracy, np.nan)
    if not few.all():
        many = ~few
        many[:-1] |= ~few[1:]  # start at the last sure position
        yield ", most seen once", np.where(many, bounds.accuracy, np.nan)


def _bound_trace(
    fig: go.Figure, name: str, values: NDArray[np.float64], look: Theme, *, named: bool
) -> None:
    """Draw a bound: solid for a reset state, dashed for a kept one, dotted where it says little."""
    unsure = name.endswith("once")
    dash = "dot" if unsure else "dash" if name.endswith("kept") else "solid"
    fig.add_scatter(
        name=name,
        x=np.arange(len(values)),
        y=100 * values,
        showlegend=named,
        mode="lines" if np.isfinite(values).sum() > 1 else "markers",
        line={"color": look.bound, "width": HAIRLINE, "dash": dash},
        marker={"symbol": "line-ew", "size": 12, "line": {"color": look.bound, "width": HAIRLINE}},
        hovertemplate=f"position %{{x}}: %{{y:.2f}} %<extra>{name}</extra>",
    )


def _measured_trace(
    fig: go.Figure, name: str, values: NDArray[np.float64], look: Theme, split: str
) -> None:
    """Draw what a run reached: kept as solid with dots, reset as dashed with open squares."""
    color = look.train if split == "train" else look.valid
    kept = name == "kept"
    fill = color if kept else look.background
    fig.add_scatter(
        name=name,
        x=np.arange(len(values)),
        y=100 * values,
        mode="lines+markers",
        line={"color": color, "width": 2.5 if kept else 2, "dash": "solid" if kept else "7px,4px"},
        marker={
            "symbol": "circle" if kept else "square",
            "size": 7 if len(values) <= 40 else 4,
            "color": fill,
            "line": {"color": color, "width": 2},
        },
        hovertemplate=f"position %{{x}}: %{{y:.2f}} %<extra>{name}</extra>",
    )
