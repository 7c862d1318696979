"""The one-cycle schedule of a run, as a sketch: a live run draws it at each step."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hnviz.config import RunConfig
from hnviz.figures.sentences import scientific
from hnviz.figures.sketch import Sketch
from hnviz.figures.theme import Theme, apply
from hnviz.schedule import one_cycle, peak

MOST_COLUMNS = 600  # of a plan's curve

TWO_SCALES: dict[str, dict[str, Any]] = {
    "xaxis": {},
    "yaxis": {},
    "yaxis2": {"overlaying": "y", "side": "right"},
}


def schedule_curves(config: RunConfig, n_steps: int, look: Theme, now: int | None = None) -> Sketch:
    """The planned learning rate and momentum; `now` marks the step reached.

    A plan with more steps than a screen has columns is drawn with fewer points.
    """
    fig = Sketch(TWO_SCALES)
    if n_steps > 0:
        step = _columns(n_steps, config)
        plan = one_cycle(n_steps, config.lr, config.pct_start, step)
        line = {"color": look.primary if look.mode == "light" else look.link, "width": 2.5}
        props = {"mode": "lines", "line": line, "hovertemplate": "step %{x}: %{y:.1e}"}
        fig.add_scatter(name="lr", x=step, y=plan.lr, **props)
        fig.add_scatter(
            name="momentum",
            x=step,
            y=plan.momentum,
            mode="lines",
            line={"color": look.train, "width": 2, "dash": "dot"},
            yaxis="y2",
        )
        _name_curves(fig, config, n_steps)
    apply(fig, look, height=230, margin={"l": 62, "r": 62, "t": 24, "b": 48})
    _schedule_axes(fig, config, n_steps)
    if now is not None and n_steps > 0:
        _now_line(fig, now, look)
    return fig


def _schedule_axes(fig: Sketch, config: RunConfig, n_steps: int) -> None:
    fig.update_xaxes(title={"text": "step"}, range=[0, max(n_steps, 1)], nticks=5)
    ticks = [0, config.lr / 2, config.lr]
    fig.update_layout(
        yaxis={
            "title": {"text": "lr"},
            "range": [0, config.lr * 1.06],
            "tickvals": ticks,
            "ticktext": [scientific(value) for value in ticks],
        },
        yaxis2={
            "title": {"text": "momentum"},
            "range": [0.85, 0.956],
            "tickvals": [0.85, 0.9, 0.95],
            "showgrid": False,
        },
    )


def _columns(n_steps: int, config: RunConfig) -> NDArray[np.int64]:
    """Choose the steps to draw: all of a short plan; of any plan the first, highest and last."""
    even = np.linspace(0, n_steps - 1, min(n_steps, MOST_COLUMNS)).astype(np.int64)
    return np.union1d(even, [peak(n_steps, config.pct_start)])


def _name_curves(fig: Sketch, config: RunConfig, n_steps: int) -> None:
    """Write lr beside its fall and momentum beside its rise, clear of each other."""
    top = peak(n_steps, config.pct_start)
    at = top + (n_steps - top) // 4
    (lr,), (momentum,) = one_cycle(n_steps, config.lr, config.pct_start, [at])
    beside: dict[str, Any] = {"x": at, "xanchor": "left", "xshift": 5, "showarrow": False}
    fig.add_annotation(y=lr, yanchor="bottom", text="<b>lr</b>", **beside)
    fig.add_annotation(y=momentum, yref="y2", yanchor="top", text="momentum", **beside)


def _now_line(fig: Sketch, now: int, look: Theme) -> None:
    fig.add_shape(
        type="line",
        x0=now,
        x1=now,
        y0=0,
        y1=1,
        yref="y domain",
        line={"color": look.cursor, "width": 1.2},
    )
    fig.add_annotation(
        x=now,
        y=1,
        yref="y domain",
        yanchor="bottom",
        text="now",
        showarrow=False,
        font={"color": look.muted},
    )
