"""Curves of a run: loss, accuracy and the one-cycle schedule.

They are drawn at each step of a live run, so they are sketches: Plotly checks them in the tests.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hnviz.config import RunConfig
from hnviz.data import BatchLayout, stream_of
from hnviz.figures.labels import EndLabel, end_labels, heading
from hnviz.figures.ruler import bound_lines, merged
from hnviz.figures.sentences import scientific
from hnviz.figures.sketch import Sketch
from hnviz.figures.split_words import split_words
from hnviz.figures.theme import Theme, apply
from hnviz.schedule import Schedule, one_cycle

if TYPE_CHECKING:
    from hnviz.runs import RunRecord
    from hnviz.runs.ruler import Bound

LOSS_TOP = 4.0  # an untrained net's loss is ln 39 = 3.7
LOSS_CEILING = 8.0  # a diverging run goes off the top
RIGHT = 102  # px, for the labels at the curves' ends
PLOT_HEIGHT = 300  # px
HEIGHT = PLOT_HEIGHT + 84  # px, of the charts of loss and accuracy
SHARE = 0.43  # of the plot's height, for each of the two accuracies
FEWEST_PIXELS = 2.0  # of an epoch's mark: narrower than its line
MOST_COLUMNS = 600  # of a plan's curve
HOVER = "step %{x}: %{y:.3f}"

ONE_PANEL: dict[str, dict[str, Any]] = {"xaxis": {}, "yaxis": {}}
TWO_PANELS: dict[str, dict[str, Any]] = {  # one above the other, each as wide as the chart
    "xaxis": {"matches": "x2", "showticklabels": False},
    "yaxis": {"domain": [1 - SHARE, 1.0]},
    "xaxis2": {"anchor": "y2"},
    "yaxis2": {"anchor": "x2", "domain": [0.0, SHARE]},
}
TWO_SCALES: dict[str, dict[str, Any]] = {
    "xaxis": {},
    "yaxis": {},
    "yaxis2": {"overlaying": "y", "side": "right"},
}
LOWER_PANEL = {"xaxis": "x2", "yaxis": "y2"}


def loss_curves(record: "RunRecord", look: Theme, notebook: pd.DataFrame | None = None) -> Sketch:
    """Training loss by step, validation loss at the end of each epoch.

    `notebook` holds the notebook's columns epoch and valid_loss for the same model; its epochs
    are drawn over the run's own, whatever their length. Without events the axes are empty.
    """
    batches, epochs = record.batch_frame(), record.epoch_frame()
    reference = _reference(record, notebook, "valid_loss")
    fig = Sketch(ONE_PANEL)
    dot = _dot(record)
    _notebook_trace(fig, reference, look, dot)
    fig.add_scatter(
        name="each mini-batch",
        x=batches["step"],
        y=batches["loss"],
        mode="lines",
        line={"color": look.train, "width": 1},
        opacity=0.35 if dot > FEWEST_PIXELS else 0.15,  # a long run's line would be a slab
        hoverinfo="skip",
    )
    _train_trace(fig, batches["step"], batches["smooth_loss"], look)
    _valid_trace(fig, epochs["step"], epochs["valid_loss"], look, dot)
    top = _loss_top(batches["smooth_loss"], epochs["valid_loss"], reference[1])
    _finish(fig, look, record, "loss, cross-entropy per token")
    fig.update_yaxes(range=[0, top])
    ends = (
        (epochs["valid_loss"], "<b>valid {:.2f}</b>", look.text),
        (batches["smooth_loss"], "<b>train {:.2f}</b>", look.text),
        (reference[1], "notebook {:.2f}", look.muted),
    )
    end_labels(fig, _ends(ends), look, top / PLOT_HEIGHT)
    return fig


def accuracy_curves(
    record: "RunRecord",
    look: Theme,
    notebook: pd.DataFrame | None = None,
    bounds: "Mapping[str, Sequence[Bound]] | None" = None,
) -> Sketch:
    """Share of right answers at the end of each epoch: on train above, on valid below.

    `notebook` holds its columns epoch and accuracy, on valid; `bounds` what few tokens allow.
    """
    epochs = record.epoch_frame()
    reference = _reference(record, notebook, "accuracy")
    n_steps = n_batches_of(record) * record.config.epochs
    span = (-0.04 * n_steps, 1.06 * n_steps)  # rings stay whole
    dot = _dot(record)
    fig = Sketch(TWO_PANELS)
    lines = {split: merged(each) for split, each in (bounds or {}).items()}
    above = bound_lines(fig, lines.get("train", ()), span, look)
    below = bound_lines(fig, lines.get("valid", ()), span, look, "2")
    _train_trace(fig, epochs["step"], epochs["train_accuracy"], look, dot)
    _notebook_trace(fig, reference, look, dot, **LOWER_PANEL)
    _valid_trace(fig, epochs["step"], epochs["accuracy"], look, dot, **LOWER_PANEL)
    _finish(fig, look, record, "accuracy")
    fig.update_yaxes(range=[0, 1.04], tickvals=[0, 0.25, 0.5, 0.75, 1])
    fig.update_layout(xaxis={"title": {"text": ""}})
    fig.update_xaxes(range=span)
    words = split_words(record.config)
    heading(fig, f"train, {words.train}")
    heading(fig, f"valid, {words.valid}", "2")
    above += _ends([(epochs["train_accuracy"], "<b>{:.3f}</b>", look.text)])
    accuracy = (epochs["accuracy"], "<b>{:.3f}</b>", look.text)
    below += _ends([accuracy, (reference[1], "notebook {:.3f}", look.muted)])
    end_labels(fig, above, look, 1.04 / (SHARE * PLOT_HEIGHT))
    end_labels(fig, below, look, 1.04 / (SHARE * PLOT_HEIGHT), "2")
    return fig


def schedule_curves(config: RunConfig, n_steps: int, look: Theme, now: int | None = None) -> Sketch:
    """The planned learning rate and momentum; `now` marks the step reached.

    A plan with more steps than a screen has columns is drawn with fewer points.
    """
    fig = Sketch(TWO_SCALES)
    if n_steps > 0:
        plan = one_cycle(n_steps, config.lr, config.pct_start)
        step = _columns(plan)
        line = {"color": look.primary if look.mode == "light" else look.link, "width": 2.5}
        props = {"mode": "lines", "line": line, "hovertemplate": "step %{x}: %{y:.1e}"}
        fig.add_scatter(name="lr", x=step, y=plan.lr[step], **props)
        fig.add_scatter(
            name="momentum",
            x=step,
            y=plan.momentum[step],
            mode="lines",
            line={"color": look.train, "width": 2, "dash": "dot"},
            yaxis="y2",
        )
        _name_curves(fig, plan)
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


def _columns(plan: Schedule) -> NDArray[np.int64]:
    """Choose the steps to draw: all of a short plan; of any plan the first, highest and last."""
    n_steps = len(plan.lr)
    even = np.linspace(0, n_steps - 1, min(n_steps, MOST_COLUMNS)).astype(np.int64)
    return np.union1d(even, [np.argmax(plan.lr)])


def n_batches_of(record: "RunRecord") -> int:
    """Return the steps per epoch: the run's own number, or its layout's before it has begun."""
    if record.started is not None:
        return record.started.n_batches
    n_tokens = len(stream_of(record.config).train)
    return BatchLayout(n_tokens, record.config.bs, record.config.bptt).n_batches


def _reference(
    record: "RunRecord", notebook: pd.DataFrame | None, column: str
) -> tuple[pd.Series, pd.Series]:
    """Return the notebook's points at this run's steps, up to the run's last epoch."""
    if notebook is None:
        empty = pd.Series(dtype=float)
        return empty, empty
    shown = notebook[notebook["epoch"] < record.config.epochs]
    return (shown["epoch"] + 1) * n_batches_of(record), shown[column]


