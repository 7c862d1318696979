"""Curves of a run: loss and accuracy.

They are drawn at each step of a live run, so they are sketches: Plotly checks them in the tests.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from hnviz.data import BatchLayout, stream_of
from hnviz.figures.labels import EndLabel, end_labels, heading
from hnviz.figures.numbers import accuracy, perplexity
from hnviz.figures.ruler import PERCENT, Line, bound_lines, merged, merged_losses
from hnviz.figures.sketch import Sketch
from hnviz.figures.split_words import split_words
from hnviz.figures.theme import Theme, apply

if TYPE_CHECKING:
    import pandas as pd

    from hnviz.runs import RunRecord
    from hnviz.runs.ruler import Bound

LOSS_TOP = 4.0  # an untrained net's loss is ln 39 = 3.7
LOSS_CEILING = 8.0  # a diverging run goes off the top
RIGHT = 112  # px, for the labels at the curves' ends
BOTTOM = 48  # px, for the steps
TOP = 12  # px over the loss; over the accuracies is a heading
HEADING = 32  # px
HEIGHT = 358  # px, of the charts of loss and accuracy
LOSS_HEIGHT = HEIGHT - TOP - BOTTOM  # px, of the plot alone
ACCURACY_HEIGHT = HEIGHT - HEADING - BOTTOM  # px, of both plots
SHARE = 0.44  # of that height, for each of the two accuracies
FULL = 104.0  # percent, the top of an accuracy's axis: rings stay whole
PERCENT_A_PIXEL = FULL / (SHARE * ACCURACY_HEIGHT)
FEWEST_PIXELS = 2.0  # of an epoch's mark: narrower than its line
HOVER = "step %{x}: %{y:.3f}"
HOVER_PERCENT = "step %{x}: %{y:.2f} %"

ONE_PANEL: dict[str, dict[str, Any]] = {"xaxis": {}, "yaxis": {}}
TWO_PANELS: dict[str, dict[str, Any]] = {  # one above the other, each as wide as the chart
    "xaxis": {"matches": "x2", "showticklabels": False},
    "yaxis": {"domain": [1 - SHARE, 1.0]},
    "xaxis2": {"anchor": "y2"},
    "yaxis2": {"anchor": "x2", "domain": [0.0, SHARE]},
}
LOWER_PANEL = {"xaxis": "x2", "yaxis": "y2"}


def loss_curves(
    record: "RunRecord",
    look: Theme,
    notebook: "pd.DataFrame | None" = None,
    bounds: "Sequence[Bound]" = (),
) -> Sketch:
    """Training loss by step, validation loss at the end of each epoch.

    `notebook` holds the notebook's columns epoch and valid_loss for the same model; its epochs
    are drawn over the run's own, whatever their length. `bounds` are those of valid: the train loss
    is a running mean of moving weights. Without events the axes are empty.
    """
    batches, epochs = record.batch_frame(), record.epoch_frame()
    reference = _reference(record, notebook, "valid_loss")
    fig = Sketch(ONE_PANEL)
    dot = _dot(record)
    n_steps = n_batches_of(record) * record.config.epochs
    span = (-0.01 * n_steps, 1.02 * n_steps)
    least = bound_lines(fig, merged_losses(bounds), span, look)
    _notebook_trace(fig, reference, look, dot)
    _batch_trace(fig, batches, look, dot)
    _train_trace(fig, batches["step"], batches["smooth_loss"], look)
    said = [perplexity(loss) for loss in epochs["valid_loss"]]
    hover = f"{HOVER}, perplexity %{{text}}"
    _valid_trace(
        fig, epochs["step"], epochs["valid_loss"], look, dot, text=said, hovertemplate=hover
    )
    top = _loss_top(batches["smooth_loss"], epochs["valid_loss"], reference[1])
    _finish(fig, look, record, TOP)
    fig.update_yaxes(range=[0, top])
    fig.update_layout(meta={"units": {"y": "nats per token"}})  # the chart's title says what it is
    ends = (
        (epochs["valid_loss"], "<b>valid {:.2f}</b>".format, look.text),
        (batches["smooth_loss"], "<b>train {:.2f}</b>".format, look.text),
        (reference[1], "notebook {:.2f}".format, look.muted),
    )
    end_labels(fig, least + _ends(ends), look, top / LOSS_HEIGHT)
    return fig


def accuracy_curves(
    record: "RunRecord",
    look: Theme,
    notebook: "pd.DataFrame | None" = None,
    bounds: "Mapping[str, Sequence[Bound]] | None" = None,
) -> Sketch:
    """Share of right answers at the end of each epoch: on train, running, above; on valid below.

    A run that has finished also has a mark for its last weights on train. `notebook` holds its
    columns epoch and accuracy, on valid; `bounds` what few tokens allow.
    """
    epochs = record.epoch_frame()
    at, theirs = _reference(record, notebook, "accuracy")
    n_steps = n_batches_of(record) * record.config.epochs
    span = (-0.04 * n_steps, 1.06 * n_steps)  # rings stay whole
    dot = _dot(record)
    fig = Sketch(TWO_PANELS)
    lines = {split: _in_percent(each) for split, each in (bounds or {}).items()}
    above = bound_lines(fig, lines.get("train", ()), span, look)
    below = bound_lines(fig, lines.get("valid", ()), span, look, "2")
    on_train, on_valid, theirs = (
        100 * each for each in (epochs["train_accuracy"], epochs["accuracy"], theirs)
    )
    lower = {**LOWER_PANEL, "hovertemplate": HOVER_PERCENT}
    _train_trace(fig, epochs["step"], on_train, look, dot, hovertemplate=HOVER_PERCENT)
    _notebook_trace(fig, (at, theirs), look, dot, **lower)
    _valid_trace(fig, epochs["step"], on_valid, look, dot, **lower)
    _finish(fig, look, record, HEADING)
    fig.update_yaxes(range=[0, FULL], **PERCENT)
    fig.update_layout(xaxis={"title": {"text": ""}})
    fig.update_xaxes(range=span)
    words = split_words(record.config)
    heading(fig, f"train, {words.train}, running")
    heading(fig, f"valid, {words.valid}", "2")
    above += _last_weights(fig, record, look, dot)
    below += _ends([(on_valid, _bold_percent, look.text), (theirs, _notebook, look.muted)])
    end_labels(fig, above, look, PERCENT_A_PIXEL)
    end_labels(fig, below, look, PERCENT_A_PIXEL, "2")
    return fig


def _last_weights(fig: Sketch, record: "RunRecord", look: Theme, dot: float) -> list[EndLabel]:
    """Mark what the last weights get right on train; before that is known, label the curve."""
    read = [record.train_pass] if record.train_pass else []
    percents = [100 * each.accuracy for each in read]
    fig.add_scatter(
        name="train, last weights",
        x=[each.step for each in read],
        y=percents,
        mode="markers",
        marker={"symbol": "diamond", "size": dot + 3, "color": look.train},
        hovertemplate="last weights: %{y:.2f} %",
    )
    if not percents:
        running = 100 * record.epoch_frame()["train_accuracy"]
        return _ends([(running, lambda percent: f"{_bold_percent(percent)} running", look.text)])
    return [EndLabel(each, f"{_bold_percent(each)} final", look.text) for each in percents]


def _in_percent(bounds: "Sequence[Bound]") -> list[Line]:
    return [line._replace(best=100 * line.best) for line in merged(bounds)]


def _bold_percent(percent: float) -> str:
    return f"<b>{accuracy(percent / 100)}</b>"


def _notebook(percent: float) -> str:
    return f"notebook {accuracy(percent / 100)}"


def n_batches_of(record: "RunRecord") -> int:
    """Return the steps per epoch: the run's own number, or its layout's before it has begun."""
    if record.started is not None:
        return record.started.n_batches
    n_tokens = len(stream_of(record.config).train)
    return BatchLayout(n_tokens, record.config.bs, record.config.bptt).n_batches


def _reference(
    record: "RunRecord", notebook: "pd.DataFrame | None", column: str
) -> "tuple[pd.Series, pd.Series]":
    """Return the notebook's points at this run's steps, up to the run's last epoch."""
    import pandas as pd

    if notebook is None:
        empty = pd.Series(dtype=float)
        return empty, empty
    shown = notebook[notebook["epoch"] < record.config.epochs]
    return (shown["epoch"] + 1) * n_batches_of(record), shown[column]


def _dot(record: "RunRecord") -> float:
    """Return the size of an epoch's mark in pixels: smaller for many epochs."""
    return min(7.0, max(FEWEST_PIXELS, 240 / record.config.epochs))


def _notebook_trace(
    fig: Sketch, points: "tuple[pd.Series, pd.Series]", look: Theme, dot: float, **place: str
) -> None:
    fig.add_scatter(
        name="notebook, valid",
        x=points[0],
        y=points[1],
        mode="lines+markers",
        line={"color": look.bound, "width": 1.5, "dash": "dot"},
        marker={"symbol": "diamond-open", "size": dot, "color": look.bound},
        **{"hovertemplate": HOVER, **place},
    )


def _batch_trace(fig: Sketch, batches: "pd.DataFrame", look: Theme, dot: float) -> None:
    fig.add_scatter(
        name="each mini-batch",
        x=batches["step"],
        y=batches["loss"],
        mode="lines",
        line={"color": look.train, "width": 1},
        opacity=0.35 if dot > FEWEST_PIXELS else 0.15,  # a long run's line would be a slab
        hoverinfo="skip",
    )


def _train_trace(
    fig: Sketch, x: "pd.Series", y: "pd.Series", look: Theme, dot: float = 0.0, **place: str
) -> None:
    """Draw a curve for train, with rings of `dot` pixels."""
    marker: dict[str, Any] = {"symbol": "circle", "size": dot, "color": look.background}
    fig.add_scatter(
        name="train",
        x=x,
        y=y,
        mode="lines+markers" if dot else "lines",
        line={"color": look.train, "width": 2, "dash": "7px,4px"},
        marker={**marker, "line": {"color": look.train, "width": min(2.0, dot / 3)}},
        **{"hovertemplate": HOVER, **place},
    )