def _dot(record: "RunRecord") -> float:
    """Return the size of an epoch's mark in pixels: smaller for many epochs."""
    return min(7.0, max(FEWEST_PIXELS, 240 / record.config.epochs))


def _notebook_trace(
    fig: Sketch, points: tuple[pd.Series, pd.Series], look: Theme, dot: float, **place: str
) -> None:
    fig.add_scatter(
        name="notebook, valid",
        x=points[0],
        y=points[1],
        hovertemplate=HOVER,
        mode="lines+markers",
        line={"color": look.bound, "width": 1.5, "dash": "dot"},
        marker={"symbol": "diamond-open", "size": dot, "color": look.bound},
        **place,
    )


def _train_trace(
    fig: Sketch, x: pd.Series, y: pd.Series, look: Theme, dot: float = 0.0, **place: str
) -> None:
    """Draw a curve for train, with rings of `dot` pixels."""
    marker: dict[str, Any] = {"symbol": "circle", "size": dot, "color": look.background}
    fig.add_scatter(
        name="train",
        x=x,
        y=y,
        hovertemplate=HOVER,
        mode="lines+markers" if dot else "lines",
        line={"color": look.train, "width": 2, "dash": "7px,4px"},
        marker={**marker, "line": {"color": look.train, "width": min(2.0, dot / 3)}},
        **place,
    )


def _valid_trace(
    fig: Sketch, x: pd.Series, y: pd.Series, look: Theme, dot: float, **place: str
) -> None:
    fig.add_scatter(
        name="valid",
        x=x,
        y=y,
        hovertemplate=HOVER,
        mode="lines+markers",
        line={"color": look.valid, "width": 2.5},
        marker={"symbol": "circle", "size": dot, "color": look.valid},
        **place,
    )


def _finish(fig: Sketch, look: Theme, record: "RunRecord", y_title: str) -> None:
    """Give a picture of a run its axes, from step 0 to the last one planned."""
    apply(fig, look, height=HEIGHT, margin={"l": 52, "r": RIGHT, "t": 36, "b": 48})
    n_steps = n_batches_of(record) * record.config.epochs
    fig.update_xaxes(title={"text": "step"}, range=[-0.01 * n_steps, 1.02 * n_steps], nticks=5)
    fig.update_yaxes(title={"text": y_title})


def _loss_top(*curves: pd.Series) -> float:
    """Return the top of the loss axis: the highest point of any curve, within limits."""
    values = np.concatenate([curve.to_numpy(dtype=float) for curve in curves])
    values = values[np.isfinite(values)]
    return float(min(max(LOSS_TOP, values.max(initial=0) * 1.05), LOSS_CEILING))


def _ends(curves: Sequence[tuple[pd.Series, str, str]]) -> list[EndLabel]:
    """Label each curve with its last finite value, if it has one."""
    labels = []
    for values, text, color in curves:
        finite = values[np.isfinite(values.astype(float))]
        if len(finite):
            labels.append(EndLabel(finite.iloc[-1], text.format(finite.iloc[-1]), color))
    return labels


def _name_curves(fig: Sketch, plan: Schedule) -> None:
    """Write lr beside its fall and momentum beside its rise, clear of each other."""
    top, n_steps = int(np.argmax(plan.lr)), len(plan.lr)
    at = top + (n_steps - top) // 4
    beside: dict[str, Any] = {"x": at, "xanchor": "left", "xshift": 5, "showarrow": False}
    fig.add_annotation(y=plan.lr[at], yanchor="bottom", text="<b>lr</b>", **beside)
    fig.add_annotation(y=plan.momentum[at], yref="y2", yanchor="top", text="momentum", **beside)


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