def _valid_trace(
    fig: Sketch, x: "pd.Series", y: "pd.Series", look: Theme, dot: float, **place: Any
) -> None:
    fig.add_scatter(
        name="valid",
        x=x,
        y=y,
        mode="lines+markers",
        line={"color": look.valid, "width": 2.5},
        marker={"symbol": "circle", "size": dot, "color": look.valid},
        **{"hovertemplate": HOVER, **place},
    )


def _finish(fig: Sketch, look: Theme, record: "RunRecord", top: int) -> None:
    """Give a picture of a run its axes, from step 0 to the last one planned."""
    apply(fig, look, height=HEIGHT, margin={"l": 48, "r": RIGHT, "t": top, "b": BOTTOM})
    n_steps = n_batches_of(record) * record.config.epochs
    fig.update_xaxes(title={"text": "step"}, range=[-0.01 * n_steps, 1.02 * n_steps], nticks=5)


def _loss_top(*curves: "pd.Series") -> float:
    """Return the top of the loss axis: the highest point of any curve, within limits."""
    values = np.concatenate([curve.to_numpy(dtype=float) for curve in curves])
    values = values[np.isfinite(values)]
    return float(min(max(LOSS_TOP, values.max(initial=0) * 1.05), LOSS_CEILING))


def _ends(curves: "Sequence[tuple[pd.Series, Callable[[float], str], str]]") -> list[EndLabel]:
    """Label each curve with its last finite value, if it has one."""
    labels = []
    for values, text, color in curves:
        finite = values[np.isfinite(values.astype(float))]
        if len(finite):
            labels.append(EndLabel(finite.iloc[-1], text(finite.iloc[-1]), color))
    return labels
